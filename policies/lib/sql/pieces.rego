# METADATA
# title: What a piece of SQL does
# description: >-
#   Says of one piece, which begins with a verb, what it does and in what words a person is told. And how many rows it
#   changes, where that can be known from the text alone.
# scope: package
package lib.sql.pieces

import data.lib.sql.conditions
import data.lib.sql.words

# The object has `does` and `what`. Undefined for a piece that begins with no verb: it does nothing of its own.
does(piece) := effect(piece[0], piece, concat("", [concat(" ", piece), " "]))

effect("select", _, text) := {"does": "changes_schema", "what": $"creates {created} from what it selects"} if {
	[_, into] := split(text, " into ")
	created := words.shown(split(into, " ")[0])
	not created in {"?", "dumpfile", "outfile"}
} else := {"does": "reads", "what": "reads"}

effect("update", piece, text) := {"does": "writes_all", "what": $"changes every row of {words.target(piece)}"} if {
	everything(text)
} else := {"does": "writes", "what": $"changes rows of {words.target(piece)}"}

effect("delete", piece, text) := {"does": "deletes_all", "what": $"deletes every row of {words.target(piece)}"} if {
	everything(text)
} else := {"does": "deletes", "what": $"deletes rows of {words.target(piece)}"}

effect("truncate", piece, _) := {"does": "drops", "what": $"empties {words.target(piece)}"}

effect("drop", piece, _) := {"does": kind, "what": $"runs {words.phrase(piece, 6)}"} if {
	kind := words.kind(data.lib.sql.drops, piece[1])
} else := {"does": "drops", "what": $"runs {words.phrase(piece, 6)}"}

effect(verb, piece, _) := {"does": "writes", "what": $"writes into {words.target(piece)}"} if {
	verb in {"insert", "merge", "replace", "upsert"}
}

effect(verb, piece, _) := {"does": object_kind(piece), "what": $"runs {words.phrase(piece, 6)}"} if {
	verb in {"alter", "create"}
}

effect(verb, piece, _) := {"does": "changes_rights", "what": $"runs {words.phrase(piece, 8)}"} if {
	verb in {"grant", "revoke"}
}

effect(verb, piece, _) := {"does": "reaches_beyond", "what": $"runs {words.phrase(piece, 4)}"} if {
	verb in {"call", "exec", "execute"}
}

# The first of the next words that says what is created or altered.
object_kind(piece) := kinds[0] if {
	kinds := [kind | some word in array.slice(piece, 1, 7); kind := words.kind(data.lib.sql.objects, word)]
	count(kinds) > 0
} else := "unknown"

# Nothing chooses among the rows, and nothing limits their number.
everything(text) if {
	not limit(text)
	not chosen(text)
}

chosen(text) if {
	condition := conditions.condition(text)
	not conditions.trivial(condition)
}

limit(text) := to_number(found[0][1]) if {
	found := regex.find_all_string_submatch_n(` limit (\d+) `, text, 1)
}

# The most rows that the piece changes. Undefined when its text does not say.
rows(piece) := rows_of(piece[0], concat("", [concat(" ", piece), " "]))

rows_of(verb, text) := limit(text) if {
	verb in {"delete", "update"}
} else := conditions.keyed(conditions.condition(text)) if {
	verb in {"delete", "update"}
	one_table(split(text, " where ")[0])
}

rows_of(verb, text) := count(tuples) if {
	verb in {"insert", "replace", "upsert"}
	[_, values] := split(text, " values ")
	tuples := [word | some word in split(split(values, " on ")[0], " "); startswith(word, "{")]
	count(tuples) > 0
}

one_table(head) if {
	not contains(split(head, " set ")[0], ",")
	not regex.match(` (?:join|using) |^update .* from `, head)
}

changes(piece) if piece[0] in {"delete", "insert", "merge", "replace", "update", "upsert"}
