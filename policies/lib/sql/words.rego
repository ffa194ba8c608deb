# METADATA
# title: SQL vocabulary
# description: >-
#   Looks words up in data.yaml. What is not in it is not known, and what is not known is never taken for harmless.
# scope: package
package lib.sql.words

import data.lib.lists

# The kind under which a table of lists has the word: the gravest, should it stand in two of them.
kind(table, word) := [kind | some kind in gravest_first; lists.has(table[kind], word)][0]

gravest_first := ["reaches_beyond", "changes_rights", "drops", "changes_schema", "reads", "plain"]

# The last part of a name: what the schema in front of it qualifies.
bare(word) := parts[count(parts) - 1] if parts := split(shown(word), ".")

shown(word) := replace(word, `"`, "")

# A function of the database itself. One in another schema may be anybody's, whatever it is called.
computes(word) if {
	regex.match(`^"?(?:pg_catalog\.)?[^.]+$`, word)
	name := bare(word)
	some list in data.lib.sql.functions
	lists.has(list, name)
}

reaches_beyond(word) if {
	not computes(word)
	name := bare(word)
	stem := split(name, "_")[0]
	some key in {name, concat("", [stem, "_*"]), concat("", [stem, "*"])}
	lists.has(data.lib.sql.beyond, key)
}

# The first name after a verb: what it works on.
target(piece) := found[0] if {
	found := [shown(word) |
		some i, word in piece
		i > 0
		is_name(word)
		not lists.has(data.lib.sql.noise, word)
	]
	count(found) > 0
} else := "something"

# The first words of a text, as a person reads them.
phrase(all_words, length) := concat(" ", [shown(word) |
	some word in array.slice(all_words, 0, length)
	not regex.match(`^[{'$]`, word)
])

# A name or a keyword: nothing else begins with a letter or a quote.
is_name(word) if contains(`"_abcdefghijklmnopqrstuvwxyz`, substring(concat("", [word, " "]), 0, 1))
