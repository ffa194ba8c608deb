# METADATA
# title: Pulumi
# description: The rules for infrastructure, for actions that begin with pulumi.
# scope: package
package policies.pulumi

import data.policies.infra

require_approval := infra.require_approval

allow := infra.allow

counts := infra.counts

flow := infra.flow
