package lib.kube_test

import data.lib.kube

line(text) := {
	"action": {"name": "kubectl.exec", "properties": {"args": text}},
	"resource": {"type": "cluster", "id": "dev/web"},
}

asking(name, type, arguments) := {
	"action": {"name": name, "properties": arguments},
	"resource": {"type": type, "id": "dev/web"},
}

test_more_than_one_object_is_many if {
	every text in [
		"delete pods --all", "delete pods -A", "delete pods -l app=x", "delete pods --selector=app=x", "delete pods --field-selector x=y",
		"delete ns web", "delete crd/x", "delete pv x", "delete statefulset x", "delete node n",
	] {
		count(kube.many) == 1 with input as line(text)
	}
	every arguments in [{"all": true}, {"label_selector": "a=b"}, {"names": [1, 2, 3, 4, 5, 6]}, {"all_namespaces": "true"}] {
		count(kube.many) == 1 with input as asking("k8s.delete_pods", "pod", arguments)
	}
	count(kube.many) == 1 with input as object.union(asking("k8s.delete_pods", "pod", {}), {"resource": {"id": "dev/*"}})
}

test_one_object_is_not if {
	every arguments in [{"all": false}, {"names": [1, 2, 3, 4, 5]}, {"namespace": "web"}] {
		count(kube.many) == 0 with input as asking("k8s.delete_pods", "pod", arguments)
	}
	count(kube.many) == 0 with input as asking("k8s.get_pods", "namespace", {})
	count(kube.many) == 0 with input as line("delete pod x -n web")
}

test_secrets_are_read_in_many_ways if {
	every text in [
		"get secret db", "get pods,secrets", "get secret/db", "get secrets.v1", "describe secret db", "config view --raw",
		"get --raw /api/v1/secrets",
	] {
		kube.does == {"reads_secrets"} with input as line(text)
	}
	kube.does == {"reads_secrets"} with input as asking("k8s.get", "object", {"kinds": ["pods", "secrets"]})
	by_id := {"action": {"name": "k8s.read"}, "resource": {"type": "object", "id": "dev/web/Secrets/db"}}
	kube.does == {"reads_secrets"} with input as by_id
}

test_other_looks_read_none if {
	every text in ["config view", "auth can-i get pods", "get pods", "rollout history deploy/x", "cluster-info", "top nodes"] {
		kube.does == {"looks"} with input as line(text)
	}
}

test_guards_are_known_by_every_name if {
	every kind in [
		"validatingwebhookconfigurations", "ValidatingWebhookConfiguration", "apiservices", "psp", "clusterpolicy", "constrainttemplate",
		"validatingadmissionpolicybinding", "mutatingadmissionpolicies",
	] {
		count(kube.guards) == 1 with input as asking("k8s.patch", kind, {})
		count(kube.shields) == 0 with input as asking("k8s.patch", kind, {})
	}
	every kind in ["netpol", "pdb", "resourcequota", "networkpolicies"] {
		count(kube.shields) == 1 with input as asking("k8s.delete", kind, {})
		count(kube.guards) == 0 with input as asking("k8s.delete", kind, {})
	}
}

test_rights_are_known_by_every_name if {
	every kind in ["clusterroles", "ClusterRoleBinding", "csr"] {
		count(kube.cluster_rights) == 1 with input as asking("k8s.create", kind, {})
	}
	every kind in ["role", "rolebindings", "sa", "ServiceAccount"] {
		count(kube.rights) == 1 with input as asking("k8s.create", kind, {})
		count(kube.cluster_rights) == 0 with input as asking("k8s.create", kind, {})
	}
	kube.cluster_rights == {"certificatesigningrequests"} with input as line("certificate approve x")
	kube.does == {"changes"} with input as line("certificate approve x")
	kube.cluster_rights == {"clusterroles"} with input as line("auth reconcile -f x.yaml")
}

test_tokens_and_impersonation_are_seen if {
	kube.token with input as line("create token deployer")
	kube.token with input as asking("k8s.request_token", "sa", {})
	not kube.token with input as line("create deployment token")
	not kube.token with input as asking("k8s.token", "sa", {})
	kube.impersonates with input as asking("k8s.get_pods", "pod", {"impersonate": "admin"})
	kube.impersonates with input as line("get pods --as-group system:masters")
	not kube.impersonates with input as line("get pods")
}

test_addresses_are_remote if {
	every text in ["apply -k git@github.com:x/y", "apply --filename=http://x/y", "create -f https://x/y"] {
		count(kube.remote) == 1 with input as line(text)
	}
	every arguments in [{"chart": "oci://x/y"}, {"files": ["a.yaml", "HTTPS://x/y"]}] {
		count(kube.remote) == 1 with input as asking("k8s.apply", "manifest", arguments)
	}
}

test_files_are_not_remote if {
	every text in ["apply -f app.yaml", "apply -k ./overlays/dev"] {
		count(kube.remote) == 0 with input as line(text)
	}
	count(kube.remote) == 0 with input as asking("k8s.apply", "manifest", {"chart": "web", "file": "a.yaml"})
}

test_namespaces_of_the_system_are_known if {
	every name in ["kube-system", "KUBE-PUBLIC", "istio-system", "openshift-config", "cilium-secrets", "kyverno"] {
		count(kube.system_namespaces) == 1 with input as asking("k8s.apply", "configmap", {"namespace": name})
	}
	count(kube.system_namespaces) == 1 with input as line("apply -f x.yaml -n kube-system")
	count(kube.system_namespaces) == 1 with input as asking("k8s.apply", "configmap", {"manifest": "namespace: kube-system"})
	by_id := {"action": {"name": "k8s.read"}, "resource": {"type": "object", "id": "dev/kube-system/x"}}
	count(kube.system_namespaces) == 1 with input as by_id
	count(kube.system_namespaces) == 0 with input as asking("k8s.apply", "configmap", {"namespace": "my-kube-system"})
}

test_scaling_to_nothing_stops if {
	kube.stops with input as asking("k8s.scale", "deployment", {"replicas": 0})
	kube.stops with input as line("scale deploy/x --replicas 0")
	not kube.stops with input as asking("k8s.scale", "deployment", {"replicas": 1})
	not kube.stops with input as asking("k8s.get", "deployment", {"replicas": 0})
	not kube.stops with input as line("scale deploy/x --replicas 1")
}

test_production_is_spoken_of_anywhere if {
	kube.production with input as line("apply -f x --context acme-prod")
	kube.production with input as asking("k8s.apply", "pod", {"manifest": "namespace: prod"})
	not kube.production with input as line("apply -f x")
}

test_a_patch_on_the_command_line_is_looked_into if {
	patch := ["patch", "deploy", "api", "-p", "{\"spec\":{\"hostNetwork\":true}}"]
	dangers := data.lib.manifests.dangers with input as line(patch)
	dangers == {"the network of the node"}
}

test_images_are_found_wherever_they_are_named if {
	kube.images == {"x/y"} with input as asking("k8s.set_image", "deployment", {"image": "x/y"})
	kube.images == {"x/y"} with input as line("run z --image=x/y")
	kube.images == {"x/y"} with input as line("set image deploy/z z=x/y")
	kube.images == set() with input as line("set image deploy/z z=registry.acme.example/y")
	kube.images == set() with input as line("run z --image registry.acme.example/y")
	kube.images == set() with input as asking("k8s.set_image", "deployment", {"image": "registry.acme.example/y"})
}
