package lib.amount_test

import data.lib.amount

arguing(arguments) := {"action": {"properties": arguments}}

test_a_number_is_a_number if {
	every value in [0, 1, 2.5, 1e21] {
		amount.argument("rows") == value with input as arguing({"rows": value})
		not amount.unclear("rows") with input as arguing({"rows": value})
		amount.shown("rows") == value with input as arguing({"rows": value})
	}
}

test_anything_else_is_unclear if {
	every arguments in [{}, {"rows": "5"}, {"rows": null}, {"rows": -1}, {"rows": [1]}, {"rows": true}] {
		amount.unclear("rows") with input as arguing(arguments)
		amount.shown("rows") == "an unstated number of" with input as arguing(arguments)
	}
}

test_the_largest_counts if {
	amount.most(["a", "b"]) == 7 with input as arguing({"a": 5, "b": 7, "c": 9})
	amount.most(["a", "b"]) == 0 with input as arguing({"a": 0})
}

test_one_that_can_not_be_read_makes_all_unclear if {
	every value in ["9", null, -1, [9], false] {
		not amount.most(["a", "b"]) with input as arguing({"a": 5, "b": value})
	}
	not amount.most(["a", "b"]) with input as arguing({"c": 9})
	not amount.most(["a", "b"]) with input as {}
}
