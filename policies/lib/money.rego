# METADATA
# title: Money
# description: >-
#   Amounts of money among the arguments of an action: `amount` in whole units, or `amount_minor` (`amount_cents`) in
#   hundredths. Text is no amount: whether "1.000" is one or a thousand depends on who reads it. Nor is nought, which some
#   processors take for everything.
# scope: package
package lib.money

# Currencies whose unit is worth about as much as the thresholds assume, and has hundredths.
usual_currencies := {"CHF", "EUR", "GBP", "USD"}

# The amount in whole units. Undefined unless it is said once, plainly, and in one usual currency.
plain := amount if {
	count(said) == 1
	count(unreadable) == 0
	usual
	some amount in said
}

unclear if not plain

# The largest amount that is said at all, whatever is wrong with the rest. Undefined when there is none.
most := max(said)

# The amount for a reason: never longer than a line, whatever was sent.
default shown := "an unstated amount"

shown := most

# What the action adds to a counter. An amount that nobody could read is nought here, and is asked about.
default counted := 0

counted := most

said contains amount if {
	amount := input.action.properties.amount
	is_number(amount)
	amount > 0
}

said contains minor / 100 if {
	some name in {"amount_cents", "amount_minor"}
	minor := input.action.properties[name]
	is_number(minor)
	minor > 0
	floor(minor) == minor
}

unreadable contains name if {
	some name in {"amount", "amount_cents", "amount_minor"}
	given := input.action.properties[name]
	not readable(given)
}

readable(given) if {
	is_number(given)
	given > 0
}

# Said by the arguments and by the resource; where they differ, both count.
currencies contains input.action.properties.currency

currencies contains input.resource.properties.currency

usual if {
	spelled := {upper(given) | some given in currencies; is_string(given)}
	every given in currencies {
		upper(given) in usual_currencies
	}
	count(spelled) <= 1
}
