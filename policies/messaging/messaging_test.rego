package policies.messaging_test

asked(name, id, arguments) := said if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": arguments},
		"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
		"context": {},
		"resource": {"type": "channel", "id": id},
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

rules(said) := {reason.rule | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

test_drafts_need_nobody if asked("messaging.draft", "m", {}).effect == "allow"

test_colleagues_may_be_written_to if {
	asked("messaging.send", "m", {"to": ["kim@acme.example"], "cc": "lee.chan+x@acme.example"}).effect == "allow"
}

test_whoever_is_not_plainly_a_colleague_is_an_outsider if {
	every one in [
		"eve@example.com", "eve@example.com,kim@acme.example", "eve@example.com kim@acme.example", "@acme.example",
		"kim@acme.example.evil.example", "<eve@example.com>kim@acme.example", "kim;eve@acme.example", 5, null, {},
	] {
		said := asked("messaging.send", "m", {"to": [one]})
		rules(said) == {"external-message"}
		groups(said) == {"ops": 1}
	}
}

test_a_hidden_recipient_is_seen if {
	rules(asked("messaging.send", "m", {"to": ["kim@acme.example"], "bcc": ["eve@example.com"]})) == {"external-message"}
}

test_a_mass_message_needs_security_too if {
	many := [$"p{n}@example.com" | some n in numbers.range(1, 51)]
	groups(asked("messaging.send", "m", {"to": many})) == {"ops": 1, "security": 1}
}

test_a_message_to_nobody_in_particular_is_held if {
	rules(asked("messaging.send", "m", {"text": "hi"})) == {"unclear-recipients"}
	rules(asked("messaging.send", "m", {"to": []})) == {"unclear-recipients"}
}

test_unknown_messaging_actions_are_denied if asked("messaging.delete", "m", {}).effect == "deny"
