# METADATA
# title: Deployments and releases
# description: >-
#   Anything goes outside production, and what a pipeline does to production is looked at by whoever is on call. Nights,
#   week-ends and freezes need somebody more, because nobody is there to notice. Going back is easier than going on.
# scope: package
package policies.deploy

import data.lib.environment
import data.lib.flow as session
import data.lib.history
import data.lib.verbs

looks := "describe diff get history list logs plan preview show status"

goes_on := "apply canary create deploy promote release rollout run scale start trigger update upgrade"

goes_back := "rollback undo revert"

publishes := "publish push_public npm pypi crates"

stops := "abort cancel pause"

removes := "delete destroy remove teardown undeploy uninstall"

flags := "disable enable flag flags set toggle"

switches := "approve bypass force gate gates override skip"

migrates := "migrate migration migrations schema"

known := concat(" ", [looks, goes_on, goes_back, publishes, stops, removes, flags, migrates, "app application artifact build deployment deployments environment feature image job package pipeline production service stack stage staging version workflow"])

plain if verbs.only(known)

args := input.action.properties

target := substring(input.resource.id, 0, 120)

looking if {
	plain
	verbs.says(looks)
	not verbs.says(concat(" ", [goes_on, goes_back, publishes, stops, removes, flags, switches, migrates]))
}

deploying if verbs.says(goes_on)

# Only to a version that has run before: whoever names another one goes on, not back.
back if {
	plain
	verbs.says(goes_back)
	not verbs.says(concat(" ", [goes_on, publishes, removes, flags, switches, migrates]))
}

# What people call a version and can be made to mean another thing later is no version.
movable if {
	some member in ["image", "ref", "tag", "version"]
	given := args[member]
	is_string(given)
	regex.match(`(^|[:/@])(latest|main|master|head|HEAD|stable|edge|nightly|dev)$`, given)
}

unpinned if movable

unpinned if not pinned

pinned if {
	some member in versions
	given := args[member]
	is_string(given)
	given != ""
}

# Monday to Friday, 7 to 17 h UTC. A time that is not given is none at which somebody is there.
attended if {
	not input.time.weekday in {"saturday", "sunday"}
	input.time.hour >= 7
	input.time.hour < 17
}

frozen := sort({freeze.reason |
	some freeze in data.company.freezes
	input.time.rfc3339 >= freeze.from
	input.time.rfc3339 < freeze.to
})[0]

# METADATA
# title: Looking
# description: Reading what runs changes nothing.
allow contains {"rule": "deploy-look", "reason": "changes nothing"} if looking

# METADATA
# title: Outside production
# description: Test environments are there to be deployed to.
allow contains {"rule": "deploy-elsewhere", "reason": "deploys outside production"} if {
	plain
	not environment.production
	not verbs.says(publishes)
	not looking
}

# METADATA
# title: Going back
# description: The version before has run in production already, and every minute counts.
allow contains {"rule": "deploy-rollback", "reason": "goes back to what ran before", "risk": "medium"} if {
	back
	environment.production
	attended
	not frozen
}

# METADATA
# title: Stopping
# description: What is stopped half-way can be started again.
allow contains {"rule": "deploy-stop", "reason": "stops what is under way"} if {
	plain
	verbs.says(stops)
	environment.production
	not verbs.says(concat(" ", [goes_on, goes_back, publishes, removes, flags, switches, migrates]))
}

# METADATA
# title: Production
# description: Whoever is on call will be called when it breaks, so they know before.
require_approval contains {
	"rule": "deploy-production",
	"reason": $"deploys {version} to {target}",
	"risk": "high",
	"seats": [{"group": "oncall", "count": 1}],
	"expires_in": "30m",
	"escalate": [{"after": "10m", "seats": [{"group": "ops", "count": 1}]}],
} if {
	deploying
	environment.production
}

# METADATA
# title: Version that moves
# description: What is approved must be what runs. A tag like latest may be another thing a minute later.
require_approval contains {
	"rule": "deploy-unpinned",
	"reason": $"deploys {version} to {target}, which may be another version when it runs",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	deploying
	environment.production
	unpinned
}

# METADATA
# title: Nights and week-ends
# description: Nobody is there to notice that it went wrong.
require_approval contains {
	"rule": "deploy-unattended",
	"reason": $"changes {target} on {object.get(input.time, "weekday", "a day that is not known")} at {object.get(input.time, "hour", "an unknown")} h UTC",
	"risk": "high",
	"seats": [{"group": "oncall", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
} if {
	touches
	not attended
}

# METADATA
# title: Freeze
# description: Somebody has said that nothing changes now, and why.
require_approval contains {
	"rule": "deploy-frozen",
	"reason": $"changes {target} during a freeze: {frozen}",
	"risk": "critical",
	"seats": [{"group": "oncall", "count": 1}, {"group": "ops", "count": 2}],
	"reason_required": true,
} if {
	touches
	frozen
}

# METADATA
# title: Removing from production
# description: What runs there is used by somebody.
require_approval contains {
	"rule": "deploy-removal",
	"reason": $"removes {target} from production",
	"risk": "critical",
	"seats": [{"group": "oncall", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
} if {
	verbs.says(removes)
	environment.production
}

# METADATA
# title: Migration in production
# description: Data that was changed does not go back with the code.
require_approval contains {
	"rule": "deploy-migration",
	"reason": $"migrates data or schema of {target}",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}],
} if {
	verbs.says(migrates)
	environment.production
}

# METADATA
# title: Feature flag in production
# description: A flag changes for everybody at once what a deployment changes slowly.
require_approval contains {
	"rule": "deploy-flag",
	"reason": $"switches {target} in production",
	"risk": "medium",
	"seats": [{"group": "oncall", "count": 1}],
} if {
	verbs.says(flags)
	environment.production
}

# METADATA
# title: Publishing
# description: What is published is copied within seconds and stays, whatever is taken back.
require_approval contains {
	"rule": "publish",
	"reason": $"publishes {target} for everybody",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
} if {
	verbs.says(publishes)
}

# METADATA
# title: Unknown
# description: A pipeline can be told to do anything.
require_approval contains {
	"rule": "deploy-unknown",
	"reason": $"{input.action.name} is not known here",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	not plain
}

# METADATA
# title: Around the checks
# description: The checks of a pipeline are there for whoever is in a hurry.
deny contains {"rule": "deploy-bypass", "reason": "goes around the checks of the pipeline, or answers its questions to people"} if verbs.says(switches)

deny contains {"rule": "deploy-bypass", "reason": "goes around the checks of the pipeline, or answers its questions to people"} if {
	some member in ["force", "no_verify", "skip_approval", "skip_checks", "skip_tests"]
	args[member]
}

# METADATA
# title: Too many at once
# description: A change that breaks something is found among a few, not among dozens.
require_approval contains {
	"rule": "many-deployments",
	"reason": $"deploys to production after {deployed} times within an hour",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	deploying
	environment.production
	deployed >= 10
}

# METADATA
# title: Data in the session
# description: What strangers wrote should not reach production unseen.
require_approval contains rule if some rule in session.rules(flow, "oncall")

touches if {
	environment.production
	deploying
}

touches if {
	environment.production
	verbs.says(concat(" ", [goes_back, removes, flags, migrates]))
}

# The first that is given, in the order in which they say most.
version := stated[0] if {
	count(stated) > 0
} else := "an unstated version"

stated := [substring(args[member], 0, 80) | some member in versions; is_string(args[member])]

versions := ["digest", "sha", "commit", "revision", "artifact", "image", "version", "tag", "ref"]

deployed := max([history.count("deployments", scope, "1h") | some scope in ["subject", "principal", "session"]])

counts contains {"counter": "deployments"} if {
	deploying
	environment.production
}

flow contains "irreversible" if {
	environment.production
	verbs.says(concat(" ", [removes, migrates]))
}

flow contains "irreversible" if verbs.says(publishes)

flow contains "way_out" if verbs.says(publishes)
