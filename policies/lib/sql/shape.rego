# METADATA
# title: SQL, piece by piece
# description: >-
#   Takes a statement apart into pieces that each do one thing: what stands between brackets is folded away from the inside
#   out, and what is left is cut before every word that can begin a statement. Some databases need no semicolon between two
#   statements, so such a word counts wherever it stands.
# scope: package
package lib.sql.shape

import data.lib.sql.conditions

# Words that begin a statement wherever they stand.
verbs := {
	"alter", "call", "create", "delete", "drop", "exec", "execute", "grant", "insert", "merge", "replace", "revoke",
	"select", "truncate", "update", "upsert",
}

# How many different pairs of brackets there may be on one level. Levels are bounded by the steps below.
widest := 400

# Flat pieces of text, without brackets: the statement itself, and what stood between brackets in it.
fold(statement) := {"rest": trim_space(last.text), "inner": last.inner, "whole": whole(last.text)} if {
	first := {"text": concat("", [" ", statement, " "]), "inner": set()}
	third := step(step(step(first)))
	sixth := step(step(step(third)))
	ninth := step(step(step(sixth)))
	last := step(step(step(ninth)))
}

step(state) := state if not contains(state.text, "(")

else := {"text": strings.replace_n(marks, state.text), "inner": (state.inner | {trim(one, "() ") | some one, _ in marks})} if {
	found := {match[0] | some match in regex.find_all_string_submatch_n(`\([^()]*\)`, state.text, -1)}
	count(found) <= widest
	marks := {one: conditions.brackets(trim(one, "() ")) | some one in found}
} else := state

default whole(_) := true

whole(text) := false if regex.match(`[()]`, text)

# Pieces that begin with a verb, and the words before the first.
pieces(text) := [array.slice(words, from, to) |
	words := split(text, " ")
	starts := [i | some i, word in words; word in verbs; begins(words, i)]
	bounds := array.concat(array.concat([0], starts), [count(words)])
	some k, from in bounds
	to := bounds[k + 1]
	to > from
]

begins(words, i) if not aside(words, i)

# The word is a function, a column in a list, a lock, or what happens on a conflict or to a reference.
aside(words, i) if {
	words[i] in {"insert", "replace", "truncate"}
	startswith(words[i + 1], "{")
}

aside(words, i) if {
	words[i] == "replace"
	words[i - 1] == "or"
}

aside(words, i) if {
	words[i - 1] == ","
	not words[i + 1] in {"column", "constraint", "from", "index", "into", "partition", "table"}
}

aside(words, i) if {
	words[i] == "update"
	words[i - 1] in {"do", "for"}
}

aside(words, i) if {
	words[i] == "update"
	array.slice(words, i - 2, i) in {["duplicate", "key"], ["no", "key"]}
}

aside(words, i) if {
	words[i] in {"delete", "update"}
	words[i - 1] == "on"
	words[i + 1] in {"cascade", "restrict", "set"}
}

aside(words, i) if {
	words[i] in {"delete", "update"}
	words[i - 1] == "on"
	array.slice(words, i + 1, i + 3) == ["no", "action"]
}

aside(words, i) if {
	words[i - 1] == "then"
	"merge" in words
}
