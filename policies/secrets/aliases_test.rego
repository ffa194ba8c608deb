package policies.secrets_aliases_test

aliases := {"keyvault", "kms", "secret", "secretsmanager", "vault"}

asking(verb, id) := {
	"action": {"name": concat(".", ["secrets", verb]), "properties": {"purpose": "the nightly billing job"}},
	"resource": {"type": "secret", "id": id},
}

rules(found) := {rule.rule | some rule in found}

test_every_name_of_secrets_has_the_same_rules if {
	every alias in aliases {
		allowed := data.policies[alias].allow with input as asking("get", "dev/billing")
		rules(allowed) == {"secret-read-elsewhere"}
		asked := data.policies[alias].require_approval with input as asking("get", "prod/billing")
		rules(asked) == {"secret-read"}
		denied := data.policies[alias].deny with input as asking("export", "dev/billing")
		rules(denied) == {"whole-vault"}
		counted := data.policies[alias].counts with input as asking("get", "dev/billing")
		counted == {{"counter": "secrets"}}
		flowing := data.policies[alias].flow with input as asking("get", "dev/billing")
		flowing == {"sensitive_read"}
	}
}
