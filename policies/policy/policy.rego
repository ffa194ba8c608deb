# METADATA
# title: Changing the policy
# description: >-
#   Whoever changes the rules could let anything through, so nobody does it alone, and nobody who wrote the change is asked
#   about it. Going back to what served before is asked of fewer, because it must be quick. An agent never does either.
# scope: package
package policies.policy

activation if input.action.name == "policy.activate"

args := object.get(input.action, "properties", {})

by_person if input.subject.type == "person"

# What is not plainly a way back is a change like any other.
rollback if args.rollback == true

# METADATA
# title: Agents and policy
# description: An agent that could change its own rules would have none.
deny contains {"rule": "agent-changes-policy", "reason": "only a person activates a policy"} if {
	activation
	not by_person
}

# METADATA
# title: Another policy serves
# description: Somebody from security who did not write it reads what changes before it decides about everything.
require_approval contains {
	"rule": "policy-activation",
	"reason": $"makes the policy {short(input.resource.id)} of {author} serve in place of {short(object.get(args, "from", null))}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
	"exclude": authors,
	"reason_required": true,
	"expires_in": "4h",
	"grant": {"expires_in": "1h", "uses": 1},
} if {
	activation
	by_person
	not rollback
}

# METADATA
# title: A looser policy
# description: >-
#   What was denied or asked about and would now pass has been counted on recorded traffic. A policy that lets more through
#   is what an attacker wants, so one deceived person is not enough.
require_approval contains {
	"rule": "policy-loosens",
	"reason": $"answers {args.loosened} recorded requests more loosely than the policy that serves",
	"risk": "critical",
	"seats": [{"group": "security", "count": 2}],
	"exclude": authors,
	"reason_required": true,
} if {
	activation
	by_person
	not rollback
	not tightens
	args.loosened
}

# METADATA
# title: Back to the policy before
# description: >-
#   It has served already, and going back is what helps when a change goes wrong at night. Whoever is on call may countersign
#   it as well as security.
require_approval contains {
	"rule": "policy-rollback",
	"reason": $"goes back to the policy {short(input.resource.id)}",
	"risk": "medium",
	"seats": [{"group": "oncall", "count": 1}],
	"alternatives": [[{"group": "security", "count": 1}]],
	"exclude": authors,
	"expires_in": "30m",
	"grant": {"expires_in": "10m", "uses": 1},
} if {
	activation
	by_person
	rollback
}

# A number that cannot be read is not a zero.
tightens if args.loosened == 0

authors := [args.author] if {
	is_string(args.author)
	args.author != ""
} else := []

author := args.author if is_string(args.author)

else := "an unknown author"

# A revision as people compare it: the first twelve digits of its digest.
short(revision) := substring(trim_prefix(revision, "sha256:"), 0, 12) if is_string(revision)

else := "nothing known"
