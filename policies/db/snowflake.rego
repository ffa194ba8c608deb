# METADATA
# title: Snowflake
# description: The rules for databases, for actions that begin with snowflake.
# scope: package
package policies.snowflake

import data.policies.db

deny := db.deny

require_approval := db.require_approval

allow := db.allow

counts := db.counts

flow := db.flow
