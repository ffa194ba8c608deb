# METADATA
# title: MySQL
# description: The rules for databases, for actions that begin with mysql.
# scope: package
package policies.mysql

import data.policies.db

deny := db.deny

require_approval := db.require_approval

allow := db.allow

counts := db.counts

flow := db.flow
