package policies.k8s_test

deleting(name, type) := {"action": {"name": name}, "resource": {"type": type, "id": "dev/web"}}

test_every_name_of_kubernetes_has_the_same_rules if {
	every area in ["helm", "kubectl", "kubernetes"] {
		allowed := data.policies[area].allow with input as deleting("k8s.delete_pod", "pod")
		{rule.rule | some rule in allowed} == {"k8s-change-elsewhere"}
		asked := data.policies[area].require_approval with input as deleting("k8s.delete_namespace", "namespace")
		{rule.rule | some rule in asked} == {"mass-delete"}
	}
}

test_every_name_of_kubernetes_counts_and_flows if {
	every area in ["helm", "kubectl", "kubernetes"] {
		counted := data.policies[area].counts with input as deleting("k8s.delete_pod", "pod")
		counted == {{"counter": "k8s_deletes", "amount": 1}}
		flowing := data.policies[area].flow with input as deleting("k8s.delete_namespace", "namespace")
		flowing == {"irreversible"}
	}
}
