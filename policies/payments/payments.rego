# METADATA
# title: Payments
# description: >-
#   Small refunds need nobody. Larger ones are countersigned by finance, and very large ones and payouts by finance and
#   security together. Amounts are in whole units of the currency.
# scope: package
package policies.payments

import data.lib.amount

# Currencies whose unit is worth about as much as the thresholds below assume.
usual_currencies := {"CHF", "EUR", "GBP", "USD"}

# METADATA
# title: Looking
# description: Reading payments moves no money.
allow contains {"rule": "payments-look", "reason": "moves no money"} if {
	input.action.name in {"payments.get", "payments.list", "payments.quote", "payments.read"}
}

# METADATA
# title: Small refund
# description: Up to 100, a refund costs less than asking about it.
allow contains {"rule": "small-refund", "reason": "refunds at most 100"} if {
	input.action.name == "payments.refund"
	amount.argument("amount") <= 100
	not unusual_currency
}

# METADATA
# title: Refund
# description: Above 100, finance looks at the order first.
require_approval contains {
	"rule": "refund",
	"reason": $"refunds {input.action.properties.amount} on {input.resource.id}",
	"risk": refund_risk,
	"seats": [{"group": "finance", "count": 1}],
} if {
	input.action.name == "payments.refund"
	amount.argument("amount") > 100
}

# METADATA
# title: Very large refund
# description: Above 50,000, a single deceived person must not be enough.
require_approval contains {
	"rule": "very-large-refund",
	"reason": $"refunds {input.action.properties.amount}, more than 50000",
	"risk": "critical",
	"seats": [{"group": "finance", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
} if {
	input.action.name == "payments.refund"
	amount.argument("amount") > 50000
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
	input.action.name == "payments.refund"
	unclear
}

# METADATA
# title: Payout
# description: Money sent to an account somebody named is rarely seen again.
require_approval contains {
	"rule": "payout",
	"reason": $"pays out {amount.shown("amount")} units to {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "finance", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
	"grant": {"expires_in": "5m", "uses": 1},
} if {
	input.action.name in {"payments.payout", "payments.transfer"}
}

unclear if amount.unclear("amount")

unclear if unusual_currency

unusual_currency if {
	given := input.action.properties.currency
	not given in usual_currencies
}

default refund_risk := "medium"

refund_risk := "high" if amount.argument("amount") > 1000
