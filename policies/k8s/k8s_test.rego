package policies.k8s_test

asked(name, type, id, arguments) := said if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": arguments},
		"resource": {"type": type, "id": id},
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

rules(said) := {reason.rule | some reason in said.reasons}

test_every_name_of_kubernetes_has_the_same_rules if {
	every area in ["k8s", "kubernetes", "kubectl"] {
		rules(asked(concat(".", [area, "get_pods"]), "cluster", "prod/web", {})) == {"k8s-look"}
		rules(asked(concat(".", [area, "delete_pod"]), "pod", "prod/web/x", {})) == {"production-delete"}
		asked(concat(".", [area, "delete_pod"]), "pod", "dev/web/x", {}).counts == [{"counter": "k8s_deletes", "amount": 1}]
		asked(concat(".", [area, "delete_namespace"]), "namespace", "dev/web", {}).flow == ["irreversible"]
	}
	rules(asked("helm.list", "cluster", "prod/web", {})) == {"k8s-look"}
	asked("helm.uninstall", "release", "dev/web", {}).flow == ["irreversible"]
}
