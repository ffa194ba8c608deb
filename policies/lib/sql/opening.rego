# METADATA
# title: How a statement of SQL begins
# description: >-
#   What follows from its first word when that is none of the verbs that may stand anywhere. A first word that is not known
#   is never harmless: it may be a procedure, or a command of a database that nobody here has heard of.
# scope: package
package lib.sql.opening

import data.lib.lists
import data.lib.sql.shape
import data.lib.sql.words

does(rest, all_pieces) := of(split(rest, " ")[0], rest, all_pieces)

of(first, rest, all_pieces) := set() if first in shape.verbs

# These only introduce what a verb behind or within them does.
else := set() if introduces(first, all_pieces)

else := set() if transaction(rest)

else := setting(rest) if first == "set"

else := pragma(rest) if first == "pragma"

else := copy(rest) if first == "copy"

else := {{"does": "moves", "what": $"runs {words.phrase(split(rest, " "), 2)}"}} if first == "use"

else := set() if words.kind(data.lib.sql.leads, first) == "plain"

else := {{"does": kind, "what": $"runs {words.phrase(split(rest, " "), 6)}"}} if {
	kind := words.kind(data.lib.sql.leads, first)
}

else := {{"does": "unknown", "what": $"begins with {words.shown(first)}, which is not known"}}

introduces(first, all_pieces) if {
	first in {"desc", "describe", "explain", "with"}
	with_verb(all_pieces)
}

introduces(first, all_pieces) if {
	startswith(first, "{")
	with_verb(all_pieces)
}

with_verb(all_pieces) if {
	some piece in all_pieces
	piece[0] in shape.verbs
}

# BEGIN alone opens a transaction; with anything else behind it, it opens a block of code.
transaction(rest) if {
	regex.match(`^(?:begin|start transaction|commit|end|rollback|abort)(?: |$)`, rest)
	every word in split(rest, " ") {
		lists.has(data.lib.sql.transactions, word)
	}
}

transaction(rest) if regex.match(`^(?:savepoint|release(?: savepoint)?|rollback (?:work |transaction )?to(?: savepoint)?) [^ ]+$`, rest)

setting(rest) := set() if lists.has(data.lib.sql.settings, set_name(rest))

else := set() if startswith(set_name(rest), "?")

else := {{"does": "changes_rights", "what": $"runs {words.phrase(split(rest, " "), 6)}"}} if {
	set_name(rest) in {"password", "role", "authorization"}
}

else := {{"does": "sets", "what": $"runs {words.phrase(split(rest, " "), 6)}"}}

# GLOBAL reaches everybody, so it is no part to be skipped.
set_name(rest) := [word | some word in split(rest, " "); not word in {"set", "session", "local"}][0]

pragma(rest) := {{"does": "reads", "what": "reads"}} if {
	lists.has(data.lib.sql.functions.pragmas, words.bare(split(rest, " ")[1]))
	not contains(rest, "=")
} else := {{"does": "sets", "what": $"runs {words.phrase(split(rest, " "), 6)}"}}

# From and to the client only; everything else is a file or another server.
copy(rest) := {{"does": "writes", "what": $"copies into {words.target(split(rest, " "))}"}} if {
	contains(rest, " from stdin")
} else := {{"does": "reads", "what": "copies to the client"}} if {
	contains(rest, " to stdout")
} else := {{"does": "reaches_beyond", "what": $"runs {words.phrase(split(rest, " "), 4)}"}}
