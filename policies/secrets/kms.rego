# METADATA
# title: Keys
# description: The rules for secrets, for actions that begin with kms.
# scope: package
package policies.kms

import data.policies.secrets

deny := secrets.deny

require_approval := secrets.require_approval

allow := secrets.allow

counts := secrets.counts

flow := secrets.flow
