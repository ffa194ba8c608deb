# METADATA
# title: Amazon Web Services
# description: >-
#   The rules for infrastructure, for access and for secrets, for actions that begin with aws: which of them depends on the
#   service.
# scope: package
package policies.aws

import data.lib.services
import data.policies.iam
import data.policies.infra
import data.policies.secrets

deny := iam.deny if services.identity

else := secrets.deny if services.vault

require_approval := iam.require_approval if services.identity

else := secrets.require_approval if services.vault

else := infra.require_approval

allow := iam.allow if services.identity

else := secrets.allow if services.vault

else := infra.allow

flow := iam.flow if services.identity

else := secrets.flow if services.vault

else := infra.flow

counts := secrets.counts if services.vault

else := infra.counts if not services.identity
