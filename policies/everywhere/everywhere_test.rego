package policies.everywhere_test

asked(name, trust) := said if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": {"rows": 1}},
		"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"], "trust": trust},
		"resource": {"type": "table", "id": "prod.orders"},
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

test_a_suspended_agent_does_nothing if asked("db.read", "suspended").effect == "deny"

test_an_agent_on_probation_reads_alone if asked("db.read", "probation").effect == "allow"

test_an_agent_on_probation_is_accompanied if {
	said := asked("db.delete", "probation")
	said.effect == "require_approval"
	said.reasons[0].rule == "agent-on-probation"
}

test_an_ordinary_agent_is_not if asked("db.delete", "ordinary").effect == "allow"
