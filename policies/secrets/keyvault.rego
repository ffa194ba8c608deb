# METADATA
# title: Azure Key Vault
# description: The rules for secrets, for actions that begin with keyvault.
# scope: package
package policies.keyvault

import data.policies.secrets

deny := secrets.deny

require_approval := secrets.require_approval

allow := secrets.allow

counts := secrets.counts

flow := secrets.flow
