# METADATA
# title: AWS Secrets Manager
# description: The rules for secrets, for actions that begin with secretsmanager.
# scope: package
package policies.secretsmanager

import data.policies.secrets

deny := secrets.deny

require_approval := secrets.require_approval

allow := secrets.allow

counts := secrets.counts

flow := secrets.flow
