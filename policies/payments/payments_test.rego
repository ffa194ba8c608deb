package policies.payments_test

import data.policies.payments

asked(name, id, arguments) := asked_after({}, name, id, arguments)

asked_after(history, name, id, arguments) := said if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": arguments},
		"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
		"context": {},
		"history": history,
		"resource": {"type": "order", "id": id},
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

# What the package alone says, whichever of its rules decides.
says(history, verb, arguments, claims) := {rule.rule | some rule in found} if {
	found := payments.allow | payments.require_approval with input as {
		"action": {"name": $"payments.{verb}", "properties": arguments},
		"history": history,
		"resource": {"type": "order", "id": "o", "properties": claims},
	}
}

rules(said) := {reason.rule | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

counted(said) := {one.counter: one.amount | some one in said.counts}

text(said, rule) := reason.text if {
	some reason in said.reasons
	reason.rule == rule
}

# What one counter held before this action.
past(counter, scope, window, held) := {"counters": {counter: {scope: {window: held}}}}

untrusted := {"flow": {"untrusted_read": {"at": "2026-01-15T09:58:00Z", "action": "tickets.read", "resource": "SUP-7", "decision_id": "dec_1"}}}

test_looking_needs_nobody if {
	every verb in ["balance", "describe", "get", "list", "quote", "read", "search", "status"] {
		said := asked($"payments.{verb}", "order-1", {})
		said.effect == "allow"
		not said.counts
		not said.flow
	}
}

test_a_small_refund_needs_nobody if {
	every verb in ["create_refund", "credit", "issue_refund", "refund", "reverse", "void"] {
		said := asked($"payments.{verb}", "order-1", {"amount": 100, "currency": "EUR"})
		said.effect == "allow"
		rules(said) == {"small-refund"}
		not said.flow
	}
	asked("payments.refund", "order-1", {"amount_minor": 10000, "currency": "eur"}).effect == "allow"
}

test_a_refund_needs_finance if {
	said := asked("payments.refund", "order-1", {"amount": 40000})
	groups(said) == {"finance": 1}
	said.risk.level == "high"
	said.reasons == [{"rule": "refund", "text": "refunds 40000 on order-1"}]
	said.flow == ["irreversible"]
	every verb in ["create_refund", "credit", "issue_refund", "reverse", "void"] {
		rules(asked($"payments.{verb}", "order-1", {"amount_minor": 10001})) == {"refund"}
	}
}

test_a_moderate_refund_is_a_moderate_risk if {
	asked("payments.refund", "o", {"amount": 100.01}).risk.level == "medium"
	asked("payments.refund", "o", {"amount": 1000}).risk.level == "medium"
	asked("payments.refund", "o", {"amount": 1001}).risk.level == "high"
}

test_a_very_large_refund_needs_security_too if {
	said := asked("payments.refund", "order-1", {"amount": 50001})
	groups(said) == {"finance": 1, "security": 1}
	said.risk == {"level": "critical", "factors": ["very-large-refund"]}
	said.approval.reason_required
	text(said, "very-large-refund") == "refunds 50001, more than 50000"
	rules(asked("payments.refund", "order-1", {"amount": 50000})) == {"refund"}
}

test_an_amount_that_is_not_plain_is_never_allowed if {
	every arguments in [
		{}, {"amount": "50"}, {"amount": "100.00"}, {"amount": null}, {"amount": -5}, {"amount": 0}, {"amount": [5]},
		{"amount": 5, "currency": "BTC"}, {"amount": 5, "currency": null}, {"amount": 5, "amount_minor": 10000},
		{"amount_minor": 0.5}, {"amount": {"value": 5, "currency": "EUR"}},
	] {
		said := asked("payments.refund", "order-1", arguments)
		said.effect == "require_approval"
		rules(said) == {"unclear-refund"}
		groups(said) == {"finance": 1, "security": 1}
		said.risk.level == "high"
		said.flow == ["irreversible"]
	}
}

test_what_is_unclear_and_large_is_both if {
	rules(asked("payments.refund", "o", {"amount": 60000, "currency": "JPY"})) == {"refund", "very-large-refund", "unclear-refund"}
}

test_small_refunds_are_free_until_they_add_up if {
	every scope in ["subject", "principal", "session"] {
		asked_after(past("small_refunds", scope, "24h", {"sum": 900}), "payments.refund", "o", {"amount": 100}).effect == "allow"
		said := asked_after(past("small_refunds", scope, "24h", {"sum": 901}), "payments.refund", "o", {"amount": 100})
		rules(said) == {"refunds-add-up"}
		groups(said) == {"finance": 1}
		said.risk.level == "medium"
		text(said, "refunds-add-up") == "refunds 100 after 901 in small refunds within 24 hours, more than 1000 together"
	}
	rules(asked_after(past("small_refunds", "subject", "24h", {"sum": 5000}), "payments.refund", "o", {"amount": 200})) == {"refund"}
	rules(asked_after(past("small_refunds", "subject", "24h", {"sum": 5000}), "payments.refund", "o", {})) == {"unclear-refund"}
	asked_after(past("small_refunds", "area", "24h", {"sum": 5000}), "payments.refund", "o", {"amount": 100}).effect == "allow"
}

test_forty_thousand_in_refunds_of_a_hundred_is_caught_at_the_eleventh if {
	alone := [n | some n in numbers.range(1, 12); asked_after(past("small_refunds", "subject", "24h", {"sum": (n - 1) * 100}), "payments.refund", $"order-{n}", {"amount": 100}).effect == "allow"]
	count(alone) == 10
}

test_a_very_large_refund_in_parts_needs_security_too if {
	said := asked_after(past("refunds", "session", "24h", {"sum": 10001}), "payments.refund", "o", {"amount": 40000})
	rules(said) == {"refund", "refunds-in-total"}
	groups(said) == {"finance": 1, "security": 1}
	said.risk.level == "critical"
	said.approval.reason_required
	text(said, "refunds-in-total") == "refunds 40000 after 10001 within 24 hours, more than 50000 together"
	rules(asked_after(past("refunds", "session", "24h", {"sum": 10000}), "payments.refund", "o", {"amount": 40000})) == {"refund"}
	rules(asked_after(past("refunds", "session", "24h", {"sum": 49950}), "payments.refund", "o", {"amount": 51})) == {"refunds-in-total"}
	rules(asked_after(past("refunds", "session", "24h", {"sum": 1}), "payments.refund", "o", {"amount": 50000})) == {"refund", "refunds-in-total"}
	rules(asked_after(past("refunds", "session", "24h", {"sum": 1}), "payments.refund", "o", {"amount": 60000})) == {"refund", "very-large-refund"}
}

test_a_burst_of_refunds_is_looked_at if {
	asked_after(past("refunds", "subject", "1h", {"count": 19}), "payments.refund", "o", {"amount": 1}).effect == "allow"
	said := asked_after(past("refunds", "subject", "1h", {"count": 20}), "payments.refund", "o", {"amount": 1})
	rules(said) == {"many-refunds"}
	groups(said) == {"finance": 1}
	said.risk.level == "high"
	text(said, "many-refunds") == "is refund number 21 within an hour"
}

test_the_same_target_again_is_looked_at_whoever_refunds if {
	counter := [name | some name, _ in counted(asked("payments.refund", "order-1", {"amount": 1})); startswith(name, "refunds_to_")][0]
	asked_after(past(counter, "area", "24h", {"count": 2}), "payments.refund", "order-1", {"amount": 1}).effect == "allow"
	said := asked_after(past(counter, "area", "24h", {"count": 3}), "payments.refund", "order-1", {"amount": 1})
	rules(said) == {"same-target-again"}
	groups(said) == {"finance": 1}
	said.risk.level == "high"
	text(said, "same-target-again") == "is refund number 4 to order-1 within 24 hours"
	asked_after(past(counter, "area", "24h", {"count": 3}), "payments.refund", "order-2", {"amount": 1}).effect == "allow"
}

test_every_name_of_a_target_is_counted_however_it_is_spelt if {
	usual := object.keys(counted(asked("payments.refund", "o", {"amount": 1, "iban": "CH93 0076 2011 6238 5295 7"})))
	count(usual) == 4
	every name in ["account", "beneficiary", "card", "customer", "destination", "iban", "recipient", "to"] {
		every spelling in ["CH9300762011623852957", "ch93-0076-2011-6238-5295.7"] {
			object.keys(counted(asked("payments.refund", "o", {"amount": 1, name: spelling}))) == usual
		}
	}
	count(counted(asked("payments.refund", "o", {"amount": 1, "to": 5}))) == 3
	count(counted(asked("payments.refund", "o", {"amount": 1, "note": "x"}))) == 3
}

test_refunds_are_counted_in_whole_units if {
	said := counted(asked("payments.refund", "o", {"amount_minor": 5000}))
	said.refunds == 50
	said.small_refunds == 50
	large := counted(asked("payments.refund", "o", {"amount": 500}))
	large.refunds == 500
	not large.small_refunds
	unclear := counted(asked("payments.refund", "o", {"amount": "500"}))
	unclear.refunds == 0
	not unclear.small_refunds
}

test_nobody_gets_back_more_than_was_paid if {
	every member in ["amount", "paid", "total"] {
		said := data.countersign.decision with input as {
			"action": {"name": "payments.refund", "properties": {"amount": 50}},
			"resource": {"type": "order", "id": "order-1", "properties": {member: 49}},
		}
		rules(said) == {"more-than-paid"}
		groups(said) == {"finance": 1}
		said.risk.level == "high"
		text(said, "more-than-paid") == "refunds 50 on order-1, for which 49 was paid"
	}
	every paid in [50, "49", null] {
		said := data.countersign.decision with input as {
			"action": {"name": "payments.refund", "properties": {"amount": 50}},
			"resource": {"type": "order", "id": "order-1", "properties": {"amount": paid}},
		}
		said.effect == "allow"
	}
}

test_payouts_need_two_groups if {
	every verb in ["create_payout", "create_transfer", "disburse", "pay", "payout", "send", "transfer", "wire"] {
		said := asked($"payments.{verb}", "acct-1", {"amount": 1})
		rules(said) == {"payout"}
		groups(said) == {"finance": 1, "security": 1}
		said.risk.level == "critical"
		said.approval.reason_required
		said.grant == {"expires_in": 300, "uses": 1}
		said.flow == ["irreversible"]
		counted(said) == {"payouts": 1}
	}
	text(asked("payments.payout", "acct-1", {"amount": 1}), "payout") == "pays out 1 units to acct-1"
	text(asked("payments.payout", "acct-1", {}), "payout") == "pays out an unstated number of units to acct-1"
}

test_a_payout_to_a_fresh_payee_needs_operations_too if {
	said := asked_after(past("payees", "session", "24h", {"count": 1}), "payments.payout", "acct-1", {"amount": 1})
	rules(said) == {"payout", "fresh-payee"}
	groups(said) == {"finance": 1, "ops": 1, "security": 1}
	said.approval.reason_required
	text(said, "fresh-payee") == "pays out to acct-1, within 24 hours of a new or changed payee"
	rules(asked_after(past("payees", "session", "24h", {"count": 0}), "payments.payout", "acct-1", {"amount": 1})) == {"payout"}
	rules(asked_after(past("payees", "session", "24h", {"count": 1}), "payments.refund", "o", {"amount": 1})) == {"small-refund"}
	every name in ["first_payment", "new_beneficiary", "new_payee"] {
		rules(asked("payments.payout", "acct-1", {"amount": 1, name: true})) == {"payout", "fresh-payee"}
		rules(asked("payments.payout", "acct-1", {"amount": 1, name: false})) == {"payout"}
		rules(asked("payments.payout", "acct-1", {"amount": 1, name: "no"})) == {"payout", "fresh-payee"}
	}
}

test_a_claim_about_the_payee_makes_it_worse if {
	said := data.countersign.decision with input as {
		"action": {"name": "payments.payout", "properties": {"amount": 1}},
		"resource": {"type": "account", "id": "acct-1", "properties": {"new_payee": true}},
	}
	rules(said) == {"payout", "fresh-payee"}
}

test_payouts_have_a_ceiling_that_nobody_lifts if {
	asked("payments.payout", "acct-1", {"amount": 1000000}).effect == "require_approval"
	said := asked("payments.payout", "acct-1", {"amount": 1000001})
	said.effect == "deny"
	rules(said) == {"payout-ceiling"}
	asked_after(past("payouts", "principal", "24h", {"sum": 999999}), "payments.wire", "a", {"amount": 1}).effect == "require_approval"
	asked_after(past("payouts", "principal", "24h", {"sum": 999999}), "payments.wire", "a", {"amount": 2}).effect == "deny"
	asked("payments.refund", "o", {"amount": 1000001}).effect == "require_approval"
}

test_a_small_purchase_needs_nobody if {
	every verb in ["buy", "checkout", "order", "purchase"] {
		said := asked($"payments.{verb}", "book", {"amount": 50, "currency": "USD"})
		rules(said) == {"small-purchase"}
		said.effect == "allow"
		said.flow == ["irreversible"]
		counted(said) == {"small_purchases": 50}
		rules(asked($"payments.{verb}", "book", {"amount": 51})) == {"purchase"}
	}
}

test_a_purchase_needs_finance if {
	said := asked("payments.purchase", "laptop", {"amount": 1000})
	groups(said) == {"finance": 1}
	said.risk.level == "medium"
	text(said, "purchase") == "buys laptop for 1000"
	not said.counts
	rules(asked("payments.purchase", "laptop", {"amount": 5000})) == {"purchase"}
	asked("payments.purchase", "laptop", {"amount": 1001}).risk.level == "high"
}

test_a_large_or_unclear_purchase_needs_security_too if {
	every arguments in [{"amount": 5001}, {}, {"amount": "10"}, {"amount": 10, "currency": "BTC"}] {
		said := asked("payments.purchase", "laptop", arguments)
		rules(said) == {"purchase", "large-purchase"}
		groups(said) == {"finance": 1, "security": 1}
		said.risk.level == "high"
	}
	text(asked("payments.buy", "laptop", {}), "large-purchase") == "buys laptop for an unstated amount, and one person agrees to 5000 at most"
	text(asked("payments.buy", "laptop", {}), "purchase") == "buys laptop for an unstated amount"
}

test_small_purchases_add_up if {
	asked_after(past("small_purchases", "subject", "24h", {"sum": 200}), "payments.buy", "book", {"amount": 50}).effect == "allow"
	said := asked_after(past("small_purchases", "subject", "24h", {"sum": 201}), "payments.buy", "book", {"amount": 50})
	rules(said) == {"purchases-add-up"}
	groups(said) == {"finance": 1}
	said.risk.level == "medium"
	text(said, "purchases-add-up") == "buys for 50 after 201 within 24 hours, more than 250 together"
	rules(asked_after(past("small_purchases", "subject", "24h", {"sum": 201}), "payments.buy", "tv", {"amount": 500})) == {"purchase"}
	rules(asked_after(past("small_purchases", "subject", "24h", {"sum": 201}), "payments.refund", "o", {"amount": 50})) == {"small-refund"}
}

test_subscriptions_need_finance if {
	every verb in ["cancel_subscription", "create_subscription", "subscribe", "update_subscription"] {
		said := asked($"payments.{verb}", "plan-1", {"amount": 9})
		rules(said) == {"subscription"}
		groups(said) == {"finance": 1}
		said.risk.level == "medium"
		text(said, "subscription") == $"payments.{verb} for plan-1, 9 each time"
	}
}

test_charging_customers_needs_finance if {
	every verb in ["capture", "charge", "create_charge", "create_invoice", "create_payment_link", "invoice", "send_invoice"] {
		said := asked($"payments.{verb}", "customer-1", {"amount": 9})
		rules(said) == {"charge"}
		groups(said) == {"finance": 1}
		said.risk.level == "medium"
		text(said, "charge") == "charges 9 to customer-1"
	}
}

test_changing_where_money_goes_needs_two_groups if {
	every verb in [
		"add_bank_account", "add_beneficiary", "add_payee", "change_bank_details", "create_beneficiary", "create_payee",
		"set_payout_account", "update_bank_details", "update_beneficiary", "update_payee",
	] {
		said := asked($"payments.{verb}", "vendor-1", {"iban": "CH93"})
		rules(said) == {"payee"}
		groups(said) == {"finance": 1, "security": 1}
		said.risk.level == "critical"
		said.approval.reason_required
		counted(said) == {"payees": 0}
		text(said, "payee") == $"payments.{verb} changes where money for vendor-1 goes"
	}
}

test_money_does_not_leave_because_a_ticket_said_so if {
	rules(asked_after(untrusted, "payments.payout", "a", {"amount": 1})) == {"payout", "steered-irreversible"}
	rules(asked_after(untrusted, "payments.buy", "book", {"amount": 1})) == {"steered-irreversible"}
	rules(asked_after(untrusted, "payments.refund", "o", {"amount": 101})) == {"refund", "steered-irreversible"}
	groups(asked_after(untrusted, "payments.buy", "book", {"amount": 1})) == {"finance": 1}
}

test_a_small_refund_after_reading_a_ticket_is_plain_work if asked_after(untrusted, "payments.refund", "o", {"amount": 100}).effect == "allow"

test_unknown_payment_actions_are_denied if asked("payments.mint", "order-1", {}).effect == "deny"

test_only_what_is_small_is_allowed_as_small if {
	says({}, "refund", {"amount": 101}, {}) == {"refund"}
	says({}, "buy", {"amount": 51}, {}) == {"purchase"}
}

busy := {"counters": {
	"refunds": {"subject": {"1h": {"count": 99}, "24h": {"sum": 49000}}},
	"small_refunds": {"subject": {"24h": {"sum": 9000}}},
	"small_purchases": {"subject": {"24h": {"sum": 9000}}},
}}

test_limits_of_refunds_are_not_those_of_other_payments if {
	says(busy, "payout", {"amount": 60000}, {"paid": 1}) == {"payout"}
	says(busy, "payout", {"amount": 1}, {"paid": 0}) == {"payout"}
	says(busy, "payout", {"amount": 2000}, {"paid": 0}) == {"payout"}
	says(busy, "buy", {"amount": 51}, {"paid": 0}) == {"purchase"}
	says(busy, "read", {"amount": 1}, {"paid": 0, "new_payee": true}) == {"payments-look"}
	says(busy, "charge", {}, {}) == {"charge"}
}

test_other_claims_about_a_resource_mean_nothing if {
	says({}, "refund", {"amount": 50}, {"weight": 49}) == {"small-refund"}
	says({}, "payout", {"amount": 50}, {"verified": true}) == {"payout"}
}
