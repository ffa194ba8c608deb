package lib.several_test

import data.lib.several

test_one_value_and_a_list_are_alike if {
	several.of("a") == ["a"]
	several.of(["a", "b"]) == ["a", "b"]
	several.of({"a": 1}) == [{"a": 1}]
	several.of([]) == []
}

test_a_list_that_nobody_would_read_is_one_thing if {
	hundred := numbers.range(1, 100)
	several.of(hundred) == hundred
	more := numbers.range(1, 101)
	several.of(more) == [more]
}
