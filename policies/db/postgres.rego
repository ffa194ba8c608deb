# METADATA
# title: PostgreSQL
# description: The rules for databases, for actions that begin with postgres.
# scope: package
package policies.postgres

import data.policies.db

deny := db.deny

require_approval := db.require_approval

allow := db.allow

counts := db.counts

flow := db.flow
