# METADATA
# title: BigQuery
# description: The rules for databases, for actions that begin with bigquery.
# scope: package
package policies.bigquery

import data.policies.db

deny := db.deny

require_approval := db.require_approval

allow := db.allow

counts := db.counts

flow := db.flow
