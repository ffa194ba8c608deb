# METADATA
# description: >-
#   What an action adds to counters, and what it does to the flow of data: said by rules, kept by intake, read by policy as
#   `input.history`. It permits nothing and denies nothing, unless it cannot be read.
# scope: package
package countersign.classification

flow_facts := {"irreversible", "sensitive_read", "untrusted_read", "way_out"}

# Members that are empty are left out, so that most verdicts stay as short as they were.
members(counted, flowing) := object.union(counts(counted), flow(flowing))

counts(counted) := {"counts": readable} if {
	readable := sort({{"counter": one.counter, "amount": amount(one)} | some one in counted; not fault(one)})
	count(readable) > 0
} else := {}

flow(flowing) := {"flow": sort(known)} if {
	known := {fact | some fact in flowing; fact in flow_facts}
	count(known) > 0
} else := {}

amount(one) := object.get(one, "amount", 0)

# A count that cannot be read must not be left out in silence: what is not counted can be split without end.
fault(one) := $"counts: {one} is not an object of counter, a name, and amount, a number from 0" if not is_readable(one)

is_readable(one) if {
	is_object(one)
	is_name(one.counter)
	is_number(amount(one))
	amount(one) >= 0
}

# An expression for this would be compiled anew for every request, which takes longer than all of the rest.
is_name(counter) if {
	is_string(counter)
	count(counter) <= 64
	trim(counter, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
	trim_left(counter, "abcdefghijklmnopqrstuvwxyz") != counter
}
