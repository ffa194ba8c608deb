# METADATA
# title: Amazon Web Services
# description: The rules for infrastructure, for actions that begin with aws.
# scope: package
package policies.aws

import data.policies.infra

deny := infra.deny

require_approval := infra.require_approval

allow := infra.allow

counts := infra.counts

flow := infra.flow
