# METADATA
# title: Infrastructure
# description: >-
#   Looking and planning need nobody, nor do changes outside production. A change in production is countersigned by
#   operations, its destruction by operations and the person on call.
# scope: package
package policies.infra

import data.lib.environment

looks := {"infra.describe", "infra.diff", "infra.list", "infra.plan", "infra.read", "infra.status", "infra.validate"}

changes := {"infra.apply", "infra.deploy", "infra.restart", "infra.rollback", "infra.scale"}

destructions := {"infra.delete", "infra.destroy", "infra.terminate"}

# METADATA
# title: Looking and planning
# description: A plan changes nothing.
allow contains {"rule": "infra-look", "reason": "looks or plans, and changes nothing"} if input.action.name in looks

# METADATA
# title: Change outside production
# description: Other environments exist to be changed.
allow contains {"rule": "infra-change-elsewhere", "reason": "changes nothing in production"} if {
	input.action.name in changes
	not environment.production
}

# METADATA
# title: Change in production
# description: Customers notice at once.
require_approval contains {
	"rule": "production-change",
	"reason": $"{input.action.name} on {input.resource.id} in production",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
	"expires_in": "30m",
} if {
	input.action.name in changes
	environment.production
}

# METADATA
# title: Destruction in production
# description: What is destroyed is down until it is rebuilt, so those who run it and those who would be woken agree.
require_approval contains {
	"rule": "production-destroy",
	"reason": $"{input.action.name} destroys {input.resource.id} in production",
	"risk": "critical",
	"seats": [{"group": "ops", "count": 1}, {"group": "oncall", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	input.action.name in destructions
	environment.production
}

# METADATA
# title: Destruction elsewhere
# description: Somebody may still be using it.
require_approval contains {
	"rule": "infra-destroy",
	"reason": $"{input.action.name} destroys {input.resource.id}",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	input.action.name in destructions
	not environment.production
}

# METADATA
# title: Network rule
# description: A network rule decides who reaches what.
require_approval contains {
	"rule": "network-change",
	"reason": $"changes who can reach {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	input.action.name == "infra.open_network"
}

# METADATA
# title: Open to a wide range
# description: What everyone can reach is found within minutes. A range that is not stated may be everyone.
require_approval contains {
	"rule": "wide-open",
	"reason": $"opens {input.resource.id} to {range}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}],
} if {
	input.action.name == "infra.open_network"
	not narrow
}

range := given if {
	given := input.action.properties.cidr
	is_string(given)
} else := "an unstated range"

# At most 65,536 addresses of IPv4, or one site of IPv6. Two halves of the internet are no narrower than the whole.
narrow if {
	[address, length] := split(range, "/")
	not contains(address, ":")
	to_number(length) >= 16
}

narrow if {
	[address, length] := split(range, "/")
	contains(address, ":")
	to_number(length) >= 48
}
