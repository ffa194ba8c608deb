# METADATA
# title: SQL conditions
# description: >-
#   Whether a condition chooses rows at all. `1 = 1`, `id = id`, `true or …` and `id is not null` are true of every row, so
#   a statement with such a condition reaches the whole table, as one without does. And what a pair of brackets comes to for
#   what is around it: {c3} three plain values, {p} values not known yet, {all} a whole table, {x} anything else.
# scope: package
package lib.sql.conditions

import data.lib.lists
import data.lib.sql.words

# The condition of a piece of SQL. Undefined when there is none.
condition(piece) := trim_space(substring(rest, 0, end)) if {
	start := indexof(piece, " where")
	start >= 0
	rest := concat("", [substring(piece, start + 6, -1), " "])
	end := min({at | some word in enders; at := indexof(rest, word); at >= 0} | {count(rest)})
}

enders := {
	" order by ", " limit ", " returning ", " group by ", " having ", " option ", " for ", " on conflict ", " union ",
	" intersect ", " except ", " window ", " fetch ", " offset ",
}

# One of its alternatives holds for every row.
trivial(text) if {
	some alternative in split(replace(text, " || ", " or "), " or ")
	every one in split(replace(alternative, " && ", " and "), " and ") {
		holds(trim_space(one))
	}
}

holds(one) if constant(one)

holds(one) if {
	some comparison in comparisons
	[left, right] := split(one, comparison)
	same(left, right)
}

holds(one) if {
	some ending in endings
	endswith(one, ending)
}

comparisons := {" = ", " == ", " >= ", " <= ", " <=> ", " like ", " is not distinct from "}

# True of nearly every row there is. People decide whether the few it leaves out make a difference.
endings := {
	" is not null", " like '%'", " like '%%'", " ilike '%'", " in {all}", " = any {all}", " > 0", " >= 0", " <> 0", " != 0",
	" > - 1", " >= - 1", " <> ''", " != ''", " > ''", " >= ''",
}

same(left, right) if bare(left) == bare(right)

# With one table at hand, users.id and id are the same column.
same(left, right) if {
	some pair in [[bare(left), bare(right)], [bare(right), bare(left)]]
	not contains(pair[0], ".")
	endswith(pair[1], concat("", [".", pair[0]]))
}

bare(text) := replace(trim_space(text), `"`, "")

# No column is named, so the outcome is the same for every row.
constant(text) if {
	all_words := split(text, " ")
	every i, word in all_words {
		not column(all_words, i, word)
	}
}

column(_, _, "{x}")

column(all_words, i, word) if {
	words.is_name(word)
	not lists.has(data.lib.sql.literals, word)
	not function_at(all_words, i)
}

function_at(all_words, i) if startswith(all_words[i + 1], "{")

# The most rows that a condition can choose, because it names them by their key. Undefined when it does not.
keyed(text) := min(limits) if {
	not contains(text, " or ")
	not contains(text, " || ")
	limits := {limit | some one in split(text, " and "); limit := key_limit(trim_space(one))}
}

key_limit(one) := 1 if {
	[left, right] := split(one, " = ")
	regex.match(key, left)
	regex.match(`^(?:\d+|'s'|\?)(?: :: \w+)?$`, right)
}

key_limit(one) := to_number(trim(right, "{c}")) if {
	[left, right] := split(one, " in ")
	regex.match(key, left)
	startswith(right, "{c")
}

key := `^(?:[^ ]*\."?)?"?(?:id|_id|uuid|guid|pk|rowid|ctid)$`

brackets(inner) := "{all}" if whole_table(inner)

else := "{p}" if {
	constant(inner)
	contains(inner, "?")
}

else := concat("", ["{c", format_int(count(split(inner, ",")), 10), "}"]) if constant(inner)

else := "{c1}" if {
	trivial(inner)
	not contains(inner, ",")
	not startswith(inner, "select ")
}

else := "{x}"

whole_table(inner) if {
	startswith(inner, "select ")
	contains(inner, " from ")
	not chooses(inner)
}

chooses(inner) if {
	some word in {" where ", " limit ", " having ", " join ", " top ", " fetch ", " intersect ", " except "}
	contains(inner, word)
}
