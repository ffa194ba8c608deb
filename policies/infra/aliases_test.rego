package policies.infra_aliases_test

asking(name, id, arguments) := {
	"action": {"name": name, "properties": arguments},
	"resource": {"type": "thing", "id": id},
}

rules(found) := {rule.rule | some rule in found}

test_every_name_of_infrastructure_has_the_same_rules if {
	every alias in ["aws", "azure", "cloud", "gcp", "pulumi", "terraform"] {
		allowed := data.policies[alias].allow with input as asking("x.vm.list", "prod/web", {})
		rules(allowed) == {"infra-look"}
		asked := data.policies[alias].require_approval with input as asking("x.vm.delete", "dev/web", {})
		rules(asked) == {"infra-destroy"}
		counted := data.policies[alias].counts with input as asking("x.vm.create", "dev/web", {"count": 3})
		counted == {{"counter": "machines", "amount": 3}}
		flowing := data.policies[alias].flow with input as asking("x.vm.delete", "dev/web", {})
		flowing == {"irreversible"}
	}
}

test_access_in_a_cloud_has_the_rules_for_access if {
	every alias in ["aws", "azure", "gcp"] {
		allowed := data.policies[alias].allow with input as asking("x.iam.list_users", "main", {})
		rules(allowed) == {"iam-look"}
		asked := data.policies[alias].require_approval with input as asking("x.iam.create_access_key", "deploy", {})
		rules(asked) == {"new-credential"}
		denied := data.policies[alias].deny with input as asking("x.sts.assume_role", "admin", {})
		rules(denied) == {"no-borrowed-identity"}
		flowing := data.policies[alias].flow with input as asking("x.iam.create_access_key", "deploy", {})
		flowing == {"sensitive_read"}
		not data.policies[alias].counts with input as asking("x.iam.create_user", "deploy", {"count": 3})
	}
}

test_secrets_in_a_cloud_have_the_rules_for_secrets if {
	use := {"purpose": "the nightly billing job"}
	every alias in ["aws", "azure", "gcp"] {
		allowed := data.policies[alias].allow with input as asking("x.keyvault.secret.show", "dev/billing", use)
		rules(allowed) == {"secret-read-elsewhere"}
		asked := data.policies[alias].require_approval with input as asking("x.secretsmanager.get_secret_value", "prod/billing", use)
		rules(asked) == {"secret-read"}
		denied := data.policies[alias].deny with input as asking("x.ssm.get_parameters_by_path", "dev/billing", use)
		rules(denied) == {"whole-vault"}
		counted := data.policies[alias].counts with input as asking("x.kms.decrypt", "dev/billing", use)
		counted == {{"counter": "secrets"}}
		flowing := data.policies[alias].flow with input as asking("x.kms.decrypt", "dev/billing", use)
		flowing == {"sensitive_read"}
	}
}
