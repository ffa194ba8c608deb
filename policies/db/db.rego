# METADATA
# title: Databases
# description: >-
#   Reading and small changes need nobody. What destroys or rewrites many rows, or changes the schema in production, is
#   countersigned by a database administrator. What is not named here is denied.
# scope: package
package policies.db

import data.lib.amount
import data.lib.environment

reads := {"db.count", "db.describe", "db.explain", "db.list", "db.read"}

schema_changes := {"db.alter", "db.create", "db.create_index", "db.migrate"}

# METADATA
# title: Reading
# description: Reading rows and plans changes nothing.
allow contains {"rule": "db-read", "reason": "reading changes nothing"} if input.action.name in reads

# METADATA
# title: Small delete
# description: Up to 100 rows can be restored from the row history by hand.
allow contains {"rule": "small-delete", "reason": "deletes at most 100 rows"} if {
	input.action.name == "db.delete"
	amount.argument("rows") <= 100
}

# METADATA
# title: Small write
# description: Up to 100 rows can be restored from the row history by hand.
allow contains {"rule": "small-write", "reason": "writes at most 100 rows"} if {
	input.action.name in {"db.insert", "db.update"}
	amount.argument("rows") <= 100
}

# METADATA
# title: Bulk delete
# description: Hundreds of rows are gone for good; somebody who knows the table looks first.
require_approval contains {
	"rule": "bulk-delete",
	"reason": $"deletes {input.action.properties.rows} rows in {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}],
	"expires_in": "15m",
} if {
	input.action.name == "db.delete"
	amount.argument("rows") > 100
}

# METADATA
# title: Bulk write
# description: Rewriting many rows is as hard to undo as deleting them.
require_approval contains {
	"rule": "bulk-write",
	"reason": $"writes {input.action.properties.rows} rows in {input.resource.id}",
	"risk": "medium",
	"seats": [{"group": "dba", "count": 1}],
	"expires_in": "30m",
} if {
	input.action.name in {"db.insert", "db.update"}
	amount.argument("rows") > 100
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
	input.action.name in {"db.delete", "db.insert", "db.update"}
	amount.unclear("rows")
}

# METADATA
# title: Drop or truncate in production
# description: Everything in it is lost at once, so two administrators must agree and say why.
require_approval contains {
	"rule": "drop-production",
	"reason": $"{input.action.name} destroys {input.resource.id} in production",
	"risk": "critical",
	"seats": [{"group": "dba", "count": 2}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	input.action.name in {"db.drop", "db.truncate"}
	environment.production
}

# METADATA
# title: Drop or truncate elsewhere
# description: Other people's test data is lost.
require_approval contains {
	"rule": "drop",
	"reason": $"{input.action.name} destroys {input.resource.id}",
	"risk": "medium",
	"seats": [{"group": "dba", "count": 1}],
} if {
	input.action.name in {"db.drop", "db.truncate"}
	not environment.production
}

# METADATA
# title: Schema change in production
# description: A schema change can lock a table or break its readers.
require_approval contains {
	"rule": "production-schema",
	"reason": $"changes the schema of {input.resource.id} in production",
	"risk": "high",
	"seats": [{"group": "dba", "count": 1}],
} if {
	input.action.name in schema_changes
	environment.production
}

# METADATA
# title: Schema change elsewhere
# description: Test schemas are rebuilt at will.
allow contains {"rule": "test-schema", "reason": "changes a schema outside production"} if {
	input.action.name in schema_changes
	not environment.production
}
