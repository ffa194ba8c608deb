package lib.classified_test

import data.lib.classified

read(arguments, claims) := {"action": {"name": "files.read", "properties": arguments}, "resource": {"type": "file", "id": "x", "properties": claims}}

test_more_than_internal_is_sensitive_whoever_says_so if {
	every name in ["classification", "data_classification", "sensitivity"] {
		every value in ["personal", "Confidential", "restricted", "", 3, null, ["public"]] {
			classified.sensitive with input as read({name: value}, {})
			classified.sensitive with input as read({}, {name: value})
			classified.sensitive with input as read({name: "public"}, {name: value})
		}
		every value in ["public", "Internal"] {
			not classified.sensitive with input as read({name: value}, {name: value})
		}
	}
}

test_nothing_said_is_nothing_known if {
	not classified.sensitive with input as read({"note": "personal"}, {"note": "personal"})
}
