package lib.network_test

import data.lib.network

opening(range) := {"action": {"properties": {"cidr": range}}}

test_a_site_is_narrow if {
	every range in [
		"203.0.113.0/24", "203.0.113.7/32", "203.0.113.7", "198.51.0.0/16", "2001:db8:1::/48", "2001:db8::1/128", "10.0.0.0/8", "172.16.0.0/12",
		"192.168.1.0/24", "fd00::/8", "100.64.0.0/10",
	] {
		network.narrow with input as opening(range)
	}
}

test_more_than_a_site_is_not if {
	every range in [
		"0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "::/0", "2000::/3", "2001:db8::/47", "198.0.0.0/15", "172.0.0.0/8", "0.0.0.0", "0.0.0.0/16", "::ffff:0:0/96",
		"64:ff9b::/96", "64:FF9B::/96", "10.0.0.0/7",
	] {
		not network.narrow with input as opening(range)
	}
}

test_what_can_not_be_read_is_not if {
	every range in ["everyone", "*", "", null, 7, true, "10.0.0.0/8/8", "1.2.3/24", "1.2.3.4/", "0/0", "10.0.0.0/255.0.0.0", " 10.0.0.0/8", {}, []] {
		not network.narrow with input as opening(range)
	}
	not network.narrow with input as {"action": {"properties": {}}}
	not network.narrow with input as {"action": {}}
}

test_all_ranges_must_be_narrow if {
	network.narrow with input as opening(["203.0.113.0/24", "10.0.0.0/8"])
	not network.narrow with input as opening(["203.0.113.0/24", "0.0.0.0/1", "128.0.0.0/1"])
	not network.narrow with input as {"action": {"properties": {"cidr": "10.0.0.0/8", "source": "any"}}}
}

test_ranges_are_found_at_any_depth if {
	deep := {"IpPermissions": [{"IpRanges": [{"CidrIp": "0.0.0.0/0"}], "FromPort": 22}]}
	network.ranges == {"0.0.0.0/0"} with input as {"action": {"properties": deep}}
	network.ranges == set() with input as {"action": {"properties": {"description": "0.0.0.0/0"}}}
}

test_many_small_pieces_are_wide if {
	network.narrow with input as opening([$"203.0.{n}.0/24" | some n in numbers.range(1, 20)])
	not network.narrow with input as opening([$"203.0.{n}.0/24" | some n in numbers.range(1, 21)])
}

test_people_read_the_ranges if {
	network.shown == "0.0.0.0/0, 10.0.0.0/8" with input as opening(["10.0.0.0/8", "0.0.0.0/0"])
	network.shown == "6 ranges" with input as opening([$"203.0.{n}.0/24" | some n in numbers.range(1, 6)])
	network.shown == "a range that cannot be read" with input as opening(7)
	network.shown == "an unstated range" with input as {"action": {"properties": {}}}
}
