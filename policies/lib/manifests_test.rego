package lib.manifests_test

import data.lib.manifests

given(manifest) := {"action": {"name": "k8s.apply", "properties": {"manifest": manifest}}}

test_dangers_are_seen_in_objects_and_in_text if {
	every what, forms in {
		"a privileged container": [{"a": {"privileged": true}}, "a: {privileged: true}", "- privileged: 'yes'", "{\"privileged\": true}", "\"privileged\" : \"on\""],
		"the network of the node": [{"hostNetwork": true}, "hostNetwork: true"],
		"the processes of the node": [{"hostPID": true}, "hostPID: True"],
		"the memory of the node": [{"hostIPC": true}, "hostIPC: true"],
		"more rights than it starts with": [{"allowPrivilegeEscalation": true}, "allowPrivilegeEscalation: true"],
		"files of the node": [{"volumes": [{"hostPath": {"path": "/"}}]}, "hostPath:\n  path: /", "{hostPath: {path: /}}"],
	} {
		every form in forms {
			manifests.dangers == {what} with input as given(form)
		}
	}
}

test_capabilities_are_seen_in_objects_and_in_text if {
	every form in [{"capabilities": {"add": ["SYS_ADMIN"]}}, "add: [SYS_ADMIN]", "add:\n- CAP_SYS_ADMIN"] {
		count(manifests.dangers) == 1 with input as given(form)
	}
	every form in [{"capabilities": {"add": ["all"]}}, "add: [ALL]", "add:\n  - ALL"] {
		manifests.dangers == {"all capabilities"} with input as given(form)
	}
	every form in [{"seccompProfile": {"type": "Unconfined"}}, "type: Unconfined"] {
		manifests.dangers == {"no confinement"} with input as given(form)
	}
}

test_ordinary_manifests_are_not_dangerous if {
	every form in [
		{"capabilities": {"drop": ["ALL"]}}, "drop: [ALL]", {"privileged": false}, "privileged: false", "hostNetwork: no", "capabilities: {add: [CHOWN]}",
		{"labels": {"add": "ALL"}}, "description: privileged true",
	] {
		manifests.dangers == set() with input as given(form)
	}
}

test_kinds_and_images_are_found if {
	manifests.kinds == {"pod", "clusterrole"} with input as given([{"kind": "Pod"}, "kind: ClusterRole"])
	manifests.images == {"a/b:1", "c"} with input as given([{"spec": {"image": "a/b:1"}}, "image: \"c\""])
	manifests.foreign_images == {"a/b:1", "registry.acme.example.evil/x"} with input as given([
		{"image": "a/b:1"}, {"image": "registry.acme.example/x"}, {"image": "registry.acme.example.evil/x"},
	])
	manifests.foreign_images == {"registry.acme.example/x"} with input as given({"image": "registry.acme.example/x"}) with data.company as {}
}

test_what_is_reached_from_outside_is_seen if {
	every form in [
		{"type": "LoadBalancer"}, "type: NodePort", {"externalIPs": ["1.2.3.4"]}, {"kind": "Ingress"}, "kind: HTTPRoute", {"kind": "Gateway"},
	] {
		manifests.exposes with input as given(form)
	}
	every form in [{"type": "ClusterIP"}, "type: ClusterIP", {"kind": "Service"}] {
		not manifests.exposes with input as given(form)
	}
}

test_rights_on_everything_are_seen if {
	every what, forms in {
		"every verb": [{"verbs": ["*"]}, "verbs: ['*']", "verbs:\n- \"*\""],
		"every resource": [{"resources": ["pods", "*"]}, "resources: [\"*\"]"],
		"the role cluster-admin": [{"roleRef": {"name": "cluster-admin"}}, "name: cluster-admin"],
		"the subject system:unauthenticated": [{"subjects": [{"name": "system:unauthenticated"}]}],
		"the verb escalate": [{"verbs": ["get", "escalate"]}],
	} {
		every form in forms {
			what in manifests.wildcards with input as given(form)
		}
	}
	every form in [{"verbs": ["get"]}, "verbs: [get]", {"names": ["*"]}, {"name": "cluster-administrator"}, {"note": ["escalate"]}] {
		manifests.wildcards == set() with input as given(form)
	}
}

test_what_a_parser_reads_otherwise_is_unclear if {
	every form in ["a: &x 1", "b: *x", "<<: 1", "a: !!python/object x", "a: \"\\u0070\"", "a: \"\\x70\""] {
		manifests.unclear == {"holds anchors, tags or escapes"} with input as given(form)
	}
	manifests.unclear == {"holds characters that people do not see or take for others"} with input as given("a: b\u200bc")
	manifests.unclear == {"is longer than anybody reads"} with input as given({"a": "0123456789"}) with data.lib.leaves.longest as 5
	every form in ["schedule: \"*/5 * * * *\"", "host: '*.acme.example'", "a: b & c", "note: Hello!", {"a": "*x"}] {
		manifests.unclear == set() with input as given(form)
	}
}

test_nothing_is_in_nothing if {
	manifests.dangers == set() with input as {"action": {"name": "k8s.apply"}}
	not manifests.given with input as {"action": {"name": "k8s.apply"}}
	manifests.given with input as given("a")
}
