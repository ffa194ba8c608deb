package policies.db_test

asked(name, id, arguments) := said if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": arguments},
		"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
		"context": {},
		"resource": {"type": "table", "id": id},
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

rules(said) := {reason.rule | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

test_reading_needs_nobody if asked("db.read", "prod.orders", {}).effect == "allow"

test_a_hundred_rows_may_go if asked("db.delete", "prod.orders", {"rows": 100}).effect == "allow"

test_more_than_a_hundred_rows_need_a_dba if {
	said := asked("db.delete", "prod.orders", {"rows": 12480})
	said.effect == "require_approval"
	said.reasons == [{"rule": "bulk-delete", "text": "deletes 12480 rows in prod.orders"}]
	said.risk == {"level": "high", "factors": ["bulk-delete"]}
	groups(said) == {"dba": 1}
	said.approval.expires_in == 900
}

test_a_change_that_does_not_say_its_size_is_never_allowed if {
	every name in ["db.delete", "db.update", "db.insert"] {
		every arguments in [{}, {"rows": "5"}, {"rows": null}, {"rows": -1}, {"rows": [1]}, {"rows": true}] {
			said := asked(name, "prod.orders", arguments)
			said.effect == "require_approval"
			rules(said) == {"unbounded-change"}
		}
	}
}

test_bulk_writes_need_a_dba if rules(asked("db.update", "prod.orders", {"rows": 101})) == {"bulk-write"}

test_dropping_in_production_needs_two if groups(asked("db.drop", "prod.orders", {})) == {"dba": 2}

test_what_is_not_known_to_be_elsewhere_is_production if {
	groups(asked("db.truncate", "orders", {})) == {"dba": 2}
	groups(asked("db.truncate", "production-staging.orders", {})) == {"dba": 2}
}

test_dropping_elsewhere_needs_one if groups(asked("db.drop", "staging.orders", {})) == {"dba": 1}

test_schema_changes_are_held_in_production_only if {
	asked("db.alter", "prod.orders", {}).effect == "require_approval"
	asked("db.alter", "test.orders", {}).effect == "allow"
}

test_unknown_database_actions_are_denied if {
	rules(asked("db.query", "prod.orders", {"sql": "select 1"})) == {"no-rule"}
	asked("db.grant", "prod.orders", {}).effect == "deny"
}
