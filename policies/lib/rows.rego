# METADATA
# title: Rows
# description: >-
#   How many rows a change reaches. Text compares as larger than any number in Rego and null as smaller, so only a plain
#   number counts, and one number that cannot be read makes all of them unclear.
# scope: package
package lib.rows

import data.lib.database
import data.lib.verbs

numbers := {
	"affected_rows", "estimated_rows", "expected_rows", "max_rows", "num_rows", "row_count", "rows", "rows_affected",
}

# Names that also mean other things: they count when nothing plainer is said.
ceilings := {"count", "limit"}

# The most rows that are changed. Undefined when nobody says so.
most := max([stated_rows, said_rows]) if {
	database.stated
} else := stated_rows if database.stated

else := said_rows

# What the statements say themselves: all of them, or it counts for nothing.
stated_rows := sum([reading.rows | some reading in database.readings]) if {
	database.stated
	every reading in database.readings {
		is_number(reading.rows)
	}
}

said_rows := inserted if not counted

else := amounts(numbers) if mentions(numbers)

else := amounts(ceilings) if {
	mentions(ceilings)
	not mentions(numbers)
}

else := count(keys) if {
	not mentions(numbers)
	not mentions(ceilings)
	not chosen_otherwise
	count(keys) > 0
}

counted if is_number(input.action.properties.rows)

mentions(some_names) if {
	some name in some_names
	_ = input.action.properties[name]
}

amounts(some_names) := max(found) if {
	given := [value | some name in some_names; value := input.action.properties[name]]
	found := [amount | some value in given; amount := amount_of(value)]
	count(found) == count(given)
}

amount_of(value) := value if {
	is_number(value)
	value >= 0
}

# Rows named one by one.
keys contains key if {
	some name in {"id", "pk", "primary_key", "record_id", "row_id", "uuid"}
	key := input.action.properties[name]
	is_plain(key)
}

keys contains key if {
	some name in {"ids", "keys", "pks", "primary_keys", "record_ids", "row_ids", "uuids"}
	is_array(input.action.properties[name])
	some key in input.action.properties[name]
}

is_plain(key) if {
	is_string(key)
	not key in {"", "*", "%", "all"}
}

is_plain(key) if is_number(key)

# With a condition or a statement beside them, keys choose nothing.
chosen_otherwise if count(database.conditions) > 0

chosen_otherwise if database.stated

# An insert brings its rows along.
inserted := sum([size(value) | some value in brought]) if {
	verbs.says("add append insert")
	brought := [value |
		some name in ["data", "document", "documents", "entries", "items", "record", "records", "row", "rows", "values"]
		value := input.action.properties[name]
	]
	count(brought) > 0
	every value in brought {
		size(value) > 0
	}
}

size(value) := 1 if is_object(value)

size(value) := count(value) if {
	is_array(value)
	every one in value {
		is_record(one)
	}
}

is_record(one) if is_object(one)

is_record(one) if is_array(one)
