package guardrails_test

denied(name, type, id) := {reason.rule | some reason in said.reasons} if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": {"rows": 1}},
		"resource": {"type": type, "id": id},
		"subject": {"type": "agent", "id": "release-bot"},
	}
		with data.policies.everywhere.allow as {{"rule": "all", "reason": "allows everything"}}
	said.effect == "deny"
}

test_the_record_is_never_removed if {
	every asked in [
		["audit.delete", "x", "x"], ["db.delete", "audit_log", "x"], ["db.delete", "table", "prod.audit_log"],
		["data.bulk_delete", "Ledger", "x"], ["infra.destroy", "log_sink", "x"], ["delete", "ledger_entry", "x"],
	] {
		denied(asked[0], asked[1], asked[2]) == {"record-stays"}
	}
}

test_logging_is_never_switched_off if denied("infra.disable_logging", "service", "prod/web") == {"logging-stays-on"}

test_backups_are_never_removed if denied("infra.delete", "backup", "nightly") == {"backups-stay"}

test_agents_never_change_the_gate if {
	denied("policy.activate", "countersign_policy", "x") == {"gate-is-for-people"}
	not denied("policy.read", "countersign_policy", "x")
}

asked_for(name, member, subject, agent) := {reason.rule | some reason in said.reasons; reason.rule != "all"} if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": {"member": member, "role": "viewer"}},
		"resource": {"type": "role", "id": "viewer"},
		"subject": {"type": "agent", "id": subject},
		"agent": {"id": agent},
	}
		with data.policies.everywhere.allow as {{"rule": "all", "reason": "allows everything"}}
		with data.policies.iam as {}
}

granted(member, subject, agent) := asked_for("iam.grant", member, subject, agent)

test_an_agent_never_gives_access_to_itself_however_it_is_written if {
	every member in [
		"release-bot", "Release-Bot", "agent:release-bot", "projects/x/agents/release-bot", "projects/x:release-bot",
	] {
		granted(member, "Release-bot", "other") == {"no-self-grant"}
		granted(member, "other", "Release-bot") == {"no-self-grant"}
	}
	granted("team:release-bot", "team:release-bot", "other") == {"no-self-grant"}
}

test_access_for_others_is_not_the_guardrails_business if {
	granted("dana@acme.example", "release-bot", "release-bot") == set()
	granted("release-bot-2", "release-bot", "release-bot") == set()
	asked_for("iam.revoke", "release-bot", "release-bot", "release-bot") == set()
}

test_other_things_are_not_the_guardrails_business if {
	not denied("db.read", "audit_log", "x")
	not denied("db.delete", "table", "prod.orders")
	not denied("backup.list", "backup", "nightly")
}
