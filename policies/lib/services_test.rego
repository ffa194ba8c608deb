package lib.services_test

import data.lib.services

named(name) := {"action": {"name": name}}

test_access_is_access_whoever_offers_it if {
	every name in ["aws.iam.list_users", "aws.sts.assume_role", "gcp.projects.set_iam_policy", "azure.role.assignment.create", "gcp.iam.roles.create"] {
		services.identity with input as named(name)
		not services.vault with input as named(name)
	}
}

test_secrets_are_secrets_whoever_offers_them if {
	every name in ["aws.secretsmanager.get_secret_value", "aws.ssm.get_parameter", "aws.ssm.get_parameters_by_path", "gcp.secretmanager.versions.access", "azure.keyvault.secret.show", "aws.kms.decrypt"] {
		services.vault with input as named(name)
		not services.identity with input as named(name)
	}
}

test_everything_else_is_infrastructure if {
	every name in ["aws.ec2.run_instances", "aws.ssm.send_command", "gcp.compute.instances.delete", "azure.vm.delete", "aws.role", "aws.kms", "gcp.secrets"] {
		not services.identity with input as named(name)
		not services.vault with input as named(name)
	}
}

test_access_to_a_secret_is_access if {
	services.identity with input as named("gcp.secretmanager.set_iam_policy")
	not services.vault with input as named("gcp.secretmanager.set_iam_policy")
}
