# METADATA
# title: One statement of SQL
# description: >-
#   Everything that one statement does: how it begins, its pieces, its clauses, and the functions it calls.
# scope: package
package lib.sql.statement

import data.lib.lists
import data.lib.sql.names
import data.lib.sql.opening
import data.lib.sql.pieces
import data.lib.sql.shape
import data.lib.sql.words

read(text) := object.union(
	{
		"findings": found(text, parts),
		"tables": names.tables(parts.segments),
		"names": names.all(parts.segments),
	},
	rows_of([piece | some piece in parts.pieces; pieces.changes(piece)]),
) if {
	folded := shape.fold(text)
	segments := folded.inner | {folded.rest}
	parts := {
		"rest": folded.rest,
		"whole": folded.whole,
		"segments": segments,
		"pieces": [piece | some segment in segments; some piece in shape.pieces(segment)],
	}
}

# A plan is not carried out, unless ANALYZE asks for that.
found(text, parts) := {{"does": "reads", "what": "asks for a plan"}} | unfolded(parts) if {
	regex.match(`^(?:explain|describe|desc) `, text)
	not regex.match(` analy[sz]e(?: |$)`, text)
}

# Who gives rights names verbs that nobody runs.
else := ({{"does": "changes_rights", "what": $"runs {words.phrase(split(text, " "), 8)}"}} | clauses(text)) | unfolded(parts) if {
	regex.match(`^(?:deny|grant|revoke) `, text)
}

else := union({
	opening.does(parts.rest, parts.pieces),
	{does | some piece in parts.pieces; does := pieces.does(piece)},
	clauses(text),
	calls(text, parts.segments),
	unfolded(parts),
})

# The sum over all pieces that change rows, when each of them says how many.
rows_of(changing) := {"rows": sum(known)} if {
	known := [count | some piece in changing; count := pieces.rows(piece)]
	count(known) == count(changing)
} else := {}

unfolded(parts) := set() if parts.whole

else := {{"does": "unclear", "what": "holds brackets that do not match, or too many of them"}}

clauses(text) := {{"does": kind, "what": what} |
	some kind, phrases in data.lib.sql.clauses
	some phrase, what in phrases
	lists.has(text, phrase)
}

calls(text, segments) := {call | some name in names.functions(segments); call := called(text, name)}

called(_, name) := {"does": "reaches_beyond", "what": $"calls {words.shown(name)}"} if {
	words.reaches_beyond(name)
}

# What is created may name types and indexes that look like functions; it calls nothing yet.
called(text, name) := {"does": "calls", "what": $"calls {words.shown(name)}, which is not known to only read"} if {
	not words.reaches_beyond(name)
	not words.computes(name)
	not regex.match(`^(?:create|alter) `, text)
}
