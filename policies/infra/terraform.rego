# METADATA
# title: Terraform
# description: The rules for infrastructure, for actions that begin with terraform.
# scope: package
package policies.terraform

import data.policies.infra

require_approval := infra.require_approval

allow := infra.allow

counts := infra.counts

flow := infra.flow
