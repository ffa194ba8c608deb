# METADATA
# title: SQL
# description: The rules for databases, for actions that begin with sql.
# scope: package
package policies.sql

import data.policies.db

deny := db.deny

require_approval := db.require_approval

allow := db.allow

counts := db.counts

flow := db.flow
