# METADATA
# title: Guardrails
# description: >-
#   Never, whoever approves. No vote, break-glass or grant reaches past these rules, so they are few and plain.
# scope: package
package guardrails

removals := {
	"alter", "clear", "delete", "destroy", "disable", "drop", "expire", "overwrite",
	"purge", "remove", "stop", "terminate", "truncate", "update",
}

records := {"audit_log", "audit_record", "audit_trail", "ledger", "ledger_entry", "log_sink"}

verb := split(input.action.name, ".")[count(split(input.action.name, ".")) - 1]

kind := lower(input.resource.type)

removes if {
	some part in split(verb, "_")
	part in removals
}

about_record if startswith(input.action.name, "audit.")

about_record if kind in records

# A table or a bucket that holds the record is known by the last part of its name.
about_record if {
	parts := split(replace(lower(input.resource.id), "/", "."), ".")
	parts[count(parts) - 1] in records
}

# METADATA
# title: The record stays
# description: An agent that can change the record can do anything unseen.
deny contains {"rule": "record-stays", "reason": "the audit record is never changed or removed"} if {
	removes
	about_record
}

# METADATA
# title: Logging stays on
# description: Switching the log off is the first thing an intruder does.
deny contains {"rule": "logging-stays-on", "reason": "logging is never switched off"} if {
	verb in {"disable_audit", "disable_logging", "stop_audit", "stop_logging"}
}

# METADATA
# title: Backups stay
# description: Without a backup every other mistake is final.
deny contains {"rule": "backups-stay", "reason": "backups are never removed by an agent"} if {
	removes
	kind in {"backup", "backup_vault", "snapshot"}
}

# METADATA
# title: No agent raises itself
# description: Nobody can approve an agent's grant to itself, because the agent would then no longer need to ask.
deny contains {"rule": "no-self-grant", "reason": "an agent never gives access to itself"} if {
	input.action.name == "iam.grant"
	some self in selves
	some part in named
	part == lower(self)
}

# METADATA
# title: The gate is not for agents
# description: The policies and the directory of this very gate are changed by people.
deny contains {"rule": "gate-is-for-people", "reason": "agents never change the gate that guards them"} if {
	startswith(kind, "countersign")
	not verb in {"describe", "get", "list", "read"}
}

selves contains input.subject.id

selves contains input.agent.id

# "release-bot", "agent:release-bot" and "projects/x/agents/release-bot" are one identity.
named contains lower(input.action.properties.member)

named contains part if some part in split(replace(lower(input.action.properties.member), ":", "/"), "/")
