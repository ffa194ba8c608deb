# METADATA
# title: SQL
# description: >-
#   What a text of SQL does, read from the text alone: from all of its statements, whatever the action that carries it is
#   called. What cannot be read the same way by everybody, and what is not known, is said to be so and never taken for
#   harmless. No database is asked: a view, a trigger or a function of somebody's own may do more than its name says.
# scope: package
package lib.sql

import data.lib.sql.statement
import data.lib.sql.tokens

# findings: what it does, each with words for people; does: only the kinds, which are
#   reads, writes, deletes, writes_all, deletes_all, drops, changes_schema, changes_rights, reaches_beyond, calls (a function
#   that is not known), sets (something that other statements depend on), moves (to another database), unknown, unclear.
# tables, names: what it mentions. rows: the most rows that it changes, absent when the text does not say.
read(text) := object.union(
	{"findings": findings, "does": {one.does | some one in findings}, "tables": tables, "names": mentioned},
	rows(said),
) if {
	is_string(text)
	count(text) <= tokens.longest
	raw := tokens.raw(text)
	count(raw) <= tokens.most
	words := tokens.plain(raw)
	words != ""
	said := [statement.read(trim_space(one)) |
		some one in split(words, ";")
		trim_space(one) != ""
	]
	findings := {finding | some one in said; some finding in one.findings} | {{"does": "unclear", "what": $"holds {why}"} |
		some why in tokens.unclear(text, raw)
	}
	tables := {table | some one in said; some table in one.tables}
	mentioned := {name | some one in said; some name in one.names}
} else := unreadable(text)

rows(said) := {"rows": sum([one.rows | some one in said])} if {
	every one in said {
		is_number(one.rows)
	}
} else := {}

unreadable(text) := nothing_but("is no text") if not is_string(text)

else := nothing_but("is too long to be read") if too_long(text)

else := nothing_but("is empty")

nothing_but(why) := {
	"findings": {{"does": "unclear", "what": why}},
	"does": {"unclear"},
	"tables": set(),
	"names": set(),
}

too_long(text) if count(text) > tokens.longest

too_long(text) if count(tokens.raw(text)) > tokens.most
