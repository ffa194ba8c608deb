package lib.leaves_test

import data.lib.leaves

arguing(arguments) := {"action": {"properties": arguments}}

test_values_are_found_at_any_depth_under_one_spelling if {
	given := arguing({"PublicAccessBlock": {"BlockPublicAcls": false, "ignore_public_acls": [true, 1]}, "x": "a"})
	leaves.pairs == {["blockpublicacls", false], ["ignorepublicacls", true], ["ignorepublicacls", 1], ["x", "a"]} with input as given
	leaves.is_off({"blockpublicacls"}) with input as given
	leaves.is_on({"ignorepublicacls"}) with input as given
	not leaves.is_on({"blockpublicacls"}) with input as given
	not leaves.is_off({"ignorepublicacls"}) with input as given
	not leaves.is_off({"x"}) with input as given
}

test_documents_in_text_are_opened if {
	given := arguing({"policy": " {\"Statement\": [{\"Principal\": {\"AWS\": \"*\"}}]}"})
	leaves.values({"aws"}) == {"*"} with input as given
	leaves.values({"aws"}) == set() with input as arguing({"policy": "{\"AWS\": \"*\""})
}

test_a_flag_is_on_or_off_however_it_is_written if {
	every value in [true, "true", "True", 1, "1", "yes", "on", "enabled"] {
		leaves.on(value)
		not leaves.off(value)
	}
	every value in [false, "false", "False", 0, "0", "no", "off", "disabled", "Suspended"] {
		leaves.off(value)
		not leaves.on(value)
	}
	every value in [null, "", "maybe", 2] {
		not leaves.on(value)
		not leaves.off(value)
	}
}

test_too_many_are_not_looked_at if {
	given := arguing({"a": [1, 2, 3]})
	leaves.too_many with input as given with data.lib.leaves.most as 2
	leaves.pairs == set() with input as given with data.lib.leaves.most as 2
	not leaves.too_many with input as given with data.lib.leaves.most as 3
	count(leaves.pairs) == 3 with input as given with data.lib.leaves.most as 3
}

test_what_is_too_long_is_not_looked_at if {
	given := arguing({"a": "0123456789"})
	leaves.too_many with input as given with data.lib.leaves.longest as 17
	leaves.pairs == set() with input as given with data.lib.leaves.longest as 17
	not leaves.too_many with input as given with data.lib.leaves.longest as 18
	leaves.pairs == {["a", "0123456789"]} with input as given with data.lib.leaves.longest as 20
}

test_no_arguments_have_no_values if {
	leaves.pairs == set() with input as {"action": {}}
	not leaves.too_many with input as {"action": {}}
}
