package policies.email_test

test_every_rule_of_messaging_holds_for_email_as_well if {
	every member in ["allow", "counts", "deny", "flow", "require_approval"] {
		data.policies.email[member] == {"a rule"} with data.policies.messaging as {member: {"a rule"}}
	}
}
