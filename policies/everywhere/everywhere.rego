# METADATA
# title: Everywhere
# description: Consulted for every action, besides the package of its area.
# scope: package
package policies.everywhere

# METADATA
# title: Suspended agent
# description: An agent that the directory marks as suspended does nothing at all.
deny contains {"rule": "suspended-agent", "reason": "this agent is suspended"} if input.agent.trust == "suspended"

# METADATA
# title: Probation
# description: An agent on probation is accompanied in all it does, except reading.
require_approval contains {
	"rule": "agent-on-probation",
	"reason": $"{input.subject.id} is on probation",
	"risk": "medium",
	"seats": [{"group": "oncall", "count": 1}],
} if {
	input.agent.trust == "probation"
	not reads
}

# The last part of the name, whole: `read_and_purge` is not reading.
reads if {
	parts := split(input.action.name, ".")
	parts[count(parts) - 1] in {
		"count", "describe", "diff", "explain", "get", "history", "list", "log", "logs", "plan", "preview", "read", "search",
		"show", "status", "view",
	}
}
