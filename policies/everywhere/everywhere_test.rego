package policies.everywhere_test

import data.policies.everywhere

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

on_probation(name) := {rule.rule | some rule in found} if {
	found := everywhere.require_approval with input as {
		"action": {"name": name},
		"agent": {"id": "release-bot", "trust": "probation"},
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

test_only_what_is_plainly_reading_is_reading if {
	every verb in [
		"count", "describe", "diff", "explain", "get", "history", "list", "log", "logs", "plan", "preview", "read", "search", "show", "status", "view",
	] {
		on_probation($"files.{verb}") == set()
	}
	every name in ["files.read_and_purge", "files.read.now", "read.files", "reader", "web.post"] {
		on_probation(name) == {"agent-on-probation"}
	}
	on_probation("read") == set()
}

test_who_accompanies_an_agent_is_told_which if {
	said := asked("db.delete", "probation")
	said.approval.seats == [{"group": "oncall", "count": 1}]
	said.risk.level == "medium"
	said.reasons[0].text == "release-bot is on probation"
}

test_a_suspended_agent_is_told_so if {
	asked("db.read", "suspended").reasons == [{"rule": "suspended-agent", "text": "this agent is suspended"}]
}
