package lib.flow_test

import data.lib.flow

page := {"at": "2026-01-15T09:58:00Z", "action": "web.fetch", "resource": "https://blog.example/", "decision_id": "dec_1"}

customers := {"at": "2026-01-15T09:59:00Z", "action": "db.read", "resource": "prod.customers", "decision_id": "dec_2"}

ruled(facts, before) := {rule.rule | some rule in found} if {
	found := flow.rules(facts, "finance") with input.history.flow as before
}

the(facts, before) := rule if {
	found := flow.rules(facts, "finance") with input.history.flow as before
	some rule in found
}

test_all_three_together_go_to_security if {
	ruled({"way_out"}, {"untrusted_read": page, "sensitive_read": customers}) == {"steered-leak"}
	rule := the({"way_out"}, {"untrusted_read": page, "sensitive_read": customers})
	rule.risk == "critical"
	rule.seats == [{"group": "security", "count": 1}]
	rule.reason_required
	rule.expires_in == "30m"
	rule.grant == {"expires_in": "5m", "uses": 1}
	rule.reason == "sends something out after reading what strangers wrote (web.fetch https://blog.example/ at 2026-01-15T09:58:00Z) and sensitive data (db.read prod.customers at 2026-01-15T09:59:00Z)"
}

test_sensitive_data_does_not_leave_unseen if {
	ruled({"way_out"}, {"sensitive_read": customers}) == {"sensitive-leaves"}
	rule := the({"way_out"}, {"sensitive_read": customers})
	rule.risk == "high"
	rule.seats == [{"group": "security", "count": 1}]
	rule.reason == "sends something out after reading sensitive data (db.read prod.customers at 2026-01-15T09:59:00Z)"
}

test_reading_and_sending_in_one_step_is_no_better if {
	ruled({"way_out", "sensitive_read"}, {}) == {"sensitive-leaves"}
	ruled({"way_out", "sensitive_read"}, {"untrusted_read": page}) == {"steered-leak"}
	the({"way_out", "sensitive_read"}, {}).reason == "sends something out after reading sensitive data (in this very action)"
	contains(the({"way_out", "sensitive_read"}, {"sensitive_read": customers}).reason, "prod.customers")
}

test_what_strangers_wrote_does_not_move_what_can_not_be_undone if {
	ruled({"irreversible"}, {"untrusted_read": page}) == {"steered-irreversible"}
	rule := the({"irreversible"}, {"untrusted_read": page})
	rule.risk == "high"
	rule.seats == [{"group": "finance", "count": 1}]
	rule.reason == "cannot be undone, and the session has read what strangers wrote (web.fetch https://blog.example/ at 2026-01-15T09:58:00Z)"
}

test_one_step_alone_is_plain_work if {
	ruled({"way_out"}, {}) == set()
	ruled({"way_out"}, {"untrusted_read": page}) == set()
	ruled({"irreversible"}, {}) == set()
	ruled({"irreversible"}, {"sensitive_read": customers}) == set()
	ruled({"sensitive_read", "untrusted_read"}, {"untrusted_read": page, "sensitive_read": customers}) == set()
	ruled(set(), {"untrusted_read": page, "sensitive_read": customers}) == set()
}

test_reading_a_page_and_sending_in_one_step_is_no_steering if {
	ruled({"way_out", "untrusted_read"}, {"sensitive_read": customers}) == {"sensitive-leaves"}
}

test_a_leak_is_said_once if {
	ruled({"way_out", "irreversible"}, {"untrusted_read": page, "sensitive_read": customers}) == {"steered-leak"}
	ruled({"way_out", "irreversible"}, {"untrusted_read": page}) == {"steered-irreversible"}
	ruled({"way_out", "irreversible"}, {"sensitive_read": customers}) == {"sensitive-leaves"}
}

test_a_fact_without_its_source_still_counts if ruled({"irreversible"}, {"untrusted_read": {}}) == {"steered-irreversible"}

test_without_history_nothing_happened if flow.rules({"way_out", "irreversible"}, "ops") == set() with input as {}
