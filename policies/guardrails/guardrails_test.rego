package guardrails_test

import data.guardrails

denied(name, type, id) := denied_with({}, name, type, id)

denied_with(more, name, type, id) := {reason.rule | some reason in said.reasons} if {
	said := data.countersign.decision with input as object.union(of(name, type, id), more)
		with data.policies.everywhere.allow as {{"rule": "all", "reason": "allows everything"}}
	said.effect == "deny"
}

# What the guardrails alone say, for the many spellings of one thing.
says(request) := {rule.rule | some rule in found} if {
	found := guardrails.deny with input as request
}

of(name, type, id) := {
	"action": {"name": name, "properties": {"rows": 1}},
	"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
	"resource": {"type": type, "id": id},
	"subject": {"type": "agent", "id": "release-bot"},
}

with_arguments(request, arguments) := object.union(request, {"action": {"properties": arguments}})

test_the_record_is_never_removed if {
	every asked in [
		["audit.delete", "x", "x"], ["db.delete", "audit_log", "x"], ["db.delete", "table", "prod.audit_log"],
		["data.bulk_delete", "Ledger", "x"], ["infra.destroy", "log_sink", "x"], ["delete", "ledger_entry", "x"],
	] {
		denied(asked[0], asked[1], asked[2]) == {"record-stays"}
	}
}

test_no_spelling_makes_the_record_another_thing if {
	every id in [
		"prod.\"audit_log\"", "PROD.[Audit_Log]", "`audit_log`", "prod/audit_log/", "audit_log ", "audit\u200b_log", "audit-log", "audit_logs", "prod.audit_log;",
		"audit_trail", "audit_record", "ledger", "ledger_entry", "log_sink", "prod.audit_log_2026_01", "countersign.audit.v1", "countersign.events.v1",
	] {
		says(of("db.delete", "table", id)) == {"record-stays"}
	}
	every type in ["AUDIT_LOG", "audit-log", "audit_logs", "audit\u200b_log", " ledger"] {
		says(of("db.delete", type, "x")) == {"record-stays"}
	}
	every id in ["prod.orders", "audit_log.orders", "prod.dialog_sinks", "my.audit_logic", "not.countersign.events"] {
		says(of("db.delete", "table", id)) == set()
	}
}

test_every_word_for_changing_counts if {
	every word in [
		"alter", "clean", "cleanup", "clear", "delete", "destroy", "disable", "drop", "edit", "erase", "expire", "modify", "move", "overwrite", "patch", "prune", "purge", "redact",
		"remove", "rename", "replace", "reset", "rewrite", "shred", "stop", "terminate", "truncate", "update", "wipe",
	] {
		word in guardrails.words with input as of($"db.bulk_{word}", "table", "x")
		word in guardrails.words with input as of($"aws.{word}.objects", "table", "x")
		word in guardrails.removals
	}
	says(of("db.insert", "table", "audit_log")) == set()
	says(of("db.read", "table", "audit_log")) == set()
	says(of("aws.delete_rows.now", "table", "audit_log")) == {"record-stays"}
}

test_the_record_is_known_among_the_arguments if {
	every name in [
		"bucket", "collection", "index", "log_group", "name", "names", "path", "paths", "stream", "table", "table_name", "tables", "target", "targets", "topic", "topics",
	] {
		says(with_arguments(of("db.delete", "table", "prod.orders"), {name: ["x", "prod.audit_log"]})) == {"record-stays"}
	}
	says(with_arguments(of("db.delete", "table", "prod.orders"), {"note": "audit_log", "table": 5})) == set()
}

test_texts_about_the_record_are_not_the_record if {
	every name in ["files.delete", "code.update_file"] {
		says(with_arguments(of(name, "file", "src/audit_log"), {"path": "src/ledger"})) == set()
		says(of(name, "audit_log", "x")) == {"record-stays"}
	}
}

test_a_statement_does_not_change_the_record_whatever_it_is_called if {
	every sql in ["DROP TABLE audit_log", "delete from prod.\"Audit_Log\" where id = 1", "update audit_logs set who = 'x' where id = 1", "truncate ledger"] {
		says(with_arguments(of("db.query", "database", "prod"), {"sql": sql})) == {"record-stays"}
	}
	says(with_arguments(of("data.run", "database", "prod"), {"sql": "drop table audit_log"})) == {"record-stays"}
	says(with_arguments(of("db.query", "database", "prod"), {"sql": "select * from audit_log"})) == set()
	says(with_arguments(of("db.query", "database", "prod"), {"sql": "drop table orders"})) == set()
	says(with_arguments(of("messaging.send", "channel", "prod"), {"sql": "drop table audit_log"})) == set()
}

test_logging_is_never_switched_off if {
	denied("infra.disable_logging", "service", "prod/web") == {"logging-stays-on"}
	every name in [
		"infra.stop_audit", "infra.aws.stop_logging", "infra.cloudtrail.delete", "infra.pause_auditing", "infra.suspend_trail", "infra.mute.audit", "infra.detach_audit",
	] {
		says(of(name, "service", "prod/web")) == {"logging-stays-on"}
	}
	every flag in ["active", "enable", "enabled", "on"] {
		says(with_arguments(of("infra.set_logging", "service", "prod/web"), {flag: false})) == {"logging-stays-on"}
		says(with_arguments(of("infra.set_logging", "service", "prod/web"), {flag: true})) == set()
		says(with_arguments(of("infra.set_cache", "service", "prod/web"), {flag: false})) == set()
	}
	every name in ["infra.enable_logging", "infra.stop", "infra.disable_cache", "infra.logging.read"] {
		says(of(name, "service", "prod/web")) == set()
	}
	says(with_arguments(of("infra.set_cloudtrail", "service", "prod/web"), {"enabled": false, "name": "x"})) == {"logging-stays-on"}
}

test_backups_are_never_removed if {
	denied("infra.delete", "backup", "nightly") == {"backups-stay"}
	every type in ["backup", "Backups", "backup_vault", "snapshot", "recovery-point", "db_snapshot", "volume_backups"] {
		says(of("infra.delete", type, "nightly")) == {"backups-stay"}
		says(of("infra.describe", type, "nightly")) == set()
	}
	every word in ["delete", "destroy", "drop", "erase", "expire", "prune", "purge", "remove", "wipe"] {
		says(of($"infra.{word}_backups", "service", "nightly")) == {"backups-stay"}
	}
	every name in ["infra.delete_snapshot", "infra.snapshots.delete", "infra.backup.delete"] {
		says(of(name, "service", "x")) == {"backups-stay"}
	}
	every name in ["infra.update_backup_schedule", "infra.create_backup", "infra.delete"] {
		says(of(name, "service", "x")) == set()
	}
}

granted(arguments) := says(with_arguments(of("iam.grant", "project", "p"), arguments))

test_an_agent_never_gives_access_to_itself_however_it_is_written if {
	every member in [
		"release-bot", "Release-Bot", "agent:release-bot", "projects/x/agents/release-bot", "release-bot@acme.example", "serviceAccount:release-bot@p.example", "\"release-bot\"",
		"release\u200b-bot", " release-bot ", "kim@acme.example,release-bot", ["kim@acme.example", "release-bot"], [{"id": "release-bot"}], {"name": "agents/release-bot"},
		{"email": "release-bot@acme.example"}, {"member": "release-bot"},
	] {
		granted({"member": member}) == {"no-self-grant"}
	}
	every member in ["kim@acme.example", "release-bot-2", "old-release-bot", "release", 5, null, {"x": "release-bot"}, "release.bot"] {
		granted({"member": member}) == set()
	}
}

test_every_place_of_an_identity_is_looked_at if {
	every name in [
		"assignee", "grantee", "identities", "identity", "member", "members", "principal", "principals", "role_member", "service_account", "subject", "subjects", "to", "user",
		"username", "users",
	] {
		granted({name: "release-bot"}) == {"no-self-grant"}
	}
	granted({"requested_by": "release-bot"}) == set()
	every type in ["agent", "identity", "member", "principal", "service_account", "user"] {
		says(of("iam.attach_policy", type, "agents/release-bot")) == {"no-self-grant"}
	}
	says(of("iam.attach_policy", "project", "release-bot")) == set()
}

test_every_way_to_give_counts_and_taking_does_not if {
	every word in ["add", "allow", "assign", "attach", "bind", "elevate", "give", "grant", "impersonate", "promote", "put", "set"] {
		says(of($"iam.{word}_role", "user", "release-bot")) == {"no-self-grant"}
	}
	every name in ["iam.revoke", "iam.read", "payments.grant"] {
		says(of(name, "user", "release-bot")) == set()
	}
}

test_every_name_of_the_agent_is_itself if {
	says(object.union(of("iam.grant", "user", "worker-7"), {"agent": {"id": "worker-7"}})) == {"no-self-grant"}
	says(object.union(of("iam.grant", "user", "bot"), {"subject": {"id": "bot@acme.example"}})) == {"no-self-grant"}
	says(object.union(of("iam.grant", "user", "x/acme/agent/billing"), {"subject": {"id": "acme/agent/billing"}})) == {"no-self-grant"}
	says(object.union(of("iam.grant", "user", "@acme/bot"), {"subject": {"id": "@acme/bot"}})) == {"no-self-grant"}
	says(object.union(of("iam.grant", "user", "acme/agent/other"), {"subject": {"id": "acme/agent/billing"}})) == set()
}

test_agents_never_change_the_gate if {
	"gate-is-for-people" in denied("policy.activate", "countersign_policy", "x")
	not denied("policy.read", "countersign_policy", "x")
	every request in [
		of("infra.delete", "Countersign_directory", "x"), of("infra.apply", "policy_bundle", "x"), of("infra.apply", "policy_set", "x"), of("policy.activate", "x", "x"),
		of("countersign.set_keys", "x", "x"),
	] {
		says(request) == {"gate-is-for-people"}
	}
	every verb in ["describe", "diff", "explain", "get", "list", "read"] {
		says(of($"policy.{verb}", "policy_bundle", "x")) == set()
	}
	says(of("iam.create", "policy", "x")) == set()
}

test_people_change_the_gate_and_nobody_passes_for_one if {
	person := {"subject": {"type": "person", "id": "kim@acme.example"}, "agent": {"id": "kim@acme.example", "owner": "kim@acme.example"}}
	says(object.union(of("policy.activate", "policy_bundle", "x"), person)) == set()
	says(object.union(of("policy.activate", "policy_bundle", "x"), {"subject": {"type": "person", "id": "kim@acme.example"}})) == set()
	says(object.union(of("policy.activate", "policy_bundle", "x"), {"subject": {"type": "person"}})) == {"gate-is-for-people"}
	says(object.union(of("policy.activate", "policy_bundle", "x"), {"subject": {"type": "Person"}})) == {"gate-is-for-people"}
}

test_other_things_are_not_the_guardrails_business if {
	not denied("db.read", "audit_log", "x")
	not denied("db.delete", "table", "prod.orders")
}

crowd := [$"user-{n}" | some n in numbers.range(1, 101)]

test_nothing_hides_in_a_crowd if {
	says(with_arguments(of("db.drop", "table", "prod.orders"), {"tables": crowd})) == set()
	every name in ["prod.\"Audit_Log\"", "audit-log", "led\u200bger", "countersign.audit"] {
		says(with_arguments(of("db.drop", "table", "prod.orders"), {"tables": array.concat(crowd, [name])})) == {"record-stays"}
	}
	says(with_arguments(of("files.delete", "file", "x"), {"paths": array.concat(crowd, ["audit_log"])})) == set()
	granted({"members": crowd}) == set()
	every name in ["agents/Release-Bot", "release\u200b-bot", "release-bot@acme.example"] {
		granted({"members": array.concat(crowd, [name])}) == {"no-self-grant"}
	}
	granted({"members": array.concat(array.slice(crowd, 0, 99), ["my-release-bot-2"])}) == set()
}
