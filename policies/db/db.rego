# METADATA
# title: Databases
# description: >-
#   Reading and small changes need nobody. What destroys or rewrites many rows, changes the schema or the rights, reaches
#   beyond the tables or cannot be read is countersigned by a database administrator. A statement is judged by what it
#   does, whatever the action that carries it is called. What is not named here is denied.
# scope: package
package policies.db

import data.lib.database
import data.lib.flow as dataflow
import data.lib.history
import data.lib.lists
import data.lib.names
import data.lib.rows

# What can be restored from the row history by hand.
small := 100

# What one agent, person or session deletes or writes in small pieces in a day, before somebody looks.
daily := {"deletes": 1000, "writes": 5000}

# METADATA
# title: Database incident
# description: >-
#   Whoever is on call may let a held change run alone, for a quarter of an hour. Security is told at once and reviews it
#   within a day. What is denied stays denied.
break_glass contains {
	"rule": "db-incident",
	"reason": "whoever is on call may act alone in an incident",
	"groups": ["oncall"],
	"duration": "15m",
	"notify": ["security"],
	"review": {"groups": ["security"], "within": "24h"},
}

# METADATA
# title: Reading
# description: Reading rows and plans changes nothing.
allow contains {"rule": "db-read", "reason": "reading changes nothing"} if database.only_reads

# METADATA
# title: Small delete
# description: Up to 100 rows can be restored from the row history by hand.
allow contains {"rule": "small-delete", "reason": "deletes at most 100 rows"} if {
	small_change
	"deletes" in database.effects
}

# METADATA
# title: Small write
# description: Up to 100 rows can be restored from the row history by hand.
allow contains {"rule": "small-write", "reason": "writes at most 100 rows"} if {
	small_change
	"writes" in database.effects
}

# METADATA
# title: Schema change elsewhere
# description: Test schemas are rebuilt at will.
allow contains {"rule": "test-schema", "reason": "changes a schema outside production"} if {
	database.recognised
	"changes_schema" in database.effects
	count(database.effects - {"changes_schema", "reads"}) == 0
	not database.production
}

# METADATA
# title: Backup
# description: A copy that stays where backups are kept can only help.
allow contains {"rule": "db-backup", "reason": "keeps a copy where backups are kept"} if {
	database.recognised
	database.effects == {"keeps_copy"}
	not sent_somewhere
}

# METADATA
# title: No statement
# description: Nobody can say what a statement does that is not there.
deny contains {
	"rule": "statement-missing",
	"reason": $"{input.action.name} carries no statement: put the SQL into the argument \"statement\"",
} if {
	database.claimed == {"runs"}
	not database.stated
}

# METADATA
# title: Bulk delete
# description: Hundreds of rows are gone for good; somebody who knows the table looks first.
require_approval contains {
	"rule": "bulk-delete",
	"reason": $"deletes {rows.most} rows in {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}],
	"expires_in": "15m",
} if {
	"deletes" in database.effects
	rows.most > small
}

# METADATA
# title: Bulk write
# description: Rewriting many rows is as hard to undo as deleting them.
require_approval contains {
	"rule": "bulk-write",
	"reason": $"writes {rows.most} rows in {input.resource.id}",
	"risk": "medium",
	"seats": [{"group": "dba", "count": 1}],
	"expires_in": "30m",
} if {
	"writes" in database.effects
	rows.most > small
}

# METADATA
# title: Unbounded change
# description: A change that does not say how many rows it touches may touch all of them.
require_approval contains {
	"rule": "unbounded-change",
	"reason": $"changes rows in {input.resource.id} without saying how many",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}],
	"expires_in": "15m",
} if {
	some effect in {"deletes", "writes"}
	effect in database.effects
	not rows.most
	not whole_table
}

# METADATA
# title: Many small deletes
# description: A large delete in small pieces is a large delete.
require_approval contains {
	"rule": "many-deletes",
	"reason": $"deletes {rows.most} rows after {history.spent("deletes", "24h")} in the last 24 hours, more than {daily.deletes} together",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}],
	"expires_in": "15m",
} if {
	piecemeal("deletes")
	history.spent("deletes", "24h") + rows.most > daily.deletes
}

# METADATA
# title: Many small writes
# description: A large rewrite in small pieces is a large rewrite.
require_approval contains {
	"rule": "many-writes",
	"reason": $"writes {rows.most} rows after {history.spent("writes", "24h")} in the last 24 hours, more than {daily.writes} together",
	"risk": "medium",
	"seats": [{"group": "dba", "count": 1}],
	"expires_in": "30m",
} if {
	piecemeal("writes")
	history.spent("writes", "24h") + rows.most > daily.writes
}

# METADATA
# title: Whole table in production
# description: >-
#   Without a condition that chooses, a table is emptied or rewritten as a whole, which is what dropping it comes to. Two
#   administrators must agree and say why.
require_approval contains {
	"rule": "whole-table-production",
	"reason": $"{whole_table} in {input.resource.id}, in production",
	"risk": "critical",
	"seats": [{"group": "dba", "count": 2}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	database.production
	whole_table
}

# METADATA
# title: Whole table elsewhere
# description: Other people's test data is lost.
require_approval contains {
	"rule": "whole-table",
	"reason": $"{whole_table} in {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}],
	"expires_in": "15m",
} if {
	not database.production
	whole_table
}

# METADATA
# title: Drop or truncate in production
# description: Everything in it is lost at once, so two administrators must agree and say why.
require_approval contains {
	"rule": "drop-production",
	"reason": $"{destruction} in production",
	"risk": "critical",
	"seats": [{"group": "dba", "count": 2}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	"drops" in database.effects
	database.production
}

# METADATA
# title: Drop or truncate elsewhere
# description: Other people's test data is lost.
require_approval contains {
	"rule": "drop",
	"reason": destruction,
	"risk": "medium",
	"seats": [{"group": "dba", "count": 1}],
} if {
	"drops" in database.effects
	not database.production
}

# METADATA
# title: Schema change in production
# description: A schema change can lock a table or break its readers.
require_approval contains {
	"rule": "production-schema",
	"reason": $"{database.told("changes_schema", "changes the schema")} of {input.resource.id} in production",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}],
} if {
	"changes_schema" in database.effects
	database.production
}

# METADATA
# title: Rights in a database
# description: Whoever can give rights in a database can give themselves all of them.
require_approval contains {
	"rule": "database-rights",
	"reason": $"{database.told("changes_rights", $"{input.action.name} changes rights")} in {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "dba", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	"changes_rights" in database.effects
}

# METADATA
# title: Beyond the tables
# description: >-
#   Files, programs, other servers and code that is kept for later are not covered by the rights on a table.
require_approval contains {
	"rule": "beyond-the-tables",
	"reason": $"{database.told("reaches_beyond", $"{input.action.name} reaches beyond the tables")} on {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "dba", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	"reaches_beyond" in database.effects
}

# METADATA
# title: Copy of a database
# description: Whoever holds the copy holds everything in it, without any of its rules.
require_approval contains {
	"rule": "database-copy",
	"reason": $"{input.action.name} copies {input.resource.id} {whereto}",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}, {"group": "security", "count": 1}],
} if {
	copied
}

# METADATA
# title: Overwriting from a copy
# description: What was written since the copy was made is lost.
require_approval contains {
	"rule": "database-overwrite",
	"reason": $"{input.action.name} overwrites {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "dba", "count": 2}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	"overwrites" in database.effects
}

# METADATA
# title: Unknown function
# description: A function of somebody's own can do anything, also in the middle of a SELECT.
require_approval contains {
	"rule": "unknown-function",
	"reason": $"{database.told("calls", "calls something unknown")} on {input.resource.id}",
	"risk": "medium",
	"seats": [{"group": "dba", "count": 1}],
} if {
	"calls" in database.effects
}

# METADATA
# title: Settings
# description: What later statements mean depends on it, and who looks at them later does not see it.
require_approval contains {
	"rule": "database-settings",
	"reason": $"{database.told("sets", "changes settings")} on {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}],
} if {
	"sets" in database.effects
}

# METADATA
# title: Unreadable statement
# description: >-
#   Databases read it differently, or nobody here knows it. A person can; a rule that guesses can be led astray.
require_approval contains {
	"rule": "unreadable-statement",
	"reason": $"a statement on {input.resource.id} {unreadable}",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	unreadable
}

# METADATA
# title: Misnamed
# description: An agent that calls a delete a read is mistaken or misled, and so may be everything else it says.
require_approval contains {
	"rule": "misnamed-statement",
	"reason": $"is called {input.action.name}, but {concat("; ", sort(surprises))}",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}],
	"reason_required": true,
} if {
	count(surprises) > 0
}

# METADATA
# title: Credentials
# description: Who has read a credential can use it, from anywhere.
require_approval contains {
	"rule": "credential-read",
	"reason": $"reads {concat(", ", sort(credentials))} in {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	"reads" in database.effects
	count(credentials) > 0
}

# METADATA
# title: Deceptive name
# description: A name that people take for another one makes them approve another thing than they think.
require_approval contains {
	"rule": "deceptive-name",
	"reason": "the name of the resource holds characters that people do not see or take for others",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	count(database.effects) > 0
	names.suspicious(input.resource.id)
}

require_approval contains rule if some rule in dataflow.rules(flow, "dba")

# What adds up: only what nobody is asked about.
counts contains {"counter": effect, "amount": rows.most} if {
	some effect in {"deletes", "writes"}
	piecemeal(effect)
}

flow contains "sensitive_read" if {
	reads_something
	count(sensitive) > 0
}

flow contains "sensitive_read" if copied

flow contains "way_out" if copied

flow contains "way_out" if "reaches_beyond" in database.effects

flow contains "irreversible" if {
	some effect in {"deletes_all", "drops", "overwrites", "writes_all"}
	effect in database.effects
}

flow contains "irreversible" if {
	"deletes" in database.effects
	not few
}

# A change of few rows, by a name that is known altogether.
small_change if {
	database.recognised
	count(database.effects - {"deletes", "reads", "writes"}) == 0
	few
}

piecemeal(effect) if {
	effect in database.effects
	few
}

few if rows.most <= small

whole_table := told({"deletes_all", "writes_all"})

unreadable := told({"unclear", "unknown"})

# The words for effects of any of these kinds. Undefined when there are none.
told(kinds) := concat("; ", sort(whats)) if {
	whats := {finding.what | some finding in database.findings; finding.does in kinds}
	count(whats) > 0
}

destruction := $"{what} on {input.resource.id}" if {
	what := told({"drops"})
} else := $"{input.action.name} destroys {input.resource.id}"

# What each claim covers. What nobody can read surprises nobody, and is asked about as such.
covered := {
	"changes_rights": {"changes_rights"},
	"changes_schema": {"changes_schema", "deletes", "reads", "writes", "writes_all"},
	"deletes": {"deletes", "deletes_all", "reads"},
	"drops": {"deletes", "deletes_all", "drops", "reads"},
	"reads": {"reads"},
	"writes": {"reads", "writes", "writes_all"},
}

surprises contains finding.what if {
	count(database.claimed) > 0
	not "runs" in database.claimed
	some finding in database.findings
	not finding.does in {"calls", "moves", "sets", "unclear", "unknown"}
	every claim in database.claimed {
		not finding.does in object.get(covered, claim, set())
	}
}

copied if "copies_out" in database.effects

copied if {
	"keeps_copy" in database.effects
	sent_somewhere
}

destinations := ["bucket", "destination", "location", "output", "path", "target", "to", "uri", "url"]

sent_somewhere if {
	some name in destinations
	_ = input.action.properties[name]
}

whereto := $"to {places[0]}" if {
	places := [given | some name in destinations; given := input.action.properties[name]; is_string(given)]
	count(places) > 0
} else := "to a place that is not stated"

reads_something if {
	some effect in {"reads", "copies_out"}
	effect in database.effects
}

# What is touched, without what qualifies it.
touched contains names.last(input.resource.id)

touched contains names.last(table) if some table in database.tables

touched contains names.last(input.action.properties[name]) if some name in ["collection", "table"]

sensitive contains name if {
	some name in touched
	some list in data.db.sensitive
	lists.has_any(list, split(name, "_"))
}

sensitive contains name if {
	some name in database.mentioned
	lists.has(data.db.columns, name)
}

sensitive contains name if some name in credentials

# Without the lists nobody knows what is sensitive.
sensitive contains "everything" if not data.db.sensitive

credentials contains name if {
	some name in (touched | database.mentioned)
	lists.has(data.db.credentials, name)
}
