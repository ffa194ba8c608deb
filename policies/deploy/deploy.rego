# METADATA
# title: Deployments
# description: >-
#   Looking, and everything outside production, needs nobody, nor does going back to what ran before. Production is changed
#   with operations, and at night, at weekends and in a freeze with the person on call as well, who would be woken.
# scope: package
package policies.deploy

import data.lib.environment
import data.lib.flow as session
import data.lib.history
import data.lib.names

looks := {"describe", "diff", "get", "history", "list", "logs", "plan", "preview", "read", "status", "validate"}

deployments := {
	"canary", "create", "deploy", "promote", "publish", "release", "rollout", "run", "ship", "start", "trigger", "update",
	"upgrade",
}

operations := {"pause", "restart", "resume", "scale", "set_config", "set_env", "shift_traffic", "swap"}

rollbacks := {"abort", "cancel", "revert", "rollback", "rollback_to_previous", "undo"}

flags := {"create_flag", "disable_flag", "enable_flag", "set_flag", "toggle_flag", "update_flag", "delete_flag"}

migrations := {"migrate", "run_migration", "run_migrations"}

removals := {"delete", "destroy", "remove", "stop", "teardown", "undeploy", "uninstall"}

gates := {
	"approve", "bypass", "disable_checks", "disable_gate", "force_unlock", "override", "skip_checks", "skip_gate",
	"unfreeze", "unlock",
}

# The last part of the action's name: deploy.argocd.rollback rolls back.
verb := parts[count(parts) - 1] if parts := split(input.action.name, ".")

# METADATA
# title: Looking
# description: It changes nothing.
allow contains {"rule": "deploy-look", "reason": "changes nothing"} if verb in looks

# METADATA
# title: Outside production
# description: Other environments are there to be broken.
allow contains {"rule": "deploy-elsewhere", "reason": "changes nothing in production"} if {
	verb in ((deployments | operations) | ((flags | migrations) | (removals | rollbacks)))
	not production
}

# METADATA
# title: Back to what ran before
# description: It helps when a deployment goes wrong, at any hour, and what it brings back has run already.
allow contains {"rule": "rollback", "reason": "goes back to what ran before"} if {
	verb in rollbacks
	production
	not names_version
}

# METADATA
# title: Production
# description: Customers notice at once.
require_approval contains {
	"rule": "production-deploy",
	"reason": $"{input.action.name} of {input.resource.id} in production{what}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
	"expires_in": "30m",
} if {
	verb in ((deployments | operations) | flags)
	production
}

# METADATA
# title: Freeze
# description: >-
#   At night, at weekends and when it is said to be frozen, few are there to notice and to mend. Whoever would be woken agrees
#   first.
require_approval contains {
	"rule": "freeze",
	"reason": $"{input.action.name} of {input.resource.id} in production {frozen}",
	"risk": "critical",
	"seats": [{"group": "ops", "count": 1}, {"group": "oncall", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	verb in ((deployments | operations) | ((flags | migrations) | removals))
	production
	frozen
}

# METADATA
# title: Version that is not fixed
# description: What is approved must be what runs. "latest", a branch or nothing is something else tomorrow.
require_approval contains {
	"rule": "loose-version",
	"reason": $"deploys {input.resource.id} in production without a fixed version",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in deployments
	production
	not fixed_version
}

# METADATA
# title: To a version by name
# description: An old version has its old holes, and does not know the new data.
require_approval contains {
	"rule": "rollback-to-version",
	"reason": $"takes {input.resource.id} in production back to {version}",
	"risk": "medium",
	"seats": [{"group": "oncall", "count": 1}],
	"expires_in": "15m",
} if {
	verb in rollbacks
	production
	names_version
}

# METADATA
# title: Again and again
# description: What is rolled back three times in an hour is not mended by a fourth time.
require_approval contains {
	"rule": "many-rollbacks",
	"reason": $"is rollback number {done + 1} within an hour",
	"risk": "medium",
	"seats": [{"group": "oncall", "count": 1}],
} if {
	verb in rollbacks
	production
	done := history.times("rollbacks", "1h")
	done >= 3
}

# METADATA
# title: Migration in production
# description: It may lock a table or lose a column, and no rollback brings either back.
require_approval contains {
	"rule": "production-migration",
	"reason": $"migrates the data of {input.resource.id} in production",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}, {"group": "ops", "count": 1}],
} if {
	verb in migrations
	production
}

# METADATA
# title: Taking down in production
# description: Customers notice at once, and nothing comes back by itself.
require_approval contains {
	"rule": "production-removal",
	"reason": $"{input.action.name} of {input.resource.id} in production",
	"risk": "critical",
	"seats": [{"group": "ops", "count": 1}, {"group": "oncall", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	verb in removals
	production
}

# METADATA
# title: Gates
# description: A check that an agent may switch off, or an approval that it may give, guards nothing.
deny contains {"rule": "gates-stay", "reason": "gates and freezes of deployments are opened by people"} if verb in gates

# METADATA
# title: Past the checks
# description: The same with a flag.
deny contains {"rule": "gates-stay", "reason": "deploys past its checks"} if {
	some flag in {"bypass", "ignore_checks", "no_verify", "skip_approval", "skip_checks", "skip_tests"}
	input.action.properties[flag] != false
	production
	verb in (deployments | migrations)
}

# METADATA
# title: Data in the session
# description: What strangers wrote does not take production down.
require_approval contains rule if some rule in session.rules(flow, "oncall")

counts contains {"counter": "rollbacks"} if {
	verb in rollbacks
	production
}

flow contains "irreversible" if {
	verb in (migrations | removals)
	production
}

# Production unless the id or the argument that says where plainly names another environment, and nothing speaks of
# production.
default production := true

production := false if environment.elsewhere

production := false if {
	some name in {"env", "environment", "stage"}
	names.plain(input.action.properties[name]) in data.company.elsewhere
	not environment.speaks_of_production
	not contradicted
}

# One argument says staging, another something else.
contradicted if {
	some name in {"env", "environment", "stage", "target"}
	given := input.action.properties[name]
	not is_elsewhere(given)
}

is_elsewhere(given) if names.plain(given) in data.company.elsewhere

# Without a time it is night.
frozen := "at night" if not by_day

else := "at the weekend" if not in_the_week

else := $"in a freeze ({freeze.why})" if {
	some freeze in data.company.freezes
	input.time.rfc3339 >= freeze.from
	input.time.rfc3339 < freeze.to
}

by_day if {
	is_number(input.time.hour)
	input.time.hour >= 6
	input.time.hour < 20
}

in_the_week if input.time.weekday in {"monday", "tuesday", "wednesday", "thursday"}

in_the_week if {
	input.time.weekday == "friday"
	input.time.hour < 15
}

versions := ["version", "image", "tag", "digest", "sha", "commit", "revision", "build", "to"]

default version := "an unstated version"

version := [one | some name in versions; one := input.action.properties[name]; is_string(one)][0]

names_version if {
	some name in versions
	given := input.action.properties[name]
	not given in {"last", "previous", null}
}

# A digest, a commit or the number of a version: nobody moves it.
fixed_version if {
	some name in versions
	is_fixed(input.action.properties[name])
}

is_fixed(given) if indexof(given, "sha256:") >= 0

is_fixed(given) if {
	count(given) in {40, 64}
	trim(given, "0123456789abcdef") == ""
}

# 4.2.1, v4.2, web:4.2.1-rc.1
is_fixed(given) if {
	count(given) <= 200
	pieces := split(given, ":")
	number := trim_prefix(pieces[count(pieces) - 1], "v")
	trim_left(number, "0123456789") != number
	contains(number, ".")
}

is_fixed(given) if is_number(given)

default what := ""

what := $": {version}" if version != "an unstated version"
