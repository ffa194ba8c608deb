# METADATA
# title: Arguments, however deep
# description: >-
#   The plain values among the arguments, each with the name it stands under: BlockPublicAcls, block_public_acls and
#   block-public-acls are one name. Documents that are given as JSON text are opened too.
# scope: package
package lib.leaves

# More than this nobody reads, and no rule looks at it: characters of text, and values.
longest := 60000

most := 2000

too_long if count(json.marshal(input.action.properties)) > longest

too_many if too_long

too_many if count(steps) > most

steps contains [path, value] if {
	not too_long
	walk(input.action.properties, [path, value])
	not is_object(value)
	not is_array(value)
}

pairs contains [name(path), value] if {
	not too_many
	some [path, value] in steps
}

pairs contains [name(path), value] if {
	not too_many
	some [_, text] in steps
	is_string(text)
	regex.match(`^\s*[{\[]`, text)
	walk(json.unmarshal(text), [path, value])
	not is_object(value)
	not is_array(value)
}

# The last step that is a name, in the common spelling: positions in lists do not count.
name(path) := spelt(names[count(names) - 1]) if {
	names := [step | some step in path; is_string(step)]
	count(names) > 0
} else := ""

spelt(text) := replace(replace(replace(lower(text), "_", ""), "-", ""), " ", "")

values(some_names) := {value | some [key, value] in pairs; key in some_names}

# A flag is on or off, however it is written.
on(value) if value in {true, "true", "True", "TRUE", 1, "1", "yes", "on", "enabled", "Enabled"}

off(value) if value in {false, "false", "False", "FALSE", 0, "0", "no", "off", "disabled", "Disabled", "Suspended", "suspended"}

is_on(some_names) if {
	some value in values(some_names)
	on(value)
}

is_off(some_names) if {
	some value in values(some_names)
	off(value)
}
