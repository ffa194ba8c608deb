package policies.deploy_test

import data.policies.deploy

noon := {"weekday": "thursday", "hour": 12, "rfc3339": "2026-01-15T12:00:00Z"}

asked(name, id, args) := {
	"action": {"name": name, "properties": args},
	"resource": {"type": "service", "id": id},
	"context": {},
	"history": {},
	"time": noon,
}

at(given, time) := object.union(given, {"time": time})

v1 := {"version": "1.4.2"}

go(id) := asked("deploy.release", id, v1)

ruled(rules) := {rule.rule | some rule in rules}

allows(given) := found if found := ruled(deploy.allow) with input as given

asks(given) := found if found := ruled(deploy.require_approval) with input as given

denies(given) := found if found := ruled(deploy.deny) with input as given

rule(given, name) := found if {
	asking := deploy.require_approval with input as given
	some found in asking
	found.rule == name
}

test_looking_needs_nobody if {
	every name in ["deploy.status", "deploy.list_deployments", "deploy.plan", "deploy.get_pipeline_status"] {
		given := asked(name, "prod/shop", {})
		allows(given) == {"deploy-look"}
		asks(given) == set()
	}
	asks(asked("deploy.status_and_apply", "prod/shop", v1)) != set()
	allows(asked("deploy.diff_migrate", "prod/shop", v1)) == set()
}

test_outside_production_nobody_is_asked if {
	every name in ["deploy.release", "deploy.rollback", "deploy.scale", "deploy.migrate", "deploy.delete_service", "deploy.toggle_flag"] {
		given := asked(name, "staging/shop", {})
		allows(given) == {"deploy-elsewhere"}
		asks(given) == set()
		asks(at(given, {"weekday": "sunday", "hour": 3})) == set()
	}
	allows(asked("deploy.status", "staging/shop", {})) == {"deploy-look"}
	allows(asked("deploy.publish_package", "staging/shop", {})) == set()
	allows(asked("deploy.frobnicate", "staging/shop", {})) == set()
}

test_production_is_for_whoever_is_on_call if {
	asks(go("prod/shop")) == {"deploy-production"}
	allows(go("prod/shop")) == set()
	rule(go("prod/shop"), "deploy-production") == {
		"rule": "deploy-production",
		"reason": "deploys 1.4.2 to prod/shop",
		"risk": "high",
		"seats": [{"group": "oncall", "count": 1}],
		"expires_in": "30m",
		"escalate": [{"after": "10m", "seats": [{"group": "ops", "count": 1}]}],
	}
	asks(go("shop")) == {"deploy-production"}
}

test_a_version_that_moves_is_asked_about if {
	every args in [{}, {"tag": "latest"}, {"image": "acme/shop:latest"}, {"ref": "main"}, {"ref": "refs/heads/main"}, {"version": ""}, {"version": 7}, {"tag": "stable", "version": "1.2"}] {
		"deploy-unpinned" in asks(asked("deploy.release", "prod/shop", args))
	}
	every args in [{"commit": "0a1b2c"}, {"image": "acme/shop@sha256:00"}, {"tag": "v1"}, {"version": "2026.1-main.3"}] {
		asks(asked("deploy.release", "prod/shop", args)) == {"deploy-production"}
	}
	rule(asked("deploy.release", "prod/shop", {}), "deploy-unpinned").reason == "deploys an unstated version to prod/shop, which may be another version when it runs"
	rule(asked("deploy.release", "prod/shop", {}), "deploy-unpinned").seats == [{"group": "ops", "count": 1}]
	rule(asked("deploy.release", "prod/shop", {"tag": "latest", "commit": "0a1b"}), "deploy-production").reason == "deploys 0a1b to prod/shop"
}

test_when_nobody_is_there_more_people_are_asked if {
	every time in [{"weekday": "saturday", "hour": 12}, {"weekday": "sunday", "hour": 12}, {"weekday": "monday", "hour": 6}, {"weekday": "monday", "hour": 17}, {}] {
		given := object.union(object.remove(go("prod/shop"), ["time"]), {"time": time})
		asks(given) == {"deploy-production", "deploy-unattended"}
	}
	every hour in [7, 16] {
		asks(at(go("prod/shop"), {"weekday": "monday", "hour": hour})) == {"deploy-production"}
	}
	found := rule(at(go("prod/shop"), {"weekday": "sunday", "hour": 3}), "deploy-unattended")
	found.reason == "changes prod/shop on sunday at 3 h UTC"
	found.seats == [{"group": "oncall", "count": 1}, {"group": "ops", "count": 1}]
	found.reason_required
}

test_a_freeze_takes_more_people_and_names_its_reason if {
	freezes := [{"from": "2026-01-15T00:00:00Z", "to": "2026-01-16T00:00:00Z", "reason": "the sale"}]
	asking := deploy.require_approval with input as go("prod/shop") with data.company.freezes as freezes
	ruled(asking) == {"deploy-frozen", "deploy-production"}
	some found in asking
	found.rule == "deploy-frozen"
	found.reason == "changes prod/shop during a freeze: the sale"
	found.seats == [{"group": "oncall", "count": 1}, {"group": "ops", "count": 2}]
	found.reason_required
	later := deploy.require_approval with input as at(go("prod/shop"), {"rfc3339": "2026-01-16T00:00:00Z"}) with data.company.freezes as freezes
	ruled(later) == {"deploy-production"}
	earlier := deploy.require_approval with input as at(go("prod/shop"), {"rfc3339": "2026-01-14T23:59:59Z"}) with data.company.freezes as freezes
	ruled(earlier) == {"deploy-production"}
	back := deploy.allow with input as asked("deploy.rollback", "prod/shop", v1) with data.company.freezes as freezes
	back == set()
	twice := array.concat(freezes, [{"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z", "reason": "another"}])
	both := deploy.require_approval with input as go("prod/shop") with data.company.freezes as twice
	"deploy-frozen" in ruled(both)
}

test_going_back_needs_nobody_while_somebody_is_there if {
	given := asked("deploy.rollback", "prod/shop", v1)
	allows(given) == {"deploy-rollback"}
	asks(given) == set()
	asks(at(given, {"weekday": "sunday", "hour": 3})) == {"deploy-unattended"}
	allows(at(given, {"weekday": "sunday", "hour": 3})) == set()
	allows(asked("deploy.rollback_and_release", "prod/shop", v1)) == set()
	allows(asked("deploy.rollback_everything_else", "prod/shop", v1)) == set()
}

test_stopping_needs_nobody if {
	allows(asked("deploy.cancel", "prod/shop", {})) == {"deploy-stop"}
	allows(asked("deploy.abort_and_delete", "prod/shop", {})) == set()
	allows(asked("deploy.pause_whatever", "prod/shop", {})) == set()
}

test_removing_migrating_and_switching_in_production if {
	asks(asked("deploy.delete_service", "prod/shop", {})) == {"deploy-removal"}
	removal := rule(asked("deploy.delete_service", "prod/shop", {}), "deploy-removal")
	removal.seats == [{"group": "oncall", "count": 1}, {"group": "ops", "count": 1}]
	removal.reason_required
	asks(asked("deploy.migrate", "prod/shop", {})) == {"deploy-migration"}
	rule(asked("deploy.migrate", "prod/shop", {}), "deploy-migration").seats == [{"group": "dba", "count": 1}]
	asks(asked("deploy.toggle_feature", "prod/shop", {})) == {"deploy-flag"}
	rule(asked("deploy.toggle_feature", "prod/shop", {}), "deploy-flag").seats == [{"group": "oncall", "count": 1}]
	asks(at(asked("deploy.toggle_feature", "prod/shop", {}), {"weekday": "sunday"})) == {"deploy-flag", "deploy-unattended"}
}

test_publishing_takes_two_wherever_it_is_done_from if {
	every id in ["prod/shop", "staging/shop"] {
		found := rule(asked("deploy.publish_package", id, v1), "publish")
		found.seats == [{"group": "ops", "count": 1}, {"group": "security", "count": 1}]
		found.reason_required
	}
	facts := deploy.flow with input as asked("deploy.publish_package", "staging/shop", v1)
	facts == {"irreversible", "way_out"}
}

test_an_action_nobody_knows_is_asked_about if {
	"deploy-unknown" in asks(asked("deploy.frobnicate", "staging/shop", {}))
	rule(asked("deploy.frobnicate", "staging/shop", {}), "deploy-unknown").seats == [{"group": "ops", "count": 1}]
	not "deploy-unknown" in asks(go("prod/shop"))
}

test_nobody_goes_around_the_checks if {
	every name in ["deploy.approve", "deploy.skip_checks", "deploy.override_gate", "deploy.force_release"] {
		denies(asked(name, "staging/shop", v1)) == {"deploy-bypass"}
	}
	every member in ["force", "no_verify", "skip_approval", "skip_checks", "skip_tests"] {
		denies(asked("deploy.release", "prod/shop", {member: true})) == {"deploy-bypass"}
		denies(asked("deploy.release", "prod/shop", {member: false})) == set()
	}
	denies(go("prod/shop")) == set()
}

test_a_change_is_found_among_few if {
	counted(10) == {"deploy-production", "many-deployments"}
	counted(9) == {"deploy-production"}
}

counted(n) := found if {
	counters := {"deployments": {"session": {"1h": {"count": n, "sum": 0, "denies": 0, "resources": 1}}}}
	found := asks(object.union(go("prod/shop"), {"history": {"counters": counters}}))
}

test_what_is_counted_and_remembered if {
	counts := deploy.counts with input as go("prod/shop")
	counts == {{"counter": "deployments"}}
	none := deploy.counts with input as go("staging/shop")
	none == set()
	facts := deploy.flow with input as go("prod/shop")
	facts == set()
	migrated := deploy.flow with input as asked("deploy.migrate", "prod/shop", {})
	migrated == {"irreversible"}
	tested := deploy.flow with input as asked("deploy.migrate", "staging/shop", {})
	tested == set()
}

test_what_strangers_wrote_is_not_published_unseen if {
	flow := {"untrusted_read": {"action": "web.fetch"}}
	"steered-irreversible" in asks(object.union(asked("deploy.migrate", "prod/shop", {}), {"history": {"flow": flow}}))
}
