package policies.db_aliases_test

aliases := {"bigquery", "database", "mysql", "postgres", "snowflake", "sql"}

asking(verb, arguments) := {
	"action": {"name": concat(".", ["db", verb]), "properties": arguments},
	"resource": {"type": "table", "id": "prod.orders"},
}

rules(found) := {rule.rule | some rule in found}

test_every_name_of_a_database_allows_asks_and_denies_the_same if {
	every alias in aliases {
		allowed := data.policies[alias].allow with input as asking("read", {})
		rules(allowed) == {"db-read"}
		asked := data.policies[alias].require_approval with input as asking("drop", {})
		rules(asked) == {"drop-production"}
		denied := data.policies[alias].deny with input as asking("query", {})
		rules(denied) == {"statement-missing"}
	}
}

test_every_name_of_a_database_counts_and_flows_the_same if {
	every alias in aliases {
		counted := data.policies[alias].counts with input as asking("delete", {"rows": 3})
		counted == {{"counter": "deletes", "amount": 3}}
		flowing := data.policies[alias].flow with input as asking("drop", {})
		flowing == {"irreversible"}
	}
}
