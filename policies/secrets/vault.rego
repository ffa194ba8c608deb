# METADATA
# title: Vault
# description: The rules for secrets, for actions that begin with vault.
# scope: package
package policies.vault

import data.policies.secrets

deny := secrets.deny

require_approval := secrets.require_approval

allow := secrets.allow

counts := secrets.counts

flow := secrets.flow
