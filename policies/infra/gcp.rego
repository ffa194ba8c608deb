# METADATA
# title: Google Cloud
# description: The rules for infrastructure, for actions that begin with gcp.
# scope: package
package policies.gcp

import data.policies.infra

deny := infra.deny

require_approval := infra.require_approval

allow := infra.allow

counts := infra.counts

flow := infra.flow
