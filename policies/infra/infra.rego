# METADATA
# title: Infrastructure
# description: >-
#   Looking and planning need nobody, nor do changes outside production. A change in production is countersigned by
#   operations, its destruction by operations and the person on call. What is opened to many, made public, left unprotected
#   or unwatched is seen by security wherever it is.
# scope: package
package policies.infra

import data.lib.cloud
import data.lib.environment
import data.lib.flow as dataflow
import data.lib.history
import data.lib.names
import data.lib.network
import data.lib.statements

# Machines that one request, and one agent, person or session in a day, starts before somebody looks.
machines_at_once := 10

machines_a_day := 50

# What a month may cost, in whole units of the currency.
monthly_cost := 1000

# METADATA
# title: Looking and planning
# description: A plan changes nothing.
allow contains {"rule": "infra-look", "reason": "looks or plans, and changes nothing"} if cloud.does == {"looks"}

# METADATA
# title: Change outside production
# description: Other environments exist to be changed.
allow contains {"rule": "infra-change-elsewhere", "reason": "changes nothing in production"} if {
	count(cloud.does & {"changes", "runs_commands", "stops"}) > 0
	count(cloud.does - {"changes", "runs_commands", "stops"}) == 0
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
	"changes" in cloud.does
	environment.production
}

# METADATA
# title: Destruction in production
# description: What is destroyed is down until it is rebuilt, so those who run it and those who would be woken agree.
require_approval contains {
	"rule": "production-destroy",
	"reason": $"{input.action.name} destroys {destroyed} in production",
	"risk": "critical",
	"seats": [{"group": "ops", "count": 1}, {"group": "oncall", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	"destroys" in cloud.does
	environment.production
}

# METADATA
# title: Destruction elsewhere
# description: Somebody may still be using it.
require_approval contains {
	"rule": "infra-destroy",
	"reason": $"{input.action.name} destroys {destroyed}",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	"destroys" in cloud.does
	not environment.production
}

# METADATA
# title: Stop in production
# description: What is stopped or scaled to nothing serves nobody, so those who would be woken agree.
require_approval contains {
	"rule": "production-stop",
	"reason": $"{input.action.name} stops {input.resource.id} in production",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}, {"group": "oncall", "count": 1}],
	"expires_in": "30m",
} if {
	"stops" in cloud.does
	environment.production
}

# METADATA
# title: Commands in production
# description: A command on a machine does whatever it says, past every other rule here.
require_approval contains {
	"rule": "remote-command",
	"reason": $"{input.action.name} runs a command on {input.resource.id} in production",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
	"expires_in": "30m",
} if {
	"runs_commands" in cloud.does
	environment.production
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
	"opens_network" in cloud.does
}

# METADATA
# title: Open to a wide range
# description: What everyone can reach is found within minutes. A range that is not stated may be everyone.
require_approval contains {
	"rule": "wide-open",
	"reason": $"opens {input.resource.id} to {network.shown}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}],
} if {
	"opens_network" in cloud.does
	not network.narrow
}

# METADATA
# title: Public
# description: Buckets, snapshots, images and databases that anybody can reach are how data is lost without any break-in.
require_approval contains {
	"rule": "public-exposure",
	"reason": $"opens {input.resource.id} to the public{why_public}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	"publishes" in cloud.does
}

# METADATA
# title: Protection taken away
# description: It is there for the day on which somebody makes a mistake, and this may be that day.
require_approval contains {
	"rule": "protection-off",
	"reason": $"leaves {input.resource.id} unprotected{why_unprotected}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
} if {
	"unprotects" in cloud.does
}

# METADATA
# title: Watch taken away
# description: Switching the alarm off is what an intruder does first, and what nobody misses until later.
require_approval contains {
	"rule": "monitoring-off",
	"reason": $"{input.action.name} on {input.resource.id} leaves something unwatched",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
} if {
	"blinds" in cloud.does
}

# METADATA
# title: Credentials
# description: Who has read a credential can use it, from anywhere.
require_approval contains {
	"rule": "credential-read",
	"reason": $"{input.action.name} reads what lets somebody into {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	"reads_credentials" in cloud.does
}

# METADATA
# title: Purchase
# description: What is bought for a year is paid for a year.
require_approval contains {
	"rule": "infra-purchase",
	"reason": $"{input.action.name} buys {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "finance", "count": 1}, {"group": "ops", "count": 1}],
} if {
	"purchases" in cloud.does
}

# METADATA
# title: Costly
# description: A machine that nobody needs costs as much as one that everybody needs.
require_approval contains {
	"rule": "costly",
	"reason": $"costs {cloud.monthly_cost} a month, more than {monthly_cost}",
	"risk": "medium",
	"seats": [{"group": "finance", "count": 1}],
} if {
	starts
	cloud.monthly_cost > monthly_cost
}

# METADATA
# title: Large machines
# description: The largest kinds cost as much in a day as others in a month.
require_approval contains {
	"rule": "large-machines",
	"reason": $"starts {concat(", ", sort(cloud.large_machines))} for {input.resource.id}",
	"risk": "medium",
	"seats": [{"group": "finance", "count": 1}],
} if {
	starts
	count(cloud.large_machines) > 0
}

# METADATA
# title: Many machines
# description: Machines are started in numbers by mistake, and by those who mine with them.
require_approval contains {
	"rule": "many-machines",
	"reason": $"starts {cloud.machines} machines, more than {machines_at_once} at once",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	starts
	cloud.machines > machines_at_once
}

# METADATA
# title: Many machines in a day
# description: A fleet that is started piece by piece is a fleet.
require_approval contains {
	"rule": "many-machines-a-day",
	"reason": $"starts {cloud.machines} machines after {history.spent("machines", "24h")} in the last 24 hours, more than {machines_a_day} together",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	starts
	cloud.machines <= machines_at_once
	history.spent("machines", "24h") + cloud.machines > machines_a_day
}

# METADATA
# title: Unreadable arguments
# description: What no rule has looked at, a person does.
require_approval contains {
	"rule": "unreadable-arguments",
	"reason": $"{input.action.name} on {input.resource.id} carries more than can be read, or a policy that cannot be read",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
	"reason_required": true,
} if {
	cloud.acts
	statements.unreadable
}

# METADATA
# title: Deceptive name
# description: A name that people take for another one makes them approve another thing than they think.
require_approval contains {
	"rule": "deceptive-name",
	"reason": "the name of the resource holds characters that people do not see or take for others",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	count(cloud.does) > 0
	names.suspicious(input.resource.id)
}

require_approval contains rule if some rule in dataflow.rules(flow, "ops")

# What adds up: only what nobody is asked about for its number.
counts contains {"counter": "machines", "amount": cloud.machines} if {
	starts
	cloud.machines <= machines_at_once
}

flow contains "irreversible" if "destroys" in cloud.does

flow contains "way_out" if "publishes" in cloud.does

flow contains "sensitive_read" if "reads_credentials" in cloud.does

starts if "changes" in cloud.does

destroyed := $"{cloud.planned.destroys} resources of {input.resource.id}" if {
	cloud.planned.destroys > 0
} else := input.resource.id

why_public := $": {concat(", ", sort(cloud.openings))}" if {
	count(cloud.openings) > 0
} else := ""

why_unprotected := $": {concat(", ", sort(cloud.fallen))}" if {
	count(cloud.fallen) > 0
} else := ""
