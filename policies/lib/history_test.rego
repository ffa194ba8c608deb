package lib.history_test

import data.lib.history

past := {
	"counters": {"refunds": {
		"subject": {"24h": {"count": 3, "sum": 120, "denies": 1, "resources": 2}},
		"principal": {"24h": {"count": 9, "sum": 80, "denies": 2, "resources": 4}},
		"session": {"1h": {"count": 1, "sum": 900, "denies": 0, "resources": 1}},
		"area": {"24h": {"count": 700, "sum": 70000, "denies": 0, "resources": 600}},
	}},
	"flow": {"untrusted_read": {"at": "2026-01-15T09:58:00Z", "action": "web.fetch", "resource": "https://a.example/"}},
}

test_what_was_counted_is_read_by_scope_and_window if {
	history.sum("refunds", "subject", "24h") == 120 with input.history as past
	history.count("refunds", "principal", "24h") == 9 with input.history as past
	history.denies("refunds", "principal", "24h") == 2 with input.history as past
	history.resources("refunds", "area", "24h") == 600 with input.history as past
}

test_what_was_never_counted_is_zero if {
	every given in [{}, {"history": {}}, {"history": past}, {"history": {"counters": {"refunds": {"subject": {"1h": {"sum": "9"}}}}}}] {
		history.sum("refunds", "subject", "1h") == 0 with input as given
		history.count("payouts", "subject", "24h") == 0 with input as given
	}
}

test_a_limit_is_asked_of_the_agent_the_person_and_the_session if {
	history.spent("refunds", "24h") == 120 with input.history as past
	history.times("refunds", "24h") == 9 with input.history as past
	history.spent("refunds", "1h") == 900 with input.history as past
}

test_everybody_together_is_not_somebody if history.times("refunds", "24h") < 700 with input.history as past

test_a_fact_about_data_is_there_or_is_not if {
	history.flow("untrusted_read").action == "web.fetch" with input.history as past
	not history.flow("sensitive_read") with input.history as past
	not history.flow("untrusted_read") with input as {}
}
