# METADATA
# title: Identity and access
# description: >-
#   Looking needs nobody. Whoever gives access to an identity is countersigned by security, and to a powerful role by
#   security and operations together. An agent gives nothing to itself and acts as nobody else.
# scope: package
package policies.iam

import data.lib.access
import data.lib.flow as dataflow
import data.lib.names

# METADATA
# title: Looking
# description: Reading who may do what changes nothing.
allow contains {"rule": "iam-look", "reason": "reads who may do what"} if access.looks

# METADATA
# title: No agent raises itself
# description: Nobody can approve an agent's grant to itself, because the agent would then no longer need to ask.
deny contains {"rule": "no-self-grant", "reason": "an agent never gives access to itself"} if {
	count(access.deeds & {"changes", "credential", "gives", "trusts"}) > 0
	access.itself
}

# METADATA
# title: No agent acts as somebody else
# description: What it then does is on the record of somebody else, and no rule here knows that it was an agent.
deny contains {"rule": "no-borrowed-identity", "reason": "an agent never takes on another identity"} if access.borrows

# METADATA
# title: Too much to read
# description: Nobody who is asked can say whether the agent itself is among thousands.
deny contains {"rule": "too-much-to-read", "reason": "the request carries more than can be read: ask for less at once"} if {
	access.unreadable
}

# METADATA
# title: Ordinary role
# description: Access is given by those who answer for it.
require_approval contains {
	"rule": "grant-role",
	"reason": $"gives {access.shown_members} the role {access.shown_roles} on {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	access.gives
	access.harmless
}

# METADATA
# title: Powerful role
# description: >-
#   A role that can change things can give itself more. Every role that is not known to be harmless counts as powerful.
require_approval contains {
	"rule": "grant-powerful-role",
	"reason": $"gives {access.shown_members} the role {access.shown_roles} on {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
	"grant": {"expires_in": "5m", "uses": 1},
} if {
	access.gives
	not access.harmless
}

# METADATA
# title: Access for outsiders
# description: Nobody here can say who else has the account of somebody outside, or when they leave.
require_approval contains {
	"rule": "outside-access",
	"reason": $"gives access on {input.resource.id} to {outsiders}, outside the company",
	"risk": "critical",
	"seats": [{"group": "security", "count": 2}],
	"reason_required": true,
} if {
	access.acts
	count(access.outsiders) > 0
	not access.deeds == {"takes"}
}

# METADATA
# title: Policies that give more than they say
# description: Whoever may write policies, pass roles or make credentials may do everything in the end.
require_approval contains {
	"rule": "wide-policy",
	"reason": $"gives {wide} on {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	access.acts
	count(access.wide) > 0
}

# METADATA
# title: Other changes
# description: Identities, groups, roles and policies are changed by those who answer for them.
require_approval contains {
	"rule": "iam-change",
	"reason": $"{input.action.name} changes {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	access.changes
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
	"redact": ["/arguments/password", "/arguments/new_password", "/arguments/secret", "/arguments/token"],
} if {
	access.credential
}

# METADATA
# title: Second factor taken away
# description: Without it a stolen password is enough.
require_approval contains {
	"rule": "mfa-off",
	"reason": $"{input.action.name} leaves {input.resource.id} without a second factor",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
} if {
	access.unfactored
}

# METADATA
# title: Trust
# description: Whoever is trusted to say who somebody is can say that it is anybody.
require_approval contains {
	"rule": "trust-change",
	"reason": $"changes whom {input.resource.id} trusts{whom}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	access.trusts
}

# METADATA
# title: Trust in strangers
# description: An account that is not ours acts as one of ours.
require_approval contains {
	"rule": "outside-trust",
	"reason": $"lets {strangers} act as {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 2}],
	"reason_required": true,
} if {
	access.trusts
	count(access.strangers) > 0
}

# METADATA
# title: Guards taken away
# description: Boundaries and rules for passwords hold for those who would not keep to them.
require_approval contains {
	"rule": "guard-removed",
	"reason": $"{input.action.name} takes away what limits {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
} if {
	access.unguards
}

# METADATA
# title: Taking access away
# description: It lowers risk, and it can lock people out of what they run.
require_approval contains {
	"rule": "revoke-role",
	"reason": $"takes access to {input.resource.id} away from {access.shown_members}",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	access.takes
}

# METADATA
# title: Many at once
# description: A mistake with one identity is noticed by one person, with all of them by nobody who could still undo it.
require_approval contains {
	"rule": "many-identities",
	"reason": $"{input.action.name} reaches {count(access.members)} identities at once",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
} if {
	access.acts
	count(access.members) > 10
}

# METADATA
# title: Deceptive name
# description: A name that people take for another one makes them approve another thing than they think.
require_approval contains {
	"rule": "deceptive-name",
	"reason": "a name in the request holds characters that people do not see or take for others",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	access.acts
	some name in (access.members | {input.resource.id})
	names.suspicious(name)
}

require_approval contains rule if some rule in dataflow.rules(flow, "security")

flow contains "sensitive_read" if access.credential

flow contains "way_out" if {
	access.acts
	count(access.outsiders) > 0
	not access.deeds == {"takes"}
}

outsiders := substring(concat(", ", sort([one | some one in access.outsiders])), 0, 200)

wide := substring(concat(", ", sort([one | some one in access.wide])), 0, 200)

strangers := substring(concat(", ", sort([one | some one in access.strangers])), 0, 200)

whom := $": {given}" if {
	given := substring(concat(", ", sort([one | some statement in access.trust_documents; some one in statement.principals])), 0, 200)
	given != ""
} else := ""
