# METADATA
# title: Data
# description: >-
#   Small amounts of harmless data inside the company need nobody. Personal data, large amounts and anything that leaves the
#   company are countersigned by a data owner, and by security where it leaves. What is sensitive is not for the agent to
#   say: names of data sets and columns count beside what it claims.
# scope: package
package policies.data

import data.lib.destination
import data.lib.exports
import data.lib.flow as dataflow
import data.lib.history
import data.lib.names

# Rows that one agent, person or session moves or reads in small pieces in a day, before somebody looks.
daily := 5000

# METADATA
# title: Catalogue
# description: Looking at the catalogue moves no data.
allow contains {"rule": "data-catalogue", "reason": "looks at the catalogue only"} if exports.does == "looks"

# METADATA
# title: Reading
# description: The agent needs data to work with. That it has read sensitive data is remembered.
allow contains {"rule": "data-read", "reason": "reads at most 1,000 rows, or harmless ones"} if {
	exports.does == "reads"
	readable
}

# METADATA
# title: Small internal export
# description: Up to 1,000 rows of data anybody here may see, to a place of our own.
allow contains {"rule": "small-export", "reason": "exports at most 1,000 harmless rows inside the company"} if {
	exports.does == "moves"
	exports.recognised
	exports.few
	exports.harmless
	destination.all_ours
	not exports.anybody
}

# METADATA
# title: Sharing harmless data with colleagues
# description: Anybody here may see it anyway.
allow contains {"rule": "internal-share", "reason": "shares harmless data inside the company"} if {
	exports.does == "shares"
	exports.recognised
	exports.harmless
	destination.all_ours
	not exports.anybody
}

# METADATA
# title: Taking a share back
# description: Fewer people see it than before.
allow contains {"rule": "data-unshare", "reason": "takes a share back"} if exports.does == "unshares"

# METADATA
# title: Sensitive data
# description: Data about people, or of unknown kind, is handed out by those who answer for it.
require_approval contains {
	"rule": "sensitive-export",
	"reason": $"{verb} {exports.shown_rows} rows classified {exports.classification} from {input.resource.id}{because}",
	"risk": "high",
	"seats": [{"group": "data-owners", "count": 1}],
} if {
	exports.does in {"moves", "shares"}
	not exports.harmless
}

# METADATA
# title: Large export
# description: Harmless rows in large numbers are not harmless any more.
require_approval contains {
	"rule": "large-export",
	"reason": $"exports {exports.shown_rows} rows from {input.resource.id}",
	"risk": "medium",
	"seats": [{"group": "data-owners", "count": 1}],
} if {
	exports.does == "moves"
	not exports.few
}

# METADATA
# title: Large read of sensitive data
# description: An agent that has read all customers is a copy of all customers.
require_approval contains {
	"rule": "large-read",
	"reason": $"reads {exports.shown_rows} rows classified {exports.classification} from {input.resource.id}",
	"risk": "medium",
	"seats": [{"group": "data-owners", "count": 1}],
} if {
	exports.does == "reads"
	not readable
	not exports.restricted
}

# METADATA
# title: Restricted data
# description: Restricted data is read with the knowledge of those who answer for it.
require_approval contains {
	"rule": "restricted-read",
	"reason": $"reads restricted data from {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "data-owners", "count": 1}],
} if {
	exports.does == "reads"
	exports.restricted
}

# METADATA
# title: Many small exports
# description: A large export in small pieces is a large export.
require_approval contains {
	"rule": "many-exports",
	"reason": $"exports {exports.rows} rows after {history.spent("exported_rows", "24h")} in the last 24 hours, more than {daily} together",
	"risk": "medium",
	"seats": [{"group": "data-owners", "count": 1}],
} if {
	exports.does == "moves"
	exports.few
	history.spent("exported_rows", "24h") + exports.rows > daily
}

# METADATA
# title: Many small reads of sensitive data
# description: All customers, a thousand at a time, are all customers.
require_approval contains {
	"rule": "many-reads",
	"reason": $"reads {exports.rows} rows after {history.spent("sensitive_rows", "24h")} in the last 24 hours, more than {daily} together",
	"risk": "medium",
	"seats": [{"group": "data-owners", "count": 1}],
} if {
	reads_sensitive
	exports.few
	history.spent("sensitive_rows", "24h") + exports.rows > daily
}

# METADATA
# title: Data leaves the company
# description: What has left cannot be called back.
require_approval contains {
	"rule": "outside-export",
	"reason": $"sends {exports.shown_rows} rows from {input.resource.id} to {concat(", ", sort(destination.shown))}",
	"risk": "high",
	"seats": [{"group": "data-owners", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
} if {
	leaves
	not exports.anybody
}

# METADATA
# title: Open to anybody
# description: A link that works for whoever has it is found, forwarded and indexed.
require_approval contains {
	"rule": "public-share",
	"reason": $"opens {input.resource.id} to anybody",
	"risk": "critical",
	"seats": [{"group": "data-owners", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
} if {
	exports.does in {"moves", "shares"}
	exports.anybody
}

# METADATA
# title: Restricted data stays
# description: Restricted data never leaves the company through an agent.
deny contains {"rule": "restricted-stays", "reason": "restricted data must not leave the company"} if {
	exports.restricted
	goes_out
}

# METADATA
# title: Deletion of a data set
# description: A data set is deleted by those who answer for it.
require_approval contains {
	"rule": "data-delete",
	"reason": $"deletes {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "data-owners", "count": 1}],
} if {
	exports.does == "deletes"
}

# METADATA
# title: Loading
# description: What is loaded is believed by all who read it, and may take the place of what was there.
require_approval contains {
	"rule": "data-load",
	"reason": $"loads {exports.shown_rows} rows into {input.resource.id}",
	"risk": "medium",
	"seats": [{"group": "data-owners", "count": 1}],
} if {
	exports.does == "loads"
}

# METADATA
# title: Classification
# description: Whoever says that data is harmless decides who may take it.
require_approval contains {
	"rule": "data-label",
	"reason": $"changes how {input.resource.id} is classified",
	"risk": "high",
	"seats": [{"group": "data-owners", "count": 1}, {"group": "security", "count": 1}],
} if {
	exports.does == "labels"
}

# METADATA
# title: Deceptive name
# description: A name that people take for another one makes them approve another thing than they think.
require_approval contains {
	"rule": "deceptive-name",
	"reason": "the name of the data holds characters that people do not see or take for others",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	exports.does
	names.suspicious(input.resource.id)
}

require_approval contains rule if some rule in dataflow.rules(flow, "data-owners")

# What adds up: only what nobody is asked about.
counts contains {"counter": "exported_rows", "amount": exports.rows} if {
	exports.does == "moves"
	exports.few
}

counts contains {"counter": "sensitive_rows", "amount": exports.rows} if {
	reads_sensitive
	exports.few
}

flow contains "sensitive_read" if {
	exports.does in {"moves", "reads", "shares"}
	not exports.harmless
}

flow contains "way_out" if goes_out

flow contains "irreversible" if exports.does == "deletes"

readable if exports.harmless

readable if {
	exports.few
	not exports.restricted
}

reads_sensitive if {
	exports.does == "reads"
	not exports.harmless
}

leaves if {
	exports.does in {"moves", "shares"}
	not destination.all_ours
}

goes_out if leaves

goes_out if {
	exports.does in {"moves", "shares"}
	exports.anybody
}

verb := {"moves": "exports", "shares": "shares"}[exports.does]

# Why it counts as sensitive although it is said not to be.
because := $", which speaks of {concat(", ", sort(exports.telling))}" if {
	count(exports.telling) > 0
} else := ""
