# METADATA
# title: Messages and e-mail
# description: >-
#   Messages to colleagues need nobody. A message to anybody else speaks for the company, so operations countersigns it,
#   and security with them when it goes to many. What would let others read along is decided by security. The areas `email`
#   and `mail` follow the same rules.
# scope: package
package policies.messaging

import data.lib.address
import data.lib.classified
import data.lib.credentials
import data.lib.flow as session
import data.lib.history
import data.lib.names

drafts := {"create_draft", "draft", "list", "list_channels", "list_folders", "list_labels", "list_users", "update_draft"}

reads := {
	"download_attachment", "get", "get_attachment", "get_message", "get_messages", "get_thread", "history", "list_messages",
	"read", "read_thread", "search", "search_messages",
}

tidying := {"archive", "label", "mark_read", "mark_unread", "move", "react", "snooze", "star", "trash"}

sends := {
	"broadcast", "direct_message", "dm", "forward", "post", "post_message", "reply", "reply_all", "schedule",
	"schedule_message", "send", "send_dm", "send_email", "send_message", "send_sms", "sms",
}

publications := {"post_public", "publish", "publish_post", "toot", "tweet"}

webhooks := {"add_webhook", "call_webhook", "create_webhook", "post_webhook", "register_webhook", "send_webhook"}

forwardings := {
	"add_delegate", "add_forwarding_address", "create_filter", "create_forwarding", "create_rule", "set_forwarding",
	"update_filter", "update_rule",
}

invitations := {"add_member", "create_invite", "invite", "invite_guest", "invite_user", "share_channel"}

# The last part of the action's name: messaging.slack.post_message posts a message.
verb := parts[count(parts) - 1] if parts := split(input.action.name, ".")

# METADATA
# title: Drafts and reading
# description: A draft reaches nobody, nor does reading.
allow contains {"rule": "messaging-draft", "reason": "reaches nobody"} if verb in (drafts | reads)

# METADATA
# title: Tidying
# description: It can be put back.
allow contains {"rule": "messaging-tidy", "reason": "reaches nobody and can be put back"} if verb in tidying

# METADATA
# title: Message to colleagues
# description: It stays inside the company.
allow contains {"rule": "internal-message", "reason": "goes to colleagues only"} if {
	verb in sends
	inside
}

# METADATA
# title: Inviting colleagues
# description: They could have joined themselves.
allow contains {"rule": "internal-invitation", "reason": "invites colleagues only"} if {
	verb in invitations
	inside
}

# METADATA
# title: Message to others
# description: It speaks for the company to people outside. Whoever cannot be told apart from them counts as one of them.
require_approval contains {
	"rule": "external-message",
	"reason": $"sends a message to {count(outsiders)} recipients outside the company{named(outsiders)}",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in sends
	count(outsiders) > 0
}

# METADATA
# title: Look-alike recipient
# description: >-
#   An address that a person would take for one of ours is one somebody wants to be taken for ours. It needs nobody else,
#   but those who are asked are told.
require_approval contains {
	"rule": "external-message",
	"reason": $"sends to an address that only looks like one of ours{named(address.pretenders)}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in sends
	count(address.pretenders) > 0
}

# METADATA
# title: Mass message
# description: A mistake that reaches more than 50 people is in the news.
require_approval contains {
	"rule": "mass-message",
	"reason": $"sends a message to {count(outsiders)} recipients outside the company at once",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
} if {
	verb in sends
	count(outsiders) > 50
}

# METADATA
# title: Messages add up
# description: One message each to a hundred people is a mass message too.
require_approval contains {
	"rule": "messages-add-up",
	"reason": $"sends to {count(outsiders)} recipients outside the company after {sent} within an hour, more than 50 together",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}, {"group": "security", "count": 1}],
} if {
	verb in sends
	count(outsiders) > 0
	count(outsiders) <= 50
	sent := history.spent("external_messages", "1h")
	sent + count(outsiders) > 50
}

# METADATA
# title: Unclear recipients
# description: A message that does not say to whom it goes may go to anybody.
require_approval contains {
	"rule": "unclear-recipients",
	"reason": "sends a message without saying to whom",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in sends
	count(recipients) == 0
}

# METADATA
# title: Attachment to others
# description: A file carries more than anybody reads before sending it.
require_approval contains {
	"rule": "attachment-leaves",
	"reason": $"sends a file outside the company{named(outsiders)}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	verb in sends
	not inside
	some member in {"attachment", "attachments", "file", "file_ids", "files", "media"}
	given := input.action.properties[member]
	not given in {[], "", null}
}

# METADATA
# title: Credentials stay inside
# description: A key or a token that was sent is a key that somebody has.
deny contains {"rule": "credential-leaves", "reason": "the message holds what looks like a key or a token"} if {
	verb in ((sends | publications) | webhooks)
	not inside
	credentials.within(input.action.properties)
}

# METADATA
# title: Publication
# description: Everybody reads it, and remembers who said it.
require_approval contains {
	"rule": "publication",
	"reason": $"publishes on {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
	"reason_required": true,
} if {
	publishes
}

# METADATA
# title: Webhook
# description: Whoever holds the address of a webhook reads or writes along from then on.
require_approval contains {
	"rule": "webhook",
	"reason": $"{input.action.name} for {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	verb in webhooks
}

# METADATA
# title: Forwarding
# description: A rule in a mailbox keeps sending long after everybody has forgotten it.
require_approval contains {
	"rule": "forwarding",
	"reason": $"{input.action.name} changes where the mail of {input.resource.id} goes",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	verb in forwardings
}

# METADATA
# title: Forwarding to outside
# description: It is how a mailbox is taken over for good.
deny contains {"rule": "forwarding-outside", "reason": $"forwards mail outside the company{named(outsiders)}"} if {
	verb in forwardings
	count(outsiders) > 0
}

# METADATA
# title: Guest
# description: A guest reads everything that is written from then on.
require_approval contains {
	"rule": "guest",
	"reason": $"invites others to {input.resource.id}{named(outsiders)}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	verb in invitations
	not inside
}

# METADATA
# title: Data in the session
# description: What others may have steered, or what carries sensitive data, is not sent outside unseen.
require_approval contains rule if some rule in session.rules(flow, "ops")

counts contains {"counter": "external_messages", "amount": count(outsiders)} if {
	verb in sends
	count(outsiders) > 0
}

# Strangers write mail. In a channel of ours they do not.
flow contains "untrusted_read" if {
	verb in reads
	not our_channel
}

flow contains "sensitive_read" if {
	verb in reads
	classified.sensitive
}

flow contains "way_out" if {
	verb in ((sends | forwardings) | invitations)
	not inside
}

flow contains "way_out" if verb in webhooks

flow contains "way_out" if publishes

flow contains "irreversible" if {
	verb in sends
	not inside
}

flow contains "irreversible" if publishes

publishes if verb in publications

publishes if {
	verb in sends
	input.action.properties.public != false
}

publishes if {
	verb in sends
	names.plain(input.action.properties.visibility) == "public"
}

recipients := address.recipients | where_it_is_posted

outsiders := address.outsiders | {one | some one in where_it_is_posted; not address.ours(one)}

inside if {
	count(recipients) > 0
	count(outsiders) == 0
}

our_channel if {
	startswith(input.action.name, "messaging.")
	count(channels) > 0
	every channel in channels {
		address.is_channel(channel)
	}
}

channels contains input.resource.id if input.resource.type == "channel"

channels contains one if {
	some name in {"channel", "channels"}
	some one in address.listed(input.action.properties[name])
}

# A message that names nobody is posted where it is posted, if that is a channel. Sending is different: it names somebody.
where_it_is_posted contains input.resource.id if {
	verb in {"post", "post_message"}
	input.resource.type == "channel"
	count(address.recipients) == 0
}

named(given) := $": {concat(", ", texts)}" if {
	count(given) <= 3
	texts := sort({text | some text in given; is_string(text)})
	count(texts) > 0
} else := ""
