# METADATA
# title: Network ranges
# description: >-
#   How wide a range of addresses is that something is opened to. A range that nobody can read may be everyone, and so may
#   two halves, or many small pieces.
# scope: package
package lib.network

import data.lib.leaves

# Names under which providers take ranges, at any depth of the arguments.
members := {
	"allowed_ips", "allowed_ranges", "cidr", "cidr_block", "cidr_blocks", "cidr_ip", "cidr_ipv4", "cidr_ipv6", "cidrip", "cidripv6",
	"cidrs", "from_cidr", "ip_range", "ip_ranges", "ipranges", "ipv4_cidr", "ipv6_cidr", "ipv6_cidr_blocks", "ipv6_ranges",
	"ipv6ranges", "range", "ranges", "remote_ip_prefix", "source", "source_address_prefix", "source_address_prefixes", "source_cidr",
	"source_ranges", "sources", "sourceranges",
}

ranges contains range if {
	some [path, range] in leaves.steps
	some step in path
	lower(step) in members
}

# Not one of them reaches further than one site, and there are few of them.
narrow if {
	count(ranges) > 0
	count(ranges) <= 20
	every range in ranges {
		is_narrow(range)
	}
}

is_narrow(range) if inner(range)

# At most 65,536 addresses of IPv4.
is_narrow(range) if {
	regex.match(`^[0-9]{1,3}(\.[0-9]{1,3}){3}(/(1[6-9]|2[0-9]|3[0-2]))?$`, range)
	not startswith(range, "0.")
}

# One site of IPv6, unless all of IPv4 is hidden in it.
is_narrow(range) if {
	regex.match(`^[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]*/(4[89]|[5-9][0-9]|1[0-2][0-9])$`, range)
	not startswith(lower(range), "64:ff9b")
}

# Addresses that nobody reaches from outside.
inner(range) if {
	regex.match(`^[0-9A-Fa-f:.]+/[0-9]{1,3}$`, range)
	some private in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]
	net.cidr_contains(private, range)
}

shown := concat(", ", sort([words(range) | some range in ranges])) if {
	count(ranges) > 0
	count(ranges) <= 5
} else := $"{count(ranges)} ranges" if count(ranges) > 5

else := "an unstated range"

words(range) := substring(range, 0, 60) if is_string(range)

else := "a range that cannot be read"
