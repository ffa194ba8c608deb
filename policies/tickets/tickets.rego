# METADATA
# title: Tickets
# description: >-
#   Reading and answering tickets is what support agents are for, so nobody is asked. What a customer wrote is remembered as
#   written by a stranger, and an answer that a customer reads is a way out.
# scope: package
package policies.tickets

import data.lib.address
import data.lib.classified
import data.lib.credentials
import data.lib.flow as session
import data.lib.history
import data.lib.names

reads := {"get", "history", "list", "list_comments", "read", "search", "show", "view"}

notes := {"add_internal_note", "add_note", "internal_note", "note"}

replies := {"add_comment", "comment", "create_comment", "public_reply", "reply", "respond"}

edits := {
	"assign", "close", "create", "escalate", "label", "link", "merge", "open", "prioritize", "reopen", "resolve",
	"set_priority", "set_status", "tag", "transition", "unassign", "update", "watch",
}

removals := {"bulk_delete", "delete", "purge", "remove"}

# The last part of the action's name: tickets.zendesk.add_comment comments.
verb := parts[count(parts) - 1] if parts := split(input.action.name, ".")

# METADATA
# title: Reading tickets
# description: It changes nothing. What was read may still move the agent, which is remembered.
allow contains {"rule": "ticket-read", "reason": "reads tickets"} if verb in reads

# METADATA
# title: Notes
# description: Only colleagues read them.
allow contains {"rule": "ticket-note", "reason": "only colleagues read it"} if {
	verb in (notes | replies)
	not answers
}

# METADATA
# title: Answers
# description: The customer asked, and is answered.
allow contains {"rule": "ticket-reply", "reason": "answers who wrote the ticket"} if {
	answers
	count(address.outsiders) == 0
}

# METADATA
# title: Keeping tickets
# description: It can be set back.
allow contains {"rule": "ticket-edit", "reason": "keeps a ticket, and can be set back"} if verb in edits

# METADATA
# title: Answers to others
# description: Whoever is added to a ticket reads all of it, and did not write it.
require_approval contains {
	"rule": "reply-to-others",
	"reason": $"sends ticket {input.resource.id} to {count(address.outsiders)} others outside the company",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in ((notes | replies) | edits)
	count(address.outsiders) > 0
}

# METADATA
# title: Many answers
# description: A mistake in one answer is a mistake in all of them.
require_approval contains {
	"rule": "many-replies",
	"reason": $"is answer number {sent + 1} to customers within an hour",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	answers
	sent := history.times("ticket_replies", "1h")
	sent >= 50
}

# METADATA
# title: Attachment to a customer
# description: A file carries more than anybody reads before sending it.
require_approval contains {
	"rule": "attachment-leaves",
	"reason": $"sends a file to whoever reads ticket {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	answers
	some member in {"attachment", "attachments", "file", "files", "uploads"}
	given := input.action.properties[member]
	not given in {[], "", null}
}

# METADATA
# title: Credentials stay inside
# description: A key or a token that was sent is a key that somebody has.
deny contains {"rule": "credential-leaves", "reason": "the answer holds what looks like a key or a token"} if {
	answers
	credentials.within(input.action.properties)
}

# METADATA
# title: Deleting tickets
# description: What a customer wrote may be evidence of what was promised.
require_approval contains {
	"rule": "ticket-delete",
	"reason": $"deletes ticket {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in removals
}

# METADATA
# title: Data in the session
# description: An answer does not carry other customers' data to the one who asked.
require_approval contains rule if some rule in session.rules(flow, "ops")

counts contains {"counter": "ticket_replies"} if answers

flow contains "untrusted_read" if {
	verb in reads
	not of_ours
}

flow contains "sensitive_read" if {
	verb in reads
	classified.sensitive
}

flow contains "way_out" if answers

flow contains "way_out" if {
	verb in (notes | edits)
	count(address.outsiders) > 0
}

flow contains "irreversible" if verb in removals

# Unless it is said to be internal, and nothing says otherwise, a customer reads it.
answers if {
	verb in replies
	not of_ours
	not said_internal
}

answers if {
	verb in (notes | replies)
	not of_ours
	said_public
}

said_internal if input.action.properties.internal == true

said_internal if input.action.properties.public == false

said_internal if is_internal(input.action.properties.visibility)

said_public if input.action.properties.internal == false

said_public if {
	given := input.action.properties.public
	given != false
}

said_public if {
	given := input.action.properties.visibility
	not is_internal(given)
}

is_internal(visibility) if names.plain(visibility) in {"internal", "private"}

# Tickets of a project that only colleagues write to and read: OPS-311.
of_ours if {
	[project, number] = split(input.resource.id, "-")
	project in data.company.ticket_projects
	trim(number, "0123456789") == ""
}
