# METADATA
# title: Helm
# description: The rules for Kubernetes, for actions that begin with helm.
# scope: package
package policies.helm

import data.policies.k8s

require_approval := k8s.require_approval

allow := k8s.allow

counts := k8s.counts

flow := k8s.flow
