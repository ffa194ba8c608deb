package lib.lists_test

import data.lib.lists

test_a_list_has_its_words if {
	every word in ["read", "list", "drop"] {
		lists.has("read list drop", word)
	}
}

test_a_list_has_no_parts_of_words if {
	every word in ["rea", "ist", "dro", "adl", "reads"] {
		not lists.has("read list drop", word)
	}
}

test_what_is_not_text_is_in_no_list if {
	every word in [1, null, ["read"]] {
		not lists.has("read list drop", word)
	}
}

test_one_of_several_words_is_enough if {
	lists.has_any("read list", {"drop", "list"})
	not lists.has_any("read list", {"drop"})
	not lists.has_any("read list", set())
}
