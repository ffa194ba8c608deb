# METADATA
# title: Several values
# description: >-
#   One value or a list of them, as tools are given either. A list that is longer than anybody would read is one value, which
#   nothing below can read, so that what it names counts as unknown: going through thousands would hold up everybody else.
# scope: package
package lib.several

most := 100

of(value) := value if {
	is_array(value)
	count(value) <= most
} else := [value]
