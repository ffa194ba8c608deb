# METADATA
# title: Kubernetes, spelt out
# description: The rules for Kubernetes, for actions that begin with kubernetes.
# scope: package
package policies.kubernetes

import data.policies.k8s

require_approval := k8s.require_approval

allow := k8s.allow

counts := k8s.counts

flow := k8s.flow
