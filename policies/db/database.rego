# METADATA
# title: Databases, spelt out
# description: The rules for databases, for actions that begin with database.
# scope: package
package policies.database

import data.policies.db

deny := db.deny

require_approval := db.require_approval

allow := db.allow

counts := db.counts

flow := db.flow
