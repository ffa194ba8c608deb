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

stating(id, statement) := asked("db.query", id, {"statement": statement})

rules(said) := {reason.rule | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

test_reading_needs_nobody_however_it_is_called if {
	every name in ["db.read", "db.select", "db.list_tables", "db.get_row_by_id", "db.count", "db.tables.describe", "db.explain"] {
		asked(name, "prod.orders", {}).effect == "allow"
	}
}

test_a_name_that_is_not_known_altogether_is_not_reading if {
	every name in ["db.read_and_frobnicate", "db.frobnicate", "db.table"] {
		rules(asked(name, "prod.orders", {})) == {"no-rule"}
	}
}

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

test_rows_are_counted_under_many_names if {
	every arguments in [
		{"row_count": 101}, {"estimated_rows": 101}, {"rows": 5, "affected_rows": 101}, {"limit": 101}, {"count": 101},
		{"ids": numbers.range(1, 101)},
	] {
		rules(asked("db.delete", "prod.orders", arguments)) == {"bulk-delete"}
	}
	every arguments in [{"limit": 10}, {"id": 5}, {"id": "a1"}, {"ids": [1, 2]}, {"rows": 5, "limit": 1000}, {"row_count": 3, "id": 5}] {
		rules(asked("db.delete", "prod.orders", arguments)) == {"small-delete"}
	}
}

test_rows_that_can_not_be_read_are_not_replaced_by_others if {
	every arguments in [
		{"rows": "5", "limit": 10}, {"rows": 5, "row_count": "5"}, {"rows": null, "id": 5}, {"limit": "1", "id": 5}, {"id": ""},
		{"id": "*"}, {"id": ["a"]}, {"ids": "a"}, {"ids": []}, {"id": 5, "where": "a = 1"}, {"ids": {"a": 1}},
	] {
		rules(asked("db.delete", "prod.orders", arguments)) == {"unbounded-change"}
	}
}

test_an_insert_brings_its_rows_along if {
	every arguments in [{"values": {"a": 1}}, {"records": [{"a": 1}, {"a": 2}]}, {"rows": [[1, 2]]}, {"data": {"a": 1}, "rows": 1}] {
		rules(asked("db.insert", "prod.orders", arguments)) == {"small-write"}
	}
	every arguments in [{"values": []}, {"values": {"a": 1}, "records": "x"}, {"records": ["a"]}] {
		rules(asked("db.insert", "prod.orders", arguments)) == {"unbounded-change"}
	}
	rules(asked("db.update", "prod.orders", {"values": {"a": 1}})) == {"unbounded-change"}
	rules(asked("db.insert", "prod.orders", {"records": [{"a": n} | some n in numbers.range(1, 101)]})) == {"bulk-write"}
}

test_bulk_writes_need_a_dba if rules(asked("db.update", "prod.orders", {"rows": 101})) == {"bulk-write"}

test_dropping_in_production_needs_two if {
	said := asked("db.drop", "prod.orders", {})
	groups(said) == {"dba": 2}
	said.reasons[0].text == "db.drop destroys prod.orders in production"
}

test_what_is_not_known_to_be_elsewhere_is_production if {
	groups(asked("db.truncate", "orders", {})) == {"dba": 2}
	groups(asked("db.truncate", "production-staging.orders", {})) == {"dba": 2}
}

test_dropping_elsewhere_needs_one if groups(asked("db.drop", "staging.orders", {})) == {"dba": 1}

test_schema_changes_are_held_in_production_only if {
	every name in ["db.alter", "db.create_index", "db.add_column", "db.migrate", "db.rename_table"] {
		rules(asked(name, "prod.orders", {})) == {"production-schema"}
		asked(name, "test.orders", {}).effect == "allow"
	}
}

test_taking_a_part_of_the_schema_away_is_dropping_it if rules(asked("db.remove_column", "prod.orders", {})) == {"drop-production"}

test_rights_need_security_too if {
	every name in ["db.grant", "db.revoke", "db.create_user", "db.alter_role", "db.set_password", "db.users.delete"] {
		groups(asked(name, "prod.orders", {})) == {"dba": 1, "security": 1}
	}
	asked("db.list_users", "prod.orders", {}).effect == "allow"
}

test_a_statement_that_is_not_there_is_refused if {
	every arguments in [{}, {"query_params": []}, {"text": "select 1"}] {
		rules(asked("db.query", "prod.orders", arguments)) == {"statement-missing"}
	}
}

test_a_statement_is_found_wherever_clients_put_it if {
	every arguments in [
		{"statement": "drop table t"}, {"sql": "drop table t"}, {"query": "drop table t"}, {"sql": ["select 1", "drop table t"]},
		{"params": {"sql": "drop table t"}}, {"input": {"query": ["drop table t"]}}, {"sql": "select 1", "query": "drop table t"},
	] {
		rules(asked("db.query", "prod.orders", arguments)) == {"drop-production"}
	}
}

test_a_statement_that_is_no_text_is_not_harmless if {
	every statement in [1, null, {}, [], [1], {"a": "select 1"}, ""] {
		rules(asked("db.query", "prod.orders", {"statement": statement})) == {"unreadable-statement"}
		rules(asked("db.read", "prod.orders", {"query": statement})) == {"unreadable-statement"}
	}
}

test_many_long_statements_are_not_read if {
	long := concat("", ["select '", concat("", [x | some _ in numbers.range(1, 1500); x := "0123456789"]), "'"])
	rules(stating("prod.orders", [long])) == {"db-read"}
	rules(stating("prod.orders", [concat("", [long, " "]), long, concat("", [" ", long])])) == {"unreadable-statement"}
}

test_a_read_that_deletes_is_misnamed if {
	said := asked("db.read", "prod.orders", {"sql": "DELETE FROM orders WHERE id = 5"})
	rules(said) == {"misnamed-statement"}
	said.reasons[0].text == "is called db.read, but deletes rows of orders"
	said.approval.reason_required
}

test_a_claim_covers_what_it_says_and_no_more if {
	every one in [
		["db.update", "delete from t where id = 1", {"misnamed-statement"}], ["db.delete", "update t set a = 1 where id = 1", {"misnamed-statement"}],
		["db.delete", "delete from t where id = 1", {"small-delete"}], ["db.update", "update t set a = 1 where id = 1", {"small-write"}],
		["db.drop", "drop table t", {"drop-production"}], ["db.migrate", "alter table t add a int", {"production-schema"}],
		["db.grant", "grant select on t to bob", {"database-rights"}], ["db.migrate", "drop table t", {"drop-production", "misnamed-statement", "production-schema"}],
		["db.run_delete", "update t set a = 1 where id = 1", {"small-delete", "small-write"}],
	] {
		rules(asked(one[0], "prod.orders", {"statement": one[1]})) == one[2]
	}
}

test_a_condition_alone_can_choose_everything if {
	every arguments in [{"rows": 5, "where": "1 = 1"}, {"rows": 5, "filter": {}}, {"rows": 5, "where": ""}, {"rows": 5, "criteria": []}] {
		rules(asked("db.delete", "prod.orders", arguments)) == {"whole-table-production"}
		rules(asked("db.update", "prod.orders", arguments)) == {"whole-table-production"}
	}
	rules(asked("db.delete", "prod.orders", {"rows": 5, "where": "status = 'old'"})) == {"small-delete"}
	rules(asked("db.delete", "prod.orders", {"rows": 5, "filter": {"a": 1}})) == {"small-delete"}
	asked("db.read", "prod.orders", {"where": "1 = 1"}).effect == "allow"
}

test_operators_of_document_databases_count if {
	rules(asked("db.aggregate", "prod.orders", {"pipeline": [{"$match": {"a": 1}}, {"$out": "orders"}]})) == {"drop-production", "misnamed-statement"}
	rules(asked("db.aggregate", "dev.orders", {"pipeline": [{"$merge": {"into": "x"}}]})) == {"misnamed-statement", "whole-table"}
	rules(asked("db.find", "prod.orders", {"filter": {"$where": "sleep(1)"}})) == {"beyond-the-tables", "misnamed-statement"}
	asked("db.aggregate", "prod.orders", {"pipeline": [{"$match": {"a": {"$gt": 1}}}, {"$group": {"_id": "$out"}}]}).effect == "allow"
	rules(asked("db.frobnicate", "prod.orders", {"pipeline": [{"$out": "orders"}]})) == {"no-rule"}
}

test_more_structure_than_anybody_reads_is_unreadable if {
	said := asked("db.aggregate", "prod.orders", {"pipeline": [{"$match": {"a": 1}}]}) with data.lib.leaves.longest as 10
	rules(said) == {"unreadable-statement"}
	plain := asked("db.read", "prod.orders", {"note": "0123456789"}) with data.lib.leaves.longest as 10
	plain.effect == "allow"
}

test_a_condition_may_bring_more_along if {
	"drop-production" in rules(asked("db.delete", "prod.orders", {"rows": 5, "where": "id = 1; DROP TABLE t"}))
}

test_a_statement_that_goes_elsewhere_counts_as_production if {
	rules(stating("dev.shop", "use shop; drop table orders")) == {"drop-production"}
	rules(stating("dev.shop", "drop table prod.orders")) == {"drop-production"}
	rules(stating("dev.shop", "drop table orders")) == {"drop"}
}

test_a_copy_goes_to_security_too if {
	every name in ["db.export", "db.dump", "db.clone"] {
		groups(asked(name, "prod.orders", {})) == {"dba": 1, "security": 1}
	}
	asked("db.backup", "prod.orders", {"to": "s3://x"}).reasons[0].text == "db.backup copies prod.orders to s3://x"
	asked("db.export", "prod.orders", {}).reasons[0].text == "db.export copies prod.orders to a place that is not stated"
	asked("db.backup", "prod.orders", {}).effect == "allow"
	asked("db.snapshot_table", "prod.orders", {}).effect == "allow"
}

test_a_deceptive_name_is_seen_by_security if {
	"security" in object.keys(groups(asked("db.delete", "prod.\u0430udit", {"rows": 5})))
	rules(asked("db.read", "prod.or\u200bders", {})) == {"deceptive-name"}
	rules(asked("db.frobnicate", "prod.or\u200bders", {})) == {"no-rule"}
}

test_without_its_lists_everything_is_sensitive if {
	said := asked("db.read", "prod.orders", {}) with data.db as {}
	said.flow == ["sensitive_read"]
}

test_whoever_is_on_call_may_break_the_glass_and_security_reviews_it if {
	said := data.countersign.decision with input as {
		"action": {"name": "db.delete", "properties": {"rows": 12480}},
		"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
		"break_glass": {"by": "dana@acme.example", "groups": ["dba", "oncall"], "reason": "checkout is down"},
		"context": {},
		"resource": {"type": "table", "id": "prod.orders"},
		"subject": {"type": "agent", "id": "release-bot"},
	}
	said.effect == "require_approval"
	{one.rule: [one.groups, one.notify, one.review.groups] | some one in said.break_glass.rules} == {"db-incident": [
		["oncall"],
		["security"],
		["security"],
	]}
	said.break_glass.guarded == false
	every one in said.break_glass.rules {
		not one.overrides
	}
}
