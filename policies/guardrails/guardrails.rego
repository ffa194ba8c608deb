# METADATA
# title: Guardrails
# description: >-
#   Never, whoever approves. No vote, break-glass or grant reaches past these rules, so they are few and plain. They are
#   asked about every action: what takes time comes last in each.
# scope: package
package guardrails

import data.lib.database
import data.lib.names
import data.lib.several

removals := {
	"alter", "clean", "cleanup", "clear", "delete", "destroy", "disable", "drop", "edit", "erase", "expire", "modify",
	"move", "overwrite", "patch", "prune", "purge", "redact", "remove", "rename", "replace", "reset", "rewrite", "shred",
	"stop", "terminate", "truncate", "update", "wipe",
}

records := {"audit_log", "audit_record", "audit_trail", "ledger", "ledger_entry", "log_sink"}

segments := split(input.action.name, ".")

verb := segments[count(segments) - 1]

# Every word of the action's name: aws.s3.delete_objects says delete.
words := {word | some segment in segments; some word in split(segment, "_")}

removes if {
	some word in words
	word in removals
}

about_record if segments[0] == "audit"

about_record if singular(input.resource.type) in records

about_record if {
	not of_text
	holds_record(input.resource.id)
}

# A tool may be told elsewhere what to work on.
about_record if {
	not of_text
	some value in things
	some one in several.of(value)
	holds_record(one)
}

about_record if {
	not of_text
	some value in things
	too_many(value)
	mentions(value, records | {"countersign"})
}

things contains input.action.properties[name] if {
	some name in {
		"bucket", "collection", "index", "log_group", "name", "names", "path", "paths", "stream", "table", "table_name", "tables",
		"target", "targets", "topic", "topics",
	}
}

# In a list that nobody would read, a mention is enough.
too_many(value) if {
	is_array(value)
	count(value) > several.most
}

mentions(value, some_names) if {
	text := replace(names.plain(json.marshal(value)), "-", "_")
	some name in some_names
	indexof(text, replace(name, "-", "_")) >= 0
}

# Texts about a record are not the record.
of_text if segments[0] in {"code", "files"}

# A table or a bucket that holds the record is known by the last part of its name, a partition of it by how the name begins,
# and everything of this gate by the first. Quotes, capitals and characters that nobody sees make no other name.
holds_record(name) if singular(names.last(name)) in records

holds_record(name) if {
	some part in names.parts(name)
	startswith(replace(part, "-", "_"), "audit_log_")
}

holds_record(name) if names.first(name) == "countersign"

singular(name) := trim_suffix(replace(names.plain(name), "-", "_"), "s")

# What the statements say counts whatever the action is called.
about_record_in_sql if {
	segments[0] in {"data", "db"}
	some reading in database.readings
	count(reading.does & changing) > 0
	some name in reading.names
	singular(name) in records
}

changing := {
	"changes_rights", "changes_schema", "deletes", "deletes_all", "drops", "reaches_beyond", "writes", "writes_all",
}

# METADATA
# title: The record stays
# description: An agent that can change the record can do anything unseen.
deny contains {"rule": "record-stays", "reason": "the audit record is never changed or removed"} if {
	removes
	about_record
}

# METADATA
# title: The record stays, whatever the statement is called
# description: The same by a statement.
deny contains {"rule": "record-stays", "reason": "the statement changes or removes the audit record"} if about_record_in_sql

# METADATA
# title: Logging stays on
# description: Switching the log off is the first thing an intruder does.
deny contains {"rule": "logging-stays-on", "reason": "logging is never switched off"} if {
	speaks_of_logging
	segments[0] != "audit"
	some word in words
	word in {"delete", "detach", "disable", "mute", "pause", "stop", "suspend"}
}

# METADATA
# title: Logging stays on, with a flag
# description: The same by setting it.
deny contains {"rule": "logging-stays-on", "reason": "logging is never switched off"} if {
	speaks_of_logging
	some flag in {"active", "enable", "enabled", "on"}
	input.action.properties[flag] == false
}

speaks_of_logging if {
	some word in words
	word in {"audit", "auditing", "cloudtrail", "logging", "trail"}
}

# METADATA
# title: Backups stay
# description: Without a backup every other mistake is final.
deny contains {"rule": "backups-stay", "reason": "backups are never removed by an agent"} if {
	removes
	is_backup
}

is_backup if singular(input.resource.type) in {"backup", "backup_vault", "recovery_point", "snapshot"}

is_backup if {
	some ending in ["_backup", "_snapshot"]
	endswith(singular(input.resource.type), ending)
}

# delete_snapshot says it in its own name. update_backup_schedule says something else.
is_backup if {
	some thing in {"backup", "backups", "snapshot", "snapshots"}
	thing in words
	some end in {"delete", "destroy", "drop", "erase", "expire", "prune", "purge", "remove", "wipe"}
	end in words
}

# METADATA
# title: No agent raises itself
# description: Nobody can approve an agent's grant to itself, because the agent would then no longer need to ask.
deny contains {"rule": "no-self-grant", "reason": "an agent never gives access to itself"} if {
	segments[0] == "iam"
	some word in words
	word in gives
	to_itself
}

to_itself if {
	some self in selves
	some one in given_to
	is_self(one, self)
}

to_itself if {
	some value in receivers
	too_many(value)
	mentions(value, {names.plain(self) | some self in selves})
}

gives := {"add", "allow", "assign", "attach", "bind", "elevate", "give", "grant", "impersonate", "promote", "put", "set"}

selves contains input.subject.id

selves contains input.agent.id

selves contains split(input.subject.id, "@")[0]

given_to contains one if {
	some value in told
	some one in split(value, ",")
}

given_to contains value[name] if {
	some value in told
	some name in {"email", "id", "member", "name"}
}

told contains value if {
	some given in receivers
	some value in several.of(given)
}

receivers contains input.action.properties[name] if {
	some name in {
		"assignee", "grantee", "identities", "identity", "member", "members", "principal", "principals", "role_member",
		"service_account", "subject", "subjects", "to", "user", "username", "users",
	}
}

given_to contains input.resource.id if input.resource.type in {"agent", "identity", "member", "principal", "service_account", "user"}

# "release-bot", "agent:release-bot", "projects/x/agents/release-bot" and "release-bot@project.example" are one identity.
is_self(text, self) if names.plain(text) == names.plain(self)

is_self(text, self) if {
	within := concat("\n", names.parts(text))
	contains($"\n{within}\n", $"\n{concat("\n", names.parts(self))}\n")
}

# METADATA
# title: The gate is not for agents
# description: The policies and the directory of this very gate are changed by people.
deny contains {"rule": "gate-is-for-people", "reason": "agents never change the gate that guards them"} if {
	of_gate
	not verb in {"describe", "diff", "explain", "get", "list", "read"}
	not by_person
}

of_gate if startswith(lower(input.resource.type), "countersign")

of_gate if lower(input.resource.type) in {"policy_bundle", "policy_set"}

of_gate if segments[0] in {"countersign", "policy"}

# An agent may call itself a person. The directory knows who it is: a person answers for themselves, an agent never does.
by_person if {
	input.subject.type == "person"
	not owned_by_another
}

owned_by_another if {
	input.agent.id == input.subject.id
	input.agent.owner != input.subject.id
}
