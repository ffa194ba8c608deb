package policies.payments_test

asked(name, id, arguments) := said if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": arguments},
		"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
		"context": {},
		"resource": {"type": "order", "id": id},
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

rules(said) := {reason.rule | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

test_looking_needs_nobody if asked("payments.read", "order-1", {}).effect == "allow"

test_a_small_refund_needs_nobody if asked("payments.refund", "order-1", {"amount": 100, "currency": "EUR"}).effect == "allow"

test_a_refund_needs_finance if {
	said := asked("payments.refund", "order-1", {"amount": 40000})
	groups(said) == {"finance": 1}
	said.risk.level == "high"
	said.reasons[0].text == "refunds 40000 on order-1"
}

test_a_moderate_refund_is_a_moderate_risk if asked("payments.refund", "o", {"amount": 100.01}).risk.level == "medium"

test_a_very_large_refund_needs_security_too if {
	said := asked("payments.refund", "order-1", {"amount": 50001})
	groups(said) == {"finance": 1, "security": 1}
	said.risk == {"level": "critical", "factors": ["very-large-refund"]}
}

test_an_amount_that_is_not_plain_is_never_allowed if {
	every arguments in [{}, {"amount": "50"}, {"amount": null}, {"amount": -5}, {"amount": 5, "currency": "BTC"}, {"amount": 5, "currency": null}] {
		said := asked("payments.refund", "order-1", arguments)
		said.effect == "require_approval"
		rules(said) == {"unclear-refund"}
	}
}

test_payouts_need_two_groups if groups(asked("payments.payout", "acct-1", {"amount": 1})) == {"finance": 1, "security": 1}

test_unknown_payment_actions_are_denied if asked("payments.mint", "order-1", {}).effect == "deny"
