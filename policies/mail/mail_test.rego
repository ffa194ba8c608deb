package policies.mail_test

test_every_rule_of_messaging_holds_for_mail_as_well if {
	every member in ["allow", "counts", "deny", "flow", "require_approval"] {
		data.policies.mail[member] == {"a rule"} with data.policies.messaging as {member: {"a rule"}}
	}
}
