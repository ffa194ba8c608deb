# METADATA
# title: Microsoft Azure
# description: The rules for infrastructure, for actions that begin with azure.
# scope: package
package policies.azure

import data.policies.infra

deny := infra.deny

require_approval := infra.require_approval

allow := infra.allow

counts := infra.counts

flow := infra.flow
