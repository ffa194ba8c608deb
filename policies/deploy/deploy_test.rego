package policies.deploy_test

import data.policies.deploy

asked(verb, id, arguments) := asked_with({}, verb, id, arguments)

asked_with(more, verb, id, arguments) := said if {
	said := data.countersign.decision with input as object.union(of(verb, id, arguments), more)
}

of(verb, id, arguments) := {
	"action": {"name": $"deploy.{verb}", "properties": arguments},
	"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
	"context": {},
	"history": {},
	"resource": {"type": "service", "id": id},
	"subject": {"type": "agent", "id": "release-bot"},
	"time": {"rfc3339": "2026-01-15T10:00:00Z", "weekday": "thursday", "hour": 10},
}

# What the package alone says, for the many spellings of one thing.
says(verb, id, arguments) := {rule.rule | some rule in found} if {
	found := (deploy.allow | deploy.require_approval) | deploy.deny with input as of(verb, id, arguments)
}

flows(verb, id) := found if {
	found := deploy.flow with input as of(verb, id, {})
}

rules(said) := {reason.rule | some reason in said.reasons}

texts(said) := {reason.text | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

fixed := {"version": "4.2.1"}

test_looking_needs_nobody if {
	every verb in ["describe", "diff", "get", "history", "list", "logs", "plan", "preview", "read", "status", "validate"] {
		says(verb, "prod/web", {}) == {"deploy-look"}
	}
	asked("status", "prod/web", {}).effect == "allow"
}

changing := [
	"canary", "create", "deploy", "promote", "publish", "release", "rollout", "run", "ship", "start", "trigger", "update",
	"upgrade", "pause", "restart", "resume", "scale", "set_config", "set_env", "shift_traffic", "swap", "create_flag",
	"delete_flag", "disable_flag", "enable_flag", "set_flag", "toggle_flag", "update_flag",
]

test_outside_production_nobody_is_needed if {
	every verb in changing {
		says(verb, "staging/web", {}) == {"deploy-elsewhere"}
	}
	every verb in ["migrate", "delete", "rollback"] {
		says(verb, "staging/web", {"to": "1.0"}) == {"deploy-elsewhere"}
		flows(verb, "staging/web") == set()
	}
	says("warp", "staging/web", {}) == set()
}

test_production_needs_operations if {
	every verb in changing {
		says(verb, "prod/web", fixed) == {"production-deploy"}
	}
	said := asked("deploy", "prod/web", fixed)
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	said.approval.expires_in == 1800
	texts(said) == {"deploy.deploy of prod/web in production: 4.2.1"}
	texts(asked("restart", "prod/web", {})) == {"deploy.restart of prod/web in production"}
	not said.flow
}

is_production(id, arguments) := found if {
	found := deploy.production with input as of("deploy", id, arguments)
}

test_an_environment_is_known_by_the_id_or_by_what_the_tool_is_told if {
	every id in ["staging/web", "dev.web", "test"] {
		is_production(id, {}) == false
	}
	every name in ["env", "environment", "stage"] {
		is_production("web", {name: "staging"}) == false
		is_production("web", {name: "Staging "}) == false
		is_production("web", {name: "prod"})
		is_production("web", {name: "staging-prod"})
		is_production("web", {name: "qa"})
		is_production("web", {name: 5})
	}
	is_production("web", {"environment": "staging", "env": "dev"}) == false
}

test_what_is_not_plainly_elsewhere_is_production if {
	is_production("web", {})
	is_production("prod/web", {"environment": "staging"})
	is_production("web", {"environment": "staging", "env": "canary"})
	is_production("web", {"environment": "staging", "stage": 5})
	is_production("web", {"environment": "staging", "target": "blue"})
	is_production("web", {"environment": "staging", "cluster": "production-eu"})
	is_production("web", {"note": "staging"})
}

at(weekday, hour) := {"time": {"rfc3339": "2026-01-15T10:00:00Z", "weekday": weekday, "hour": hour}}

test_at_night_and_at_weekends_the_person_on_call_agrees_too if {
	every when in [["monday", 5], ["monday", 20], ["saturday", 12], ["sunday", 12], ["friday", 15], ["Monday", 12], ["monday", "12"]] {
		"freeze" in rules(asked_with(at(when[0], when[1]), "deploy", "prod/web", fixed))
	}
	every when in [["monday", 6], ["tuesday", 19], ["wednesday", 12], ["thursday", 12], ["friday", 14]] {
		not "freeze" in rules(asked_with(at(when[0], when[1]), "deploy", "prod/web", fixed))
	}
}

test_a_freeze_says_when_and_why if {
	night := asked_with(at("monday", 22), "deploy", "prod/web", fixed)
	rules(night) == {"production-deploy", "freeze"}
	groups(night) == {"oncall": 1, "ops": 1}
	night.risk.level == "critical"
	night.approval.reason_required
	night.approval.expires_in == 1800
	"deploy.deploy of prod/web in production at night" in texts(night)
	"deploy.deploy of prod/web in production at the weekend" in texts(asked_with(at("saturday", 12), "deploy", "prod/web", fixed))
	"freeze" in rules(asked_with({"time": null}, "deploy", "prod/web", fixed))
}

test_a_freeze_that_is_said_holds_from_its_first_second_to_before_its_last if {
	every when in ["2026-01-15T10:00:00Z", "2026-01-15T09:00:00Z"] {
		said := asked("restart", "prod/web", {}) with data.company.freezes as [{"from": when, "to": "2026-01-15T10:00:01Z", "why": "audit"}]
		"deploy.restart of prod/web in production in a freeze (audit)" in texts(said)
	}
	every freeze in [{"from": "2026-01-15T10:00:01Z", "to": "2027"}, {"from": "2025", "to": "2026-01-15T10:00:00Z"}] {
		said := asked("restart", "prod/web", {}) with data.company.freezes as [object.union(freeze, {"why": "audit"})]
		rules(said) == {"production-deploy"}
	}
}

test_a_freeze_holds_for_everything_but_looking_and_going_back if {
	every verb in ["scale", "set_flag", "migrate", "delete"] {
		"freeze" in rules(asked_with(at("sunday", 3), verb, "prod/web", {}))
	}
	every verb in ["status", "rollback"] {
		asked_with(at("sunday", 3), verb, "prod/web", {}).effect == "allow"
	}
	asked_with(at("sunday", 3), "deploy", "staging/web", {}).effect == "allow"
}

test_a_version_that_moves_is_pointed_out if {
	every arguments in [{}, {"version": "latest"}, {"version": "main"}, {"image": "web:latest"}, {"tag": "stable"}, {"version": ""}, {"version": null}, {"image": "registry.acme.example/web"}, {"commit": "abc"}, {"note": "1.0"}] {
		says("deploy", "prod/web", arguments) == {"production-deploy", "loose-version"}
	}
	said := asked("deploy", "prod/web", {"version": "latest"})
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	"deploys prod/web in production without a fixed version" in texts(said)
	says("restart", "prod/web", {}) == {"production-deploy"}
}

test_a_version_that_stays_is_fixed if {
	commit := "0123456789abcdef0123456789abcdef01234567"
	every given in ["4.2.1", "v4.2", "web:4.2.1-rc.1", 17, commit, concat("", [commit, "012345670123456701234567"]), "web@sha256:abc", "sha256:abc"] {
		deploy.is_fixed(given)
	}
	every given in ["v4", "a.b", substring(commit, 0, 39), "0123456789abcdef0123456789abcdef0123456z", "4.2.1:latest", concat("", ["1.", concat("", [c | some _ in numbers.range(1, 199); c := "0"])])] {
		not deploy.is_fixed(given)
	}
	deploy.is_fixed(concat("", ["1.", concat("", [c | some _ in numbers.range(1, 198); c := "0"])]))
	every name in ["version", "image", "tag", "digest", "sha", "commit", "revision", "build", "to"] {
		deploy.fixed_version with input as of("deploy", "prod/web", {name: "4.2.1"})
	}
}

test_going_back_needs_nobody if {
	every verb in ["abort", "cancel", "revert", "rollback", "rollback_to_previous", "undo"] {
		says(verb, "prod/web", {}) == {"rollback"}
		says(verb, "prod/web", {"to": "previous"}) == {"rollback"}
	}
	every none in ["last", null] {
		says("rollback", "prod/web", {"version": none}) == {"rollback"}
	}
	said := asked("rollback", "prod/web", {})
	said.effect == "allow"
	said.counts == [{"counter": "rollbacks", "amount": 0}]
	not said.flow
	not asked("rollback", "staging/web", {}).counts
	not asked("restart", "prod/web", {}).counts
}

test_going_back_to_a_version_by_name_needs_the_person_on_call if {
	every name in ["version", "image", "tag", "digest", "sha", "commit", "revision", "build", "to"] {
		says("rollback", "prod/web", {name: "1.0.3"}) == {"rollback-to-version"}
	}
	said := asked("rollback", "prod/web", {"to": "1.0.3"})
	groups(said) == {"oncall": 1}
	said.risk.level == "medium"
	said.approval.expires_in == 900
	texts(said) == {"takes prod/web in production back to 1.0.3"}
	texts(asked("rollback", "prod/web", {"to": 5})) == {"takes prod/web in production back to an unstated version"}
}

done(n) := {"history": {"counters": {"rollbacks": {"subject": {"1h": {"count": n}}}}}}

test_going_back_again_and_again_needs_the_person_on_call if {
	asked_with(done(2), "rollback", "prod/web", {}).effect == "allow"
	said := asked_with(done(3), "rollback", "prod/web", {})
	rules(said) == {"many-rollbacks"}
	groups(said) == {"oncall": 1}
	said.risk.level == "medium"
	texts(said) == {"is rollback number 4 within an hour"}
	asked_with(done(3), "rollback", "staging/web", {}).effect == "allow"
	rules(asked_with(done(3), "restart", "prod/web", {})) == {"production-deploy"}
}

test_a_migration_in_production_needs_a_dba_and_operations if {
	every verb in ["migrate", "run_migration", "run_migrations"] {
		says(verb, "prod/web", {}) == {"production-migration"}
		flows(verb, "prod/web") == {"irreversible"}
	}
	said := asked("migrate", "prod/web", {})
	groups(said) == {"dba": 1, "ops": 1}
	said.risk.level == "high"
	texts(said) == {"migrates the data of prod/web in production"}
}

test_taking_production_down_needs_those_who_would_be_woken if {
	every verb in ["delete", "destroy", "remove", "stop", "teardown", "undeploy", "uninstall"] {
		says(verb, "prod/web", {}) == {"production-removal"}
		flows(verb, "prod/web") == {"irreversible"}
	}
	said := asked("delete", "prod/web", {})
	groups(said) == {"oncall": 1, "ops": 1}
	said.risk.level == "critical"
	said.approval.reason_required
	said.approval.expires_in == 1800
	texts(said) == {"deploy.delete of prod/web in production"}
}

test_strangers_do_not_take_production_down if {
	page := {"history": {"flow": {"untrusted_read": {"at": "2026-01-15T09:58:00Z", "action": "tickets.read", "resource": "SUP-7"}}}}
	said := asked_with(page, "delete", "prod/web", {})
	rules(said) == {"production-removal", "steered-irreversible"}
	asked_with(page, "rollback", "prod/web", {}).effect == "allow"
}

test_gates_are_opened_by_people if {
	every verb in ["approve", "bypass", "disable_checks", "disable_gate", "force_unlock", "override", "skip_checks", "skip_gate", "unfreeze", "unlock"] {
		says(verb, "staging/web", {}) == {"gates-stay"}
	}
	texts(asked("unfreeze", "prod/web", {})) == {"gates and freezes of deployments are opened by people"}
	every flag in ["bypass", "ignore_checks", "no_verify", "skip_approval", "skip_checks", "skip_tests"] {
		"gates-stay" in says("deploy", "prod/web", {flag: true})
		not "gates-stay" in says("deploy", "prod/web", {flag: false})
	}
	texts(asked("migrate", "prod/web", {"skip_checks": true})) == {"deploys past its checks"}
	says("deploy", "staging/web", {"skip_checks": true}) == {"deploy-elsewhere"}
	says("restart", "prod/web", {"skip_checks": true}) == {"production-deploy"}
	says("deploy", "prod/web", {"version": "4.2.1", "verbose": true}) == {"production-deploy"}
}

test_unknown_deployments_are_denied if asked("warp", "prod/web", {}).effect == "deny"
