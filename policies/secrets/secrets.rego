# METADATA
# title: Secrets
# description: >-
#   A secret that an agent has read is in its context, in somebody's log, and perhaps in its next message. So values are
#   handed out one at a time and for a use that is named, people are asked for those of production, and nobody takes a whole
#   vault. What lists and checks without values needs nobody.
# scope: package
package policies.secrets

import data.lib.credentials
import data.lib.destination
import data.lib.environment
import data.lib.flow as session
import data.lib.history
import data.lib.names
import data.lib.verbs

looks := "check describe exists list metadata names status verify versions"

reads := "access decrypt download fetch get lease read retrieve reveal show value view"

many := "all backup batch bulk dump export many sync"

writes := "add create put rotate set store update write"

removes := "delete deletion destroy disable purge remove revoke"

shares := "copy grant policy share"

nouns := concat(" ", [
	"by credential credentials data from item key keys keyvault kms kv latest of parameter parameters password passwords path schedule",
	"secret secretmanager secrets secretsmanager ssm store token tokens vault version",
])

known := concat(" ", [looks, reads, many, writes, removes, shares, nouns])

# What a name says beyond these words is unknown, and then it may be anything.
plain if verbs.only(known)

takes_many if verbs.says(many)

takes_many if {
	reading
	wide(input.resource.id)
}

# All parameters below a path.
takes_many if {
	reading
	verbs.says("parameters")
	verbs.says("path")
}

takes_many if {
	reading
	input.action.properties.recursive in {true, "true"}
}

takes_many if {
	some member in ["names", "secrets", "paths", "keys"]
	count(input.action.properties[member]) > 1
}

reading if verbs.says(reads)

only_looks if {
	plain
	verbs.says(looks)
	not verbs.says(concat(" ", [reads, many, writes, removes, shares]))
}

reads_one if {
	plain
	reading
	not takes_many
	not verbs.says(concat(" ", [writes, removes, shares]))
}

# A path that ends in a star or in nothing stands for all below it.
wide(id) if contains(id, "*")

wide(id) if endswith(id, "/")

wide(id) if names.plain(id) in {"", "all", "any", "everything"}

# A use that people can check: which service, job or ticket wants it.
purpose := given if {
	given := input.action.properties.purpose
	is_string(given)
	count(trim_space(given)) >= 10
}

shown := substring(input.resource.id, 0, 120)

# METADATA
# title: Looking without values
# description: Names and dates open nothing.
allow contains {"rule": "secret-look", "reason": "shows no value"} if {
	only_looks
	not takes_many
}

# METADATA
# title: One secret elsewhere
# description: Test credentials open nothing that matters, one at a time and for a named use.
allow contains {"rule": "secret-read-elsewhere", "reason": "reads one secret outside production, for a named use", "risk": "medium"} if {
	reads_one
	not environment.production
	purpose
}

# METADATA
# title: Rotation elsewhere
# description: A new test credential harms nobody.
allow contains {"rule": "secret-write-elsewhere", "reason": "sets a secret outside production"} if {
	plain
	verbs.says(writes)
	not verbs.says(concat(" ", [many, removes, shares]))
	not environment.production
}

# METADATA
# title: One secret of production
# description: Whoever has it is production. Security looks at what it is for.
require_approval contains {
	"rule": "secret-read",
	"reason": $"reads the secret {shown} of production",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
	"expires_in": "15m",
	"grant": {"expires_in": "5m", "uses": 1},
} if {
	reads_one
	environment.production
}

# METADATA
# title: Secret without a use
# description: Nobody can say whether it is needed.
require_approval contains {
	"rule": "secret-no-purpose",
	"reason": $"reads the secret {shown} without saying what for: put it into \"purpose\"",
	"risk": "medium",
	"seats": [{"group": "security", "count": 1}],
	"expires_in": "15m",
} if {
	reads_one
	not purpose
}

# METADATA
# title: Many secrets, one after the other
# description: A vault that is emptied in small pieces is an empty vault.
require_approval contains {
	"rule": "many-secrets",
	"reason": $"reads another secret after {read_before} different ones within an hour",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	reads_one
	read_before >= 5
}

# METADATA
# title: Changing a secret of production
# description: Whatever uses it stops, or starts to trust somebody else.
require_approval contains {
	"rule": "secret-change",
	"reason": $"changes the secret {shown} of production",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
	"redact": ["/arguments/data", "/arguments/password", "/arguments/secret", "/arguments/secret_string", "/arguments/value"],
} if {
	verbs.says(writes)
	environment.production
}

# METADATA
# title: Removing a secret
# description: Whatever uses it stops, and the value is gone.
require_approval contains {
	"rule": "secret-removal",
	"reason": $"removes the secret {shown}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}, {"group": "security", "count": 1}],
} if {
	verbs.says(removes)
}

# METADATA
# title: Sharing a secret
# description: A secret that is known in two places is kept by neither.
require_approval contains {
	"rule": "secret-sharing",
	"reason": $"lets others have the secret {shown}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 2}],
	"reason_required": true,
} if {
	verbs.says(shares)
}

# METADATA
# title: Unknown
# description: An action on secrets that nobody here knows may hand them out.
require_approval contains {
	"rule": "secret-unknown",
	"reason": $"{input.action.name} is not known here and may hand out {shown}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	not plain
}

# METADATA
# title: Deceptive name
# description: A name that people take for another one makes them approve another thing than they think.
require_approval contains {
	"rule": "deceptive-name",
	"reason": "the name of the secret holds characters that people do not see or take for others",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	names.suspicious(input.resource.id)
}

# METADATA
# title: Whole vault
# description: No agent needs every secret there is, and whoever asks for it wants something else.
deny contains {"rule": "whole-vault", "reason": "takes many secrets at once: ask for the one that is needed, by its name"} if {
	takes_many
	not sealed
}

# METADATA
# title: Secret sent on
# description: A value goes to whoever needs it, not by way of somebody else.
deny contains {"rule": "secret-leaves", "reason": $"sends a secret to {concat(", ", sort(elsewhere))}"} if {
	count(elsewhere) > 0
}

# A path or a host beside a secret is where it comes from.
elsewhere := {destination.words(place) |
	some place in destination.foreign_under([
		"destination", "destinations", "email", "emails", "recipient", "recipients", "send_to", "share_with", "sink", "target_url", "to",
		"upload_to", "url", "webhook", "webhook_url",
	])
}

# METADATA
# title: Values in the request
# description: What stands in a request is read by everybody who may see it.
deny contains {"rule": "credential-in-request", "reason": "the request holds what looks like a key or a token: refer to it by name"} if {
	credentials.within(input.action.properties)
}

# METADATA
# title: Data in the session
# description: A session that strangers have written to should not be handed a key unseen.
require_approval contains {
	"rule": "steered-secret",
	"reason": $"reads a secret after reading what strangers wrote ({session.untrusted})",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	reading
	session.untrusted
}

# Backups that stay sealed hand out nothing.
sealed if {
	verbs.says("backup")
	not verbs.says("dump export")
	destination.all_ours
}

read_before := max([history.resources("secrets", scope, "1h") | some scope in ["subject", "principal", "session"]])

counts contains {"counter": "secrets"} if reading

flow contains "sensitive_read" if reading

flow contains "sensitive_read" if takes_many

flow contains "irreversible" if verbs.says(removes)
