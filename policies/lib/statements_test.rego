package lib.statements_test

import data.lib.statements

giving(document) := {"action": {"properties": {"policy_document": document}}}

admin := {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": ["*", "arn:aws:s3:::X"]}]}

read := {
	"effect": "allow", "actions": {"*"}, "resources": {"*", "arn:aws:s3:::x"}, "principals": set(), "negated": false,
	"conditioned": false,
}

test_a_document_is_read_as_object_and_as_text if {
	statements.all == {read} with input as giving(admin)
	statements.all == {read} with input as giving(json.marshal(admin))
	statements.gives == {read} with input as giving(admin)
}

test_one_statement_needs_no_list if {
	statements.all == {read} with input as giving({"statement": {"effect": "Allow", "action": ["*"], "resource": ["*", "arn:aws:s3:::x"]}})
}

test_what_is_denied_gives_nothing if {
	statements.gives == set() with input as giving({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}})
}

test_principals_are_found_in_every_form if {
	every principal in ["*", {"AWS": "*"}, {"AWS": ["*"]}] {
		found := statements.all with input as giving({"Statement": {"Effect": "Allow", "Principal": principal}})
		{one.principals | some one in found} == {{"*"}}
	}
}

test_what_is_left_out_and_what_is_conditioned_is_said if {
	found := statements.all with input as giving({"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Condition": {"a": "b"}}})
	some one in found
	one.negated
	one.conditioned
	bare := statements.all with input as giving({"Statement": {"Effect": "Allow", "Condition": {}}})
	some other in bare
	not other.negated
	not other.conditioned
}

test_a_text_that_can_not_be_read_is_not_empty if {
	statements.unreadable with input as giving("{\"Statement\": [")
	not statements.unreadable with input as giving(json.marshal(admin))
	not statements.unreadable with input as giving("arn:aws:iam::aws:policy/ReadOnlyAccess")
	not statements.unreadable with input as {"action": {}}
}

test_too_much_is_not_read if {
	statements.unreadable with input as giving(admin) with data.lib.leaves.longest as 10
	statements.all == set() with input as giving(admin) with data.lib.leaves.longest as 10
}
