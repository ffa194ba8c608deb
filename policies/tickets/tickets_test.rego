package policies.tickets_test

import data.policies.tickets

asked(verb, id, arguments) := asked_after({}, verb, id, arguments)

asked_after(history, verb, id, arguments) := said if {
	said := data.countersign.decision with input as {
		"action": {"name": $"tickets.{verb}", "properties": arguments},
		"agent": {"id": "support-bot", "owner": "lee@acme.example", "groups": []},
		"context": {},
		"history": history,
		"resource": {"type": "ticket", "id": id},
		"subject": {"type": "agent", "id": "support-bot"},
	}
}

# What the package alone says, for the many spellings of one thing.
says(verb, id, arguments) := {rule.rule | some rule in found} if {
	found := (tickets.allow | tickets.require_approval) | tickets.deny with input as {
		"action": {"name": $"tickets.{verb}", "properties": arguments},
		"resource": {"type": "ticket", "id": id},
	}
}

flows(verb, id, arguments) := found if {
	found := tickets.flow with input as {
		"action": {"name": $"tickets.{verb}", "properties": arguments},
		"resource": {"type": "ticket", "id": id},
	}
}

rules(said) := {reason.rule | some reason in said.reasons}

texts(said) := {reason.text | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

ticket := {"untrusted_read": {"at": "2026-01-15T09:58:00Z", "action": "tickets.read", "resource": "SUP-7"}}

customers := {"sensitive_read": {"at": "2026-01-15T09:59:00Z", "action": "db.read", "resource": "prod.customers"}}

token := concat("", ["gh", "p_abcdefghijklmnopqrstuvwxyz0123456789"])

test_reading_needs_nobody_and_is_remembered if {
	every verb in ["get", "history", "list", "list_comments", "read", "search", "show", "view"] {
		says(verb, "SUP-7", {}) == {"ticket-read"}
		flows(verb, "SUP-7", {}) == {"untrusted_read"}
	}
	said := asked("read", "SUP-7", {})
	said.effect == "allow"
	said.flow == ["untrusted_read"]
}

test_colleagues_are_no_strangers if {
	flows("read", "OPS-311", {}) == set()
	every id in ["OPS", "OPS-1x", "OPS-1-2", "SUP-OPS-1", "ops-1", "XOPS-1"] {
		flows("read", id, {}) == {"untrusted_read"}
	}
}

test_reading_what_is_classified_is_sensitive if {
	flows("read", "OPS-311", {"classification": "restricted"}) == {"sensitive_read"}
	flows("close", "OPS-311", {"classification": "restricted"}) == set()
}

test_a_note_for_colleagues_is_plain_work_whatever_was_read if {
	every verb in ["add_internal_note", "add_note", "internal_note", "note"] {
		says(verb, "SUP-7", {"body": "looks fine"}) == {"ticket-note"}
		says(verb, "SUP-7", {"body": "looks fine", "public": true}) == {"ticket-reply"}
	}
	says("note", "OPS-311", {"public": true}) == {"ticket-note"}
	every internal in [{"internal": true}, {"public": false}, {"visibility": "Internal"}, {"visibility": "private"}] {
		says("comment", "SUP-7", internal) == {"ticket-note"}
		flows("comment", "SUP-7", internal) == set()
	}
	asked_after({"flow": object.union(ticket, customers)}, "comment", "SUP-7", {"internal": true}).effect == "allow"
	asked_after({"flow": object.union(ticket, customers)}, "reply", "OPS-311", {}).effect == "allow"
}

test_an_answer_to_who_asked_is_plain_work if {
	every verb in ["add_comment", "comment", "create_comment", "public_reply", "reply", "respond"] {
		says(verb, "SUP-7", {"body": "done"}) == {"ticket-reply"}
		flows(verb, "SUP-7", {"body": "done"}) == {"way_out"}
	}
	said := asked_after({"flow": ticket}, "reply", "SUP-7", {"body": "done"})
	said.effect == "allow"
	said.counts == [{"counter": "ticket_replies", "amount": 0}]
}

test_an_answer_is_public_unless_it_is_plainly_internal if {
	every said in [
		{}, {"internal": false}, {"internal": "true"}, {"public": true}, {"public": null}, {"visibility": "public"}, {"visibility": "everyone"}, {"visibility": 5},
		{"internal": true, "public": true}, {"internal": true, "visibility": "public"}, {"public": false, "internal": false}, {"visibility": "internal", "public": "yes"}, {"internal": true, "visibility": 5},
	] {
		flows("reply", "SUP-7", said) == {"way_out"}
	}
	flows("reply", "OPS-311", {"public": true}) == set()
	flows("close", "SUP-7", {"public": true}) == set()
}

test_an_answer_with_customers_data_goes_to_security if {
	leak := asked_after({"flow": object.union(ticket, customers)}, "reply", "SUP-7", {"body": "done"})
	rules(leak) == {"steered-leak"}
	groups(leak) == {"security": 1}
	rules(asked_after({"flow": customers}, "reply", "SUP-7", {"body": "done"})) == {"sensitive-leaves"}
}

test_an_answer_to_others_needs_operations if {
	every verb in ["reply", "note", "update"] {
		said := asked(verb, "SUP-7", {"cc": "eve@example.com"})
		rules(said) == {"reply-to-others"}
		groups(said) == {"ops": 1}
		said.risk.level == "medium"
		texts(said) == {"sends ticket SUP-7 to 1 others outside the company"}
		said.flow == ["way_out"]
	}
	says("reply", "SUP-7", {"cc": "eve@example.com"}) == {"reply-to-others"}
	says("reply", "SUP-7", {"cc": "kim@acme.example"}) == {"ticket-reply"}
	says("read", "SUP-7", {"to": "eve@example.com"}) == {"ticket-read"}
	flows("update", "SUP-7", {"cc": "kim@acme.example"}) == set()
	flows("read", "OPS-1", {"to": "eve@example.com"}) == set()
}

test_very_many_answers_are_looked_at if {
	sent := {"counters": {"ticket_replies": {"subject": {"1h": {"count": 50}}}}}
	said := asked_after(sent, "reply", "SUP-7", {})
	rules(said) == {"many-replies"}
	groups(said) == {"ops": 1}
	said.risk.level == "medium"
	texts(said) == {"is answer number 51 to customers within an hour"}
	asked_after({"counters": {"ticket_replies": {"subject": {"1h": {"count": 49}}}}}, "reply", "SUP-7", {}).effect == "allow"
	asked_after(sent, "reply", "SUP-7", {"internal": true}).effect == "allow"
	asked_after(sent, "close", "SUP-7", {}).effect == "allow"
}

test_a_file_for_a_customer_is_looked_at if {
	every member in ["attachment", "attachments", "file", "files", "uploads"] {
		says("reply", "SUP-7", {member: "a.pdf"}) == {"ticket-reply", "attachment-leaves"}
	}
	said := asked("reply", "SUP-7", {"attachments": ["a.pdf"]})
	groups(said) == {"security": 1}
	said.risk.level == "high"
	texts(said) == {"sends a file to whoever reads ticket SUP-7"}
	every none in [[], "", null] {
		says("reply", "SUP-7", {"attachments": none}) == {"ticket-reply"}
	}
	says("reply", "SUP-7", {"body": "a.pdf"}) == {"ticket-reply"}
	says("reply", "SUP-7", {"file": "a.pdf", "internal": true}) == {"ticket-note"}
	says("update", "SUP-7", {"file": "a.pdf"}) == {"ticket-edit"}
}

test_a_key_is_never_sent_to_a_customer if {
	rules(asked("reply", "SUP-7", {"body": token})) == {"credential-leaves"}
	says("reply", "SUP-7", {"body": token, "internal": true}) == {"ticket-note"}
	says("update", "SUP-7", {"body": token}) == {"ticket-edit"}
}

test_keeping_tickets_needs_nobody if {
	every verb in [
		"assign", "close", "create", "escalate", "label", "link", "merge", "open", "prioritize", "reopen", "resolve", "set_priority", "set_status", "tag",
		"transition", "unassign", "update", "watch",
	] {
		says(verb, "SUP-7", {}) == {"ticket-edit"}
	}
	said := asked("close", "SUP-7", {})
	said.effect == "allow"
	not said.flow
	not said.counts
}

test_deleting_tickets_needs_operations if {
	every verb in ["bulk_delete", "delete", "purge", "remove"] {
		says(verb, "SUP-7", {}) == {"ticket-delete"}
		flows(verb, "SUP-7", {}) == {"irreversible"}
	}
	said := asked_after({"flow": ticket}, "delete", "SUP-7", {})
	rules(said) == {"ticket-delete", "steered-irreversible"}
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	"deletes ticket SUP-7" in texts(said)
}

test_unknown_ticket_actions_are_denied if asked("export", "SUP-7", {}).effect == "deny"
