# METADATA
# title: Clouds
# description: The rules for infrastructure, for actions that begin with cloud.
# scope: package
package policies.cloud

import data.policies.infra

require_approval := infra.require_approval

allow := infra.allow

counts := infra.counts

flow := infra.flow
