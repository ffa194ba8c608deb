# METADATA
# title: Identity and access
# description: >-
#   Looking needs nobody. Whoever gives access to an identity is countersigned by security, and to a powerful role by
#   security and operations together.
# scope: package
package policies.iam

looks := {"iam.describe", "iam.get", "iam.list", "iam.read", "iam.simulate"}

harmless_roles := {"auditor", "reader", "viewer"}

# METADATA
# title: Looking
# description: Reading who may do what changes nothing.
allow contains {"rule": "iam-look", "reason": "reads who may do what"} if input.action.name in looks

# METADATA
# title: Ordinary role
# description: Access is given by those who answer for it.
require_approval contains {
	"rule": "grant-role",
	"reason": $"gives {member} the role {role} on {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	input.action.name == "iam.grant"
	role in harmless_roles
}

# METADATA
# title: Powerful role
# description: >-
#   A role that can change things can give itself more. Every role that is not known to be harmless counts as powerful.
require_approval contains {
	"rule": "grant-powerful-role",
	"reason": $"gives {member} the role {role} on {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
	"grant": {"expires_in": "5m", "uses": 1},
} if {
	input.action.name == "iam.grant"
	not role in harmless_roles
}

# METADATA
# title: Credentials
# description: A new credential works for whoever holds it.
require_approval contains {
	"rule": "new-credential",
	"reason": $"{input.action.name} for {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	input.action.name in {"iam.create_key", "iam.create_user", "iam.reset_mfa", "iam.reset_password"}
}

# METADATA
# title: Taking access away
# description: It lowers risk, and it can lock people out of what they run.
require_approval contains {
	"rule": "revoke-role",
	"reason": $"takes access to {input.resource.id} away from {member}",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	input.action.name in {"iam.delete_user", "iam.disable_user", "iam.revoke"}
}

role := given if {
	given := lower(input.action.properties.role)
} else := "that is not stated"

member := given if {
	given := input.action.properties.member
	is_string(given)
} else := "an unstated identity"
