package policies.db_aliases_test

aliases := {"bigquery", "database", "mysql", "postgres", "snowflake", "sql"}

answers(verb, arguments) := {said |
	some alias in (aliases | {"db"})
	said := data.countersign.decision with input as {
		"action": {"name": concat(".", [alias, verb]), "properties": arguments},
		"resource": {"type": "table", "id": "prod.orders"},
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

effects(verb, arguments) := {said.effect | some said in answers(verb, arguments)}

test_every_name_of_a_database_has_the_same_rules if {
	effects("read", {}) == {"allow"}
	effects("delete", {"rows": 101}) == {"require_approval"}
	effects("query", {}) == {"deny"}
	{reason.rule | some said in answers("query", {}); some reason in said.reasons} == {"statement-missing"}
}

test_every_name_of_a_database_counts_and_flows if {
	{said.counts | some said in answers("delete", {"rows": 3})} == {[{"counter": "deletes", "amount": 3}]}
	{said.flow | some said in answers("drop", {})} == {["irreversible"]}
}
