# METADATA
# description: >-
#   Numbers among the arguments of an action. Text compares as larger than any number in Rego and null as smaller, so every
#   threshold asks here first whether there is a number at all.
# scope: package
package lib.amount

argument(name) := amount if {
	amount := input.action.properties[name]
	is_number(amount)
	amount >= 0
}

unclear(name) if not argument(name)

# The largest under any of these names. Undefined when there is none, and when one of them cannot be read.
most(some_names) := max(found) if {
	given := [value | some name in some_names; value := input.action.properties[name]]
	found := [value | some value in given; is_number(value); value >= 0]
	count(found) == count(given)
}

# The argument in words, for a reason: never longer than a line, whatever was sent.
shown(name) := amount if {
	amount := argument(name)
} else := "an unstated number of"
