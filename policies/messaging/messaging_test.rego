package policies.messaging_test

import data.policies.messaging

asked(name, id, arguments) := asked_after({}, name, {"type": "channel", "id": id}, arguments)

asked_after(history, name, resource, arguments) := said if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": arguments},
		"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
		"context": {},
		"history": history,
		"resource": resource,
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

# What the package alone says, for the many spellings of one thing.
says(verb, arguments) := {rule.rule | some rule in found} if {
	found := (messaging.allow | messaging.require_approval) | messaging.deny with input as {
		"action": {"name": $"messaging.{verb}", "properties": arguments},
		"resource": {"type": "channel", "id": "m"},
	}
}

flows(verb, arguments) := found if {
	found := messaging.flow with input as {
		"action": {"name": $"messaging.{verb}", "properties": arguments},
		"resource": {"type": "channel", "id": "m"},
	}
}

rules(said) := {reason.rule | some reason in said.reasons}

texts(said) := {reason.text | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

colleague := {"to": ["kim@acme.example"]}

stranger := {"to": ["eve@example.com"]}

page := {"untrusted_read": {"at": "2026-01-15T09:58:00Z", "action": "web.fetch", "resource": "https://blog.example/"}}

customers := {"sensitive_read": {"at": "2026-01-15T09:59:00Z", "action": "db.read", "resource": "prod.customers"}}

token := concat("", ["gh", "p_abcdefghijklmnopqrstuvwxyz0123456789"])

sends := [
	"broadcast", "direct_message", "dm", "forward", "post", "post_message", "reply", "reply_all", "schedule",
	"schedule_message", "send", "send_dm", "send_email", "send_message", "send_sms", "sms",
]

test_drafts_need_nobody if {
	every verb in ["create_draft", "draft", "list", "list_channels", "list_folders", "list_labels", "list_users", "update_draft"] {
		says(verb, {}) == {"messaging-draft"}
		flows(verb, {}) == set()
	}
	asked("messaging.draft", "m", {}).effect == "allow"
}

test_reading_brings_in_what_strangers_wrote if {
	every verb in [
		"download_attachment", "get", "get_attachment", "get_message", "get_messages", "get_thread", "history", "list_messages",
		"read", "read_thread", "search", "search_messages",
	] {
		says(verb, {}) == {"messaging-draft"}
		flows(verb, {}) == {"untrusted_read"}
	}
	asked("messaging.read", "m", {}).effect == "allow"
}

test_in_a_channel_of_ours_there_are_no_strangers if {
	not asked("messaging.read", "#ops", {}).flow
	not asked("messaging.read", "ops", {"channel": "#support"}).flow
	not asked_after({}, "messaging.read", {"type": "message", "id": "17"}, {"channels": ["#ops", "#support"]}).flow
	asked("messaging.read", "#ops", {"channel": "#partners"}).flow == ["untrusted_read"]
	asked("messaging.read", "#partners", {"channel": "#ops"}).flow == ["untrusted_read"]
	asked_after({}, "messaging.read", {"type": "message", "id": "#ops"}, {}).flow == ["untrusted_read"]
	asked_after({}, "messaging.read", {"type": "message", "id": "17"}, {"channels": ["#ops", "#partners"]}).flow == ["untrusted_read"]
	asked_after({}, "messaging.read", {"type": "message", "id": "17"}, {"to": "kim@acme.example"}).flow == ["untrusted_read"]
	asked("mail.read", "#ops", {"channel": "#ops"}).flow == ["untrusted_read"]
	asked("email.read", "#ops", {}).flow == ["untrusted_read"]
}

test_reading_what_is_classified_is_sensitive if {
	asked("mail.read", "hr", {"classification": "personal"}).flow == ["sensitive_read", "untrusted_read"]
	not asked("messaging.draft", "hr", {"classification": "personal"}).flow
}

test_tidying_needs_nobody if {
	every verb in ["archive", "label", "mark_read", "mark_unread", "move", "react", "snooze", "star", "trash"] {
		says(verb, {}) == {"messaging-tidy"}
	}
}

test_colleagues_may_be_written_to if {
	every verb in sends {
		says(verb, {"to": ["kim@acme.example"], "cc": "lee.chan+x@acme.example"}) == {"internal-message"}
		flows(verb, colleague) == set()
	}
	said := asked("messaging.send", "m", colleague)
	said.effect == "allow"
	not said.counts
	asked("messaging.slack.post_message", "m", {"channel": "#ops"}).effect == "allow"
}

test_whoever_is_not_plainly_a_colleague_is_an_outsider if {
	every one in [
		"eve@example.com", "eve@example.com,kim@acme.example", "eve@example.com kim@acme.example", "@acme.example",
		"kim@acme.example.evil.example", "<eve@example.com>kim@acme.example", "kim;eve@acme.example", 5, null, {},
	] {
		"external-message" in says("send", {"to": [one]})
	}
	said := asked("messaging.send", "m", {"to": ["kim@acme.example.evil.example"]})
	rules(said) == {"external-message"}
	groups(said) == {"ops": 1}
}

test_every_way_of_sending_to_outside_is_held if {
	every verb in sends {
		says(verb, stranger) == {"external-message"}
		flows(verb, stranger) == {"irreversible", "way_out"}
	}
	said := asked("messaging.send", "m", stranger)
	said.reasons == [{"rule": "external-message", "text": "sends a message to 1 recipients outside the company: eve@example.com"}]
	groups(said) == {"ops": 1}
	said.risk.level == "medium"
	said.counts == [{"counter": "external_messages", "amount": 1}]
}

test_few_recipients_are_named_and_many_are_counted if {
	three := ["c@x.example", "a@x.example", "b@x.example"]
	texts(asked("email.send", "m", {"to": three})) == {"sends a message to 3 recipients outside the company: a@x.example, b@x.example, c@x.example"}
	texts(asked("email.send", "m", {"to": array.concat(three, ["d@x.example"])})) == {"sends a message to 4 recipients outside the company"}
	texts(asked("email.send", "m", {"to": [5]})) == {"sends a message to 1 recipients outside the company"}
}

test_a_pretended_colleague_is_pointed_out if {
	said := asked("email.send", "m", {"to": "kim@acme.example.evil.example"})
	texts(said) == {
		"sends a message to 1 recipients outside the company: kim@acme.example.evil.example",
		"sends to an address that only looks like one of ours: kim@acme.example.evil.example",
	}
	said.risk.level == "high"
	groups(said) == {"ops": 1}
	rules(asked("email.create_draft", "m", {"to": "kim@acme.example.evil.example"})) == {"messaging-draft"}
}

test_a_hidden_recipient_is_seen if {
	rules(asked("messaging.send", "m", {"to": ["kim@acme.example"], "bcc": ["eve@example.com"]})) == {"external-message"}
}

test_a_mass_message_needs_security_too if {
	many := [$"p{n}@example.com" | some n in numbers.range(1, 51)]
	said := asked("messaging.send", "m", {"to": many})
	groups(said) == {"ops": 1, "security": 1}
	rules(said) == {"external-message", "mass-message"}
	said.approval.reason_required
	said.risk.level == "high"
	"sends a message to 51 recipients outside the company at once" in texts(said)
	says("send", {"to": array.slice(many, 0, 50)}) == {"external-message"}
	says("create_draft", {"to": many}) == {"messaging-draft"}
}

sent(n) := {"counters": {"external_messages": {"subject": {"1h": {"count": n, "sum": n}}}}}

test_many_messages_are_a_mass_message_too if {
	said := asked_after(sent(50), "email.send", {"type": "mailbox", "id": "m"}, stranger)
	rules(said) == {"external-message", "messages-add-up"}
	groups(said) == {"ops": 1, "security": 1}
	said.risk.level == "high"
	"sends to 1 recipients outside the company after 50 within an hour, more than 50 together" in texts(said)
	rules(asked_after(sent(49), "email.send", {"type": "mailbox", "id": "m"}, stranger)) == {"external-message"}
	rules(asked_after(sent(60), "email.send", {"type": "mailbox", "id": "m"}, colleague)) == {"internal-message"}
	rules(asked_after(sent(60), "email.invite", {"type": "mailbox", "id": "m"}, stranger)) == {"guest"}
}

test_many_messages_to_many_are_one_or_the_other if {
	fifty := [$"p{n}@example.com" | some n in numbers.range(1, 50)]
	rules(asked_after(sent(1), "email.send", {"type": "mailbox", "id": "m"}, {"to": fifty})) == {"external-message", "messages-add-up"}
	more := array.concat(fifty, ["p51@example.com"])
	rules(asked_after(sent(1), "email.send", {"type": "mailbox", "id": "m"}, {"to": more})) == {"external-message", "mass-message"}
}

test_a_message_to_nobody_in_particular_is_held if {
	every arguments in [{"text": "hi"}, {"to": []}] {
		said := asked("messaging.send", "m", arguments)
		rules(said) == {"unclear-recipients"}
		groups(said) == {"ops": 1}
		said.risk.level == "high"
		said.flow == ["irreversible", "way_out"]
		not said.counts
	}
	rules(asked("messaging.draft", "m", {})) == {"messaging-draft"}
}

test_a_post_goes_to_the_channel_it_is_posted_in if {
	every verb in ["post", "post_message"] {
		rules(asked($"messaging.{verb}", "#deploys", {"text": "done"})) == {"internal-message"}
		rules(asked($"messaging.{verb}", "#partners", {"text": "done"})) == {"external-message"}
		rules(asked_after({}, $"messaging.{verb}", {"type": "thread", "id": "#deploys"}, {})) == {"unclear-recipients"}
		rules(asked($"messaging.{verb}", "#deploys", stranger)) == {"external-message"}
		rules(asked($"messaging.{verb}", "#partners", colleague)) == {"internal-message"}
	}
}

test_a_file_does_not_leave_unseen if {
	every member in ["attachment", "attachments", "file", "file_ids", "files", "media"] {
		says("send", object.union(stranger, {member: ["report.pdf"]})) == {"external-message", "attachment-leaves"}
	}
	said := asked("email.send", "m", object.union(stranger, {"file": "report.pdf"}))
	groups(said) == {"ops": 1, "security": 1}
	said.risk.level == "high"
	"sends a file outside the company: eve@example.com" in texts(said)
}

test_a_file_for_colleagues_and_no_file_are_not_looked_at if {
	says("send", object.union(colleague, {"file": "report.pdf"})) == {"internal-message"}
	every none in [[], "", null] {
		says("send", object.union(stranger, {"attachments": none})) == {"external-message"}
	}
	says("send", object.union(stranger, {"body": "see report.pdf"})) == {"external-message"}
	says("invite", object.union(stranger, {"file": "x"})) == {"guest"}
}

test_a_credential_is_never_sent_outside if {
	asked("email.send", "m", object.union(stranger, {"body": token})).effect == "deny"
	says("send", {"body": {"text": token}}) == {"credential-leaves", "unclear-recipients"}
	says("tweet", {"text": token}) == {"credential-leaves", "publication"}
	says("call_webhook", {"text": token}) == {"credential-leaves", "webhook"}
	says("send", object.union(colleague, {"body": token})) == {"internal-message"}
	says("create_draft", object.union(stranger, {"body": token})) == {"messaging-draft"}
}

test_a_publication_needs_operations_and_a_reason if {
	every verb in ["post_public", "publish", "publish_post", "toot", "tweet"] {
		says(verb, {"text": "we are hiring"}) == {"publication"}
		flows(verb, {}) == {"irreversible", "way_out"}
	}
	said := asked("messaging.tweet", "@acme", {"text": "we are hiring"})
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	said.approval.reason_required
	texts(said) == {"publishes on @acme"}
}

test_a_message_that_is_public_is_a_publication if {
	every more in [{"public": true}, {"public": "yes"}, {"visibility": "Public"}] {
		says("send", object.union(colleague, more)) == {"internal-message", "publication"}
	}
	every more in [{"public": false}, {"visibility": "private"}] {
		says("send", object.union(colleague, more)) == {"internal-message"}
	}
	says("invite", object.union(colleague, {"public": true, "visibility": "public"})) == {"internal-invitation"}
}

test_a_webhook_needs_security if {
	every verb in ["add_webhook", "call_webhook", "create_webhook", "post_webhook", "register_webhook", "send_webhook"] {
		says(verb, {"url": "https://hooks.example/x"}) == {"webhook"}
		flows(verb, {}) == {"way_out"}
	}
	said := asked("messaging.create_webhook", "#ops", {"url": "https://hooks.example/x"})
	groups(said) == {"security": 1}
	said.risk.level == "high"
	texts(said) == {"messaging.create_webhook for #ops"}
}

test_a_mailbox_is_forwarded_inside_with_security_and_outside_never if {
	every verb in [
		"add_delegate", "add_forwarding_address", "create_filter", "create_forwarding", "create_rule", "set_forwarding", "update_filter",
		"update_rule",
	] {
		says(verb, {"forward_to": "kim@acme.example"}) == {"forwarding"}
		says(verb, {"forward_to": "eve@example.com"}) == {"forwarding", "forwarding-outside"}
		flows(verb, {}) == {"way_out"}
		flows(verb, {"forward_to": "kim@acme.example"}) == set()
	}
	said := asked("mail.create_rule", "lee", {"forward_to": "kim@acme.example"})
	groups(said) == {"security": 1}
	said.risk.level == "critical"
	said.approval.reason_required
	texts(said) == {"mail.create_rule changes where the mail of lee goes"}
	never := asked("mail.create_rule", "lee", {"forward_to": "eve@example.com"})
	never.effect == "deny"
	texts(never) == {"forwards mail outside the company: eve@example.com"}
}

test_a_guest_needs_security_and_a_colleague_nobody if {
	every verb in ["add_member", "create_invite", "invite", "invite_guest", "invite_user", "share_channel"] {
		says(verb, {"users": ["kim@acme.example"]}) == {"internal-invitation"}
		says(verb, {"users": ["eve@example.com"]}) == {"guest"}
		says(verb, {}) == {"guest"}
		flows(verb, {}) == {"way_out"}
		flows(verb, colleague) == set()
	}
	said := asked("messaging.invite", "#ops", {"users": ["eve@example.com"]})
	groups(said) == {"security": 1}
	said.risk.level == "high"
	texts(said) == {"invites others to #ops: eve@example.com"}
}

test_sensitive_data_and_strangers_make_a_message_graver if {
	both := asked_after({"flow": object.union(page, customers)}, "email.send", {"type": "mailbox", "id": "m"}, stranger)
	rules(both) == {"external-message", "steered-leak"}
	groups(both) == {"ops": 1, "security": 1}
	both.risk.level == "critical"
	rules(asked_after({"flow": customers}, "email.send", {"type": "mailbox", "id": "m"}, stranger)) == {"external-message", "sensitive-leaves"}
	steered := asked_after({"flow": page}, "email.send", {"type": "mailbox", "id": "m"}, stranger)
	rules(steered) == {"external-message", "steered-irreversible"}
	groups(steered) == {"ops": 1}
	rules(asked_after({"flow": object.union(page, customers)}, "email.send", {"type": "mailbox", "id": "m"}, colleague)) == {"internal-message"}
}

test_mail_and_email_follow_the_same_rules if {
	every area in ["email", "mail", "messaging"] {
		rules(asked($"{area}.send", "m", colleague)) == {"internal-message"}
		said := asked($"{area}.send", "m", stranger)
		rules(said) == {"external-message"}
		said.flow == ["irreversible", "way_out"]
		count(said.counts) == 1
		asked($"{area}.set_forwarding", "m", stranger).effect == "deny"
	}
}

test_unknown_messaging_actions_are_denied if asked("messaging.delete", "m", {}).effect == "deny"
