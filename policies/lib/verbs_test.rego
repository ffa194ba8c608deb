package lib.verbs_test

import data.lib.verbs

named(name) := {"action": {"name": name}}

test_a_name_is_read_word_by_word_without_its_area if {
	words := verbs.words with input as named("aws.ec2.terminate_instances")
	words == {"ec2", "terminate", "instances"}
}

test_a_name_without_dots_has_no_area if {
	words := verbs.words with input as named("bulk_delete")
	words == {"bulk", "delete"}
}

test_what_is_not_a_name_says_nothing if {
	every name in [1, null, ["a"], {}] {
		not verbs.says("a") with input as named(name)
		not verbs.only("a") with input as named(name)
	}
}

test_empty_words_do_not_count if {
	words := verbs.words with input as named("db.a__b_")
	words == {"a", "b"}
	not verbs.only("") with input as named("db._")
}

test_one_word_is_enough_to_say_something if {
	verbs.says("delete drop") with input as named("db.bulk_delete")
	not verbs.says("drop") with input as named("db.bulk_delete")
	not verbs.says("db") with input as named("db.bulk_delete")
}

test_every_word_must_be_known if {
	verbs.only("read rows table") with input as named("db.read_rows")
	not verbs.only("read") with input as named("db.read_and_purge")
}
