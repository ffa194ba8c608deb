# METADATA
# title: Verbs
# description: >-
#   What an action's name says, word by word: `aws.ec2.terminate_instances` says ec2, terminate and instances. A word may
#   raise what is asked. Only a name that consists of known words altogether may lower it.
# scope: package
package lib.verbs

# The name without its area: the first segment of a dotted name has chosen the package.
segments := array.slice(all, 1, count(all)) if {
	all := split(input.action.name, ".")
	count(all) > 1
} else := [input.action.name] if is_string(input.action.name)

words := {word | some segment in segments; some word in split(segment, "_"); word != ""}

# One of its words is in the list.
says(list) if {
	padded := concat("", [" ", list, " "])
	some word in padded_words
	contains(padded, word)
}

# Nothing in the name is unknown, so that `db.read_and_purge` is not taken for reading.
only(list) if {
	count(words) > 0
	padded := concat("", [" ", list, " "])
	every word in padded_words {
		contains(padded, word)
	}
}

padded_words := {concat("", [" ", word, " "]) | some word in words}
