# METADATA
# title: Secrets, one by one
# description: The rules for secrets, for actions that begin with secret.
# scope: package
package policies.secret

import data.policies.secrets

deny := secrets.deny

require_approval := secrets.require_approval

allow := secrets.allow

counts := secrets.counts

flow := secrets.flow
