# METADATA
# title: Services of a cloud
# description: >-
#   Which rules an action on a service of a cloud follows: those for access and those for secrets are the same whoever offers
#   them, and everything else is infrastructure.
# scope: package
package lib.services

import data.lib.lists
import data.lib.verbs

# aws.iam.attach_role_policy, gcp.projects.set_iam_policy, azure.role.assignment.create.
identity if {
	count(verbs.segments) > 1
	lists.has(
		concat(" ", [
			"ad authorization cognito_idp directory entra iam identity identitystore organizations rbac role roles sso sso_admin sts",
		]),
		verbs.segments[0],
	)
}

identity if "iam" in verbs.words

# aws.secretsmanager.get_secret_value, aws.ssm.get_parameter, gcp.secretmanager.versions.access.
vault if {
	not identity
	count(verbs.segments) > 1
	lists.has("keyvault kms secretmanager secrets secretsmanager", verbs.segments[0])
}

vault if {
	not identity
	verbs.segments[0] == "ssm"
	verbs.says("parameter parameters")
}
