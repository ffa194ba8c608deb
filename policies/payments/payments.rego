# METADATA
# title: Payments
# description: >-
#   Small refunds and purchases need nobody, until they add up. Money that leaves is countersigned by finance; large or
#   unclear sums, and everything that decides where money will go, by finance and security together. Amounts are in whole
#   units of the currency.
# scope: package
package policies.payments

import data.lib.flow as session
import data.lib.history
import data.lib.money

looks := {
	"payments.balance", "payments.describe", "payments.get", "payments.list", "payments.quote", "payments.read",
	"payments.search", "payments.status",
}

refunds := {
	"payments.create_refund", "payments.credit", "payments.issue_refund", "payments.refund", "payments.reverse",
	"payments.void",
}

payouts := {
	"payments.create_payout", "payments.create_transfer", "payments.disburse", "payments.pay", "payments.payout",
	"payments.send", "payments.transfer", "payments.wire",
}

purchases := {"payments.buy", "payments.checkout", "payments.order", "payments.purchase"}

subscriptions := {
	"payments.cancel_subscription", "payments.create_subscription", "payments.subscribe", "payments.update_subscription",
}

charges := {
	"payments.capture", "payments.charge", "payments.create_charge", "payments.create_invoice",
	"payments.create_payment_link", "payments.invoice", "payments.send_invoice",
}

payees := {
	"payments.add_bank_account", "payments.add_beneficiary", "payments.add_payee", "payments.change_bank_details",
	"payments.create_beneficiary", "payments.create_payee", "payments.set_payout_account",
	"payments.update_bank_details", "payments.update_beneficiary", "payments.update_payee",
}

# METADATA
# title: Looking
# description: Reading payments moves no money.
allow contains {"rule": "payments-look", "reason": "moves no money"} if input.action.name in looks

# METADATA
# title: Small refund
# description: Up to 100, a refund costs less than asking about it.
allow contains {"rule": "small-refund", "reason": "refunds at most 100"} if {
	input.action.name in refunds
	small_refund
}

# METADATA
# title: Refund
# description: Above 100, finance looks at the order first.
require_approval contains {
	"rule": "refund",
	"reason": $"refunds {money.most} on {input.resource.id}",
	"risk": refund_risk,
	"seats": [{"group": "finance", "count": 1}],
} if {
	input.action.name in refunds
	money.most > 100
}

# METADATA
# title: Very large refund
# description: Above 50,000, a single deceived person must not be enough.
require_approval contains {
	"rule": "very-large-refund",
	"reason": $"refunds {money.most}, more than 50000",
	"risk": "critical",
	"seats": [{"group": "finance", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
} if {
	input.action.name in refunds
	money.most > 50000
}

# METADATA
# title: Unclear refund
# description: Without a plain amount in a usual currency nobody can tell whether it is small.
require_approval contains {
	"rule": "unclear-refund",
	"reason": $"refunds an amount on {input.resource.id} that is not plainly stated in a usual currency",
	"risk": "high",
	"seats": [{"group": "finance", "count": 1}, {"group": "security", "count": 1}],
} if {
	input.action.name in refunds
	money.unclear
}

# METADATA
# title: Small refunds add up
# description: >-
#   Forty thousand in refunds of a hundred is still forty thousand. After 1,000 in a day, small refunds are looked at too.
#   Whoever looks may let a few more of the same session pass, so that nobody is asked about each of them.
require_approval contains {
	"rule": "refunds-add-up",
	"reason": $"refunds {money.plain} after {spent} in small refunds within 24 hours, more than 1000 together",
	"risk": "medium",
	"seats": [{"group": "finance", "count": 1}],
	"session": {
		"count": 10,
		"expires_in": "30m",
		"vary": ["/arguments/amount", "/resource/id"],
		"limits": [{"pointer": "/arguments/amount", "each": 100, "total": 500}],
	},
} if {
	input.action.name in refunds
	small_refund
	spent := history.spent("small_refunds", "24h")
	spent + money.plain > 1000
}

# METADATA
# title: Refunds of a whole day
# description: A very large refund in parts is a very large refund.
require_approval contains {
	"rule": "refunds-in-total",
	"reason": $"refunds {money.most} after {spent} within 24 hours, more than 50000 together",
	"risk": "critical",
	"seats": [{"group": "finance", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
} if {
	input.action.name in refunds
	money.most <= 50000
	spent := history.spent("refunds", "24h")
	spent + money.most > 50000
}

# METADATA
# title: Many refunds
# description: Twenty within an hour is more than customers ask for, and what a loop or a thief does.
require_approval contains {
	"rule": "many-refunds",
	"reason": $"is refund number {done + 1} within an hour",
	"risk": "high",
	"seats": [{"group": "finance", "count": 1}],
} if {
	input.action.name in refunds
	done := history.times("refunds", "1h")
	done >= 20
}

# METADATA
# title: The same target again
# description: >-
#   One order is seldom refunded four times in a day, and one account seldom gets four refunds. Counted over all agents, as
#   a thief would use several.
require_approval contains {
	"rule": "same-target-again",
	"reason": $"is refund number {done + 1} to {target} within 24 hours",
	"risk": "high",
	"seats": [{"group": "finance", "count": 1}],
} if {
	input.action.name in refunds
	some target, counter in targets
	done := history.count(counter, "area", "24h")
	done >= 3
}

# METADATA
# title: More than was paid
# description: Nobody has a right to more than they paid.
require_approval contains {
	"rule": "more-than-paid",
	"reason": $"refunds {money.most} on {input.resource.id}, for which {paid} was paid",
	"risk": "high",
	"seats": [{"group": "finance", "count": 1}],
} if {
	input.action.name in refunds
	some member in {"amount", "paid", "total"}
	paid := input.resource.properties[member]
	is_number(paid)
	money.most > paid
}

# METADATA
# title: Payout
# description: Money sent to an account somebody named is rarely seen again.
require_approval contains {
	"rule": "payout",
	"reason": $"pays out {payout_amount} units to {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "finance", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
	"grant": {"expires_in": "5m", "uses": 1},
} if {
	input.action.name in payouts
}

# METADATA
# title: Payout to a fresh payee
# description: >-
#   A changed bank account and a payment right after it are how invoices are stolen. Operations call the payee on a number
#   they knew before.
require_approval contains {
	"rule": "fresh-payee",
	"reason": $"pays out to {input.resource.id}, within 24 hours of a new or changed payee",
	"risk": "critical",
	"seats": [{"group": "ops", "count": 1}],
	"reason_required": true,
} if {
	input.action.name in payouts
	fresh_payee
}

# METADATA
# title: Payouts have a ceiling
# description: What an agent may move in a day has an end, whoever agrees.
deny contains {"rule": "payout-ceiling", "reason": "pays out more than 1000000 within 24 hours"} if {
	input.action.name in payouts
	history.spent("payouts", "24h") + money.counted > 1000000
}

# METADATA
# title: Small purchase
# description: Up to 50, a purchase costs less than asking about it.
allow contains {"rule": "small-purchase", "reason": "buys for at most 50"} if {
	input.action.name in purchases
	small_purchase
}

# METADATA
# title: Purchase
# description: Money the company spends is spent by people.
require_approval contains {
	"rule": "purchase",
	"reason": $"buys {input.resource.id} for {money.shown}",
	"risk": purchase_risk,
	"seats": [{"group": "finance", "count": 1}],
} if {
	input.action.name in purchases
	not small_purchase
}

# METADATA
# title: Large purchase
# description: Above 5,000, or without a plain amount, one deceived person must not be enough.
require_approval contains {
	"rule": "large-purchase",
	"reason": $"buys {input.resource.id} for {money.shown}, and one person agrees to 5000 at most",
	"risk": "high",
	"seats": [{"group": "finance", "count": 1}, {"group": "security", "count": 1}],
} if {
	input.action.name in purchases
	not moderate_purchase
}

# METADATA
# title: Purchases add up
# description: Many small purchases are a large one.
require_approval contains {
	"rule": "purchases-add-up",
	"reason": $"buys for {money.plain} after {spent} within 24 hours, more than 250 together",
	"risk": "medium",
	"seats": [{"group": "finance", "count": 1}],
} if {
	input.action.name in purchases
	small_purchase
	spent := history.spent("small_purchases", "24h")
	spent + money.plain > 250
}

# METADATA
# title: Subscription
# description: It is paid again and again, and what ends it may end something customers use.
require_approval contains {
	"rule": "subscription",
	"reason": $"{input.action.name} for {input.resource.id}, {money.shown} each time",
	"risk": "medium",
	"seats": [{"group": "finance", "count": 1}],
} if {
	input.action.name in subscriptions
}

# METADATA
# title: Charge
# description: A customer who is charged by mistake finds out before we do.
require_approval contains {
	"rule": "charge",
	"reason": $"charges {money.shown} to {input.resource.id}",
	"risk": "medium",
	"seats": [{"group": "finance", "count": 1}],
} if {
	input.action.name in charges
}

# METADATA
# title: Payee
# description: Whoever can change where money goes need not steal it.
require_approval contains {
	"rule": "payee",
	"reason": $"{input.action.name} changes where money for {input.resource.id} goes",
	"risk": "critical",
	"seats": [{"group": "finance", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
} if {
	input.action.name in payees
}

# METADATA
# title: Data in the session
# description: Money that does not come back is not sent because a page or a ticket said so.
require_approval contains rule if some rule in session.rules(flow, "finance")

flow contains "irreversible" if input.action.name in (payouts | purchases)

# A small refund after reading a ticket is what support agents are for.
flow contains "irreversible" if {
	input.action.name in refunds
	not small_refund
}

counts contains {"counter": "refunds", "amount": money.counted} if input.action.name in refunds

counts contains {"counter": "small_refunds", "amount": money.plain} if {
	input.action.name in refunds
	small_refund
}

counts contains {"counter": counter} if {
	input.action.name in refunds
	some counter in targets
}

counts contains {"counter": "payouts", "amount": money.counted} if input.action.name in payouts

counts contains {"counter": "small_purchases", "amount": money.plain} if {
	input.action.name in purchases
	small_purchase
}

counts contains {"counter": "payees"} if input.action.name in payees

# Where a refund goes, and the counter of each. Spaces and dashes in the number of an account or a card do not make it another.
targets[target] := $"refunds_to_{substring(crypto.sha256(spelled), 0, 16)}" if {
	some target in named_targets
	spelled := strings.replace_n({" ": "", "-": "", ".": ""}, lower(target))
}

named_targets contains input.resource.id

named_targets contains given if {
	some name in {"account", "beneficiary", "card", "customer", "destination", "iban", "recipient", "to"}
	given := input.action.properties[name]
}

fresh_payee if history.times("payees", "24h") > 0

# Claims count when they make it worse, whoever makes them.
fresh_payee if {
	some name in claims_of_a_fresh_payee
	input.action.properties[name] != false
}

fresh_payee if {
	some name in claims_of_a_fresh_payee
	input.resource.properties[name] != false
}

claims_of_a_fresh_payee := {"first_payment", "new_beneficiary", "new_payee"}

small_refund if money.plain <= 100

small_purchase if money.plain <= 50

moderate_purchase if money.plain <= 5000

default payout_amount := "an unstated number of"

payout_amount := money.most

default refund_risk := "medium"

refund_risk := "high" if money.most > 1000

default purchase_risk := "high"

purchase_risk := "medium" if money.plain <= 1000
