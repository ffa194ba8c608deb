# METADATA
# title: What a request does to a database
# description: >-
#   Puts together what the action's name claims and what its statements do. A harmless name lowers nothing: the effects of
#   both count. A name counts as reading only when every word of it is known.
# scope: package
package lib.database

import data.lib.environment
import data.lib.leaves
import data.lib.sql
import data.lib.sql.tokens
import data.lib.verbs

# Words in an action's name, by what they claim it does.
claims := {
	"reads": concat(" ", [
		"aggregate browse check count describe exists explain fetch find get inspect introspect list lookup peek preview read",
		"sample scan search select show stat stats status view",
	]),
	"runs": "command exec execute queries query raw run script sql statement statements",
	"deletes": "clean cleanup delete erase expire prune purge remove",
	"writes": "add append insert merge modify patch put replace save set store update upsert write",
	"drops": "clear destroy drop empty flush reset truncate wipe",
	"changes_schema": "alter create ddl migrate migration rename reindex vacuum",
	"changes_rights": "chown grant revoke",
	"copies_out": "clone copy dump export replicate unload",
	"keeps_copy": "backup snapshot",
	"overwrites": "import load restore rollback",
	"reaches_beyond": "attach call failover kill procedure promote restart shutdown terminate",
}

# Words that say what is meant, and nothing about what is done to it.
nouns := concat(" ", [
	"a batch bulk by catalog collection column columns constraint constraints data database databases db doc docs document",
	"documents entries entry field fields for foreign from id ids in index indexes indices info information into item items key",
	"keys many metadata multiple of on one plan record records row rowcount rows schema schemas size table tables the to version",
	"views where with",
])

# Parts of a schema: to add or remove one is not to write rows.
structure := "column columns constraint constraints database databases index indexes schema schemas table tables"

# Who may do what: to change one of these is to change rights.
rights := concat(" ", [
	"access login logins owner password passwords permission permissions policies policy privilege privileges role roles user",
	"users",
])

recognised if verbs.only(concat(" ", array.concat([nouns, rights], [list | some list in claims])))

claimed contains kind if {
	some kind, list in claims
	not kind in {"deletes", "writes"}
	verbs.says(list)
}

claimed contains kind if {
	some kind in {"deletes", "writes"}
	verbs.says(claims[kind])
	not verbs.says(structure)
}

claimed contains "changes_schema" if {
	verbs.says(claims.writes)
	verbs.says(structure)
}

claimed contains "drops" if {
	verbs.says(claims.deletes)
	verbs.says(structure)
}

claimed contains "changes_rights" if {
	verbs.says(rights)
	not verbs.only(concat(" ", [claims.reads, claims.runs, nouns, rights]))
}

# Everything that is given as SQL, wherever clients put it.
statement_names := [
	"command", "commands", "queries", "query", "query_string", "query_text", "raw_query", "raw_sql", "script", "sql",
	"sql_query", "sql_statement", "sql_text", "statement", "statements", "stmt",
]

given contains value if {
	some name in statement_names
	value := input.action.properties[name]
}

given contains value if {
	some holder in ["args", "arguments", "body", "input", "params", "parameters", "request"]
	held := input.action.properties[holder]
	some name in statement_names
	value := held[name]
}

texts contains text if {
	some value in given
	some text in listed(value)
}

listed(value) := value if {
	is_array(value)
	count(value) > 0
} else := [value]

stated if some _ in given

# Many long statements at once are no better read than one that is too long.
readings := [sql.read(text) | some text in texts] if {
	sum([count(text) | some text in texts; is_string(text)]) <= 2 * tokens.longest
} else := [sql.nothing_but("is too long to be read")]

# A condition on its own goes into a statement, and may bring more than a condition along.
conditions contains value if {
	some name in {"condition", "conditions", "criteria", "filter", "where", "where_clause"}
	value := input.action.properties[name]
}

condition_readings contains sql.read(concat("", ["delete from it where ", value])) if {
	changing
	some value in conditions
	is_string(value)
}

changing if "deletes" in claimed

changing if "writes" in claimed

findings contains finding if {
	some reading in readings
	some finding in reading.findings
}

findings contains finding if {
	some reading in condition_readings
	some finding in reading.findings
	not finding.does in {"deletes", "deletes_all"}
}

findings contains {"does": everything, "what": $"has a condition that is true of every row of {input.resource.id}"} if {
	some reading in condition_readings
	"deletes_all" in reading.does
}

findings contains {"does": "unclear", "what": "carries more than anybody reads"} if {
	count(claimed) > 0
	structured
	leaves.too_long
}

structured if {
	some member in structures
	value := input.action.properties[member]
	not is_string(value)
}

structures := ["command", "filter", "pipeline", "query", "update"]

# Stages and operators of document databases that do more than read, wherever they stand.
findings contains {"does": operators[step], "what": $"uses {step}"} if {
	count(claimed) > 0
	structured
	not leaves.too_long
	some member in structures
	value := input.action.properties[member]
	walk(value, [path, _])
	step := path[count(path) - 1]
	operators[step]
}

operators := {
	"$accumulator": "reaches_beyond",
	"$function": "reaches_beyond",
	"$merge": "writes_all",
	"$out": "drops",
	"$where": "reaches_beyond",
}

# An empty filter, as document databases have it, chooses every document.
findings contains {"does": everything, "what": $"has an empty condition, which is true of every row of {input.resource.id}"} if {
	changing
	some value in conditions
	value in {{}, [], ""}
}

everything := "deletes_all" if "deletes" in claimed

else := "writes_all"

# To run a statement is to do what the statement does. A name that claims nothing known is nobody's business here.
effects := (claimed - {"runs"}) | {finding.does | some finding in findings} if count(claimed) > 0

else := set()

tables contains table if {
	some reading in readings
	some table in reading.tables
}

mentioned contains name if {
	some reading in readings
	some name in reading.names
}

production if environment.production

production if "moves" in effects

production if {
	some table in tables
	environment.mentions_production(table)
}

only_reads if {
	recognised
	count(claimed) > 0
	count(effects - {"reads"}) == 0
}

# What people are told of one kind of effect: in the words of the statements, or else in those of the action.
told(kind, usual) := concat("; ", sort(whats)) if {
	whats := {finding.what | some finding in findings; finding.does == kind}
	count(whats) > 0
} else := usual
