package lib.kubectl_test

import data.lib.kubectl

running(line) := {"action": {"name": "kubectl.exec", "properties": {"args": line}}}

test_a_line_is_read_as_text_and_as_list if {
	every line in ["kubectl delete pods web -n shop", "delete pods web --namespace shop", ["delete", "pods", "web", "-n", "shop"], "oc -n shop delete pods web"] {
		kubectl.verb == {"delete"} with input as running(line)
		kubectl.about == {"pods", "web"} with input as running(line)
		count(kubectl.unclear) == 0 with input as running(line)
	}
	kubectl.values({"-n", "--namespace"}) == {"shop"} with input as running("delete pods web --namespace=shop")
	kubectl.values({"-n", "--namespace"}) == {"shop"} with input as running("delete pods web -n shop")
}

test_values_of_flags_are_no_verbs if {
	every line in ["kubectl -n get delete ns web", "kubectl --context get -o yaml delete ns web", ["kubectl", "-l", "get", "delete", "ns", "web"]] {
		kubectl.verb == {"delete"} with input as running(line)
		kubectl.about == {"ns", "web"} with input as running(line)
	}
}

test_flags_are_known_without_their_values if {
	kubectl.flags == {"--all", "--replicas"} with input as running("kubectl scale --all --replicas=0")
}

test_what_a_shell_makes_more_of_is_unclear if {
	every line in ["kubectl get pods; rm x", "kubectl get pods | sh", "kubectl get $(x)", "kubectl get `x`", "kubectl get pods\nrm x", "kubectl get pods > x", "kubectl get \\pods"] {
		"holds what a shell makes more of" in kubectl.unclear with input as running(line)
	}
	every line in ["kubectl get pods -l 'a in (b,c)'", ["kubectl", "get", "pods", "-o", "jsonpath={.items[*]}"], ["get", "pods; x"]] {
		count(kubectl.unclear) == 0 with input as running(line)
	}
}

test_what_begins_with_nothing_known_is_unclear if {
	"begins with frobnicate, which is not known" in kubectl.unclear with input as running("kubectl frobnicate")
	"begins with 'delete', which is not known" in kubectl.unclear with input as running("kubectl 'delete' ns web")
	"says nothing" in kubectl.unclear with input as running("kubectl")
	"says nothing" in kubectl.unclear with input as running("kubectl -n delete")
}

test_what_is_no_text_is_unclear if {
	every line in [1, null, {}, [], ["get", 1]] {
		"is no text" in kubectl.unclear with input as running(line)
	}
	count(kubectl.unclear) == 0 with input as {"action": {"name": "kubectl.exec", "properties": {}}}
}

test_a_command_within_a_pod_is_no_command_to_kubectl if {
	within := {"action": {"name": "kubectl.exec", "properties": {"pod": "web", "command": "delete x"}}}
	count(kubectl.lines) == 0 with input as within
	count(kubectl.unclear) == 0 with input as within
	elsewhere := {"action": {"name": "k8s.exec", "properties": {"command": ["delete", "x"]}}}
	count(kubectl.lines) == 0 with input as elsewhere
	named := {"action": {"name": "k8s.exec", "properties": {"pod": "web", "command": "kubectl get pods"}}}
	kubectl.verb == {"get"} with input as named
	run := {"action": {"name": "k8s.kubectl", "properties": {"command": "get pods"}}}
	kubectl.verb == {"get"} with input as run
}

test_what_is_longer_than_anybody_reads_is_unclear if {
	kubectl.unclear == {"is longer than anybody reads"} with input as running("get pods -o wide") with data.lib.kubectl.most as 3
	kubectl.lines == set() with input as running("get pods -o wide") with data.lib.kubectl.most as 3
	kubectl.unclear == set() with input as running("get pods -o wide") with data.lib.kubectl.most as 4
}

test_naming_a_pod_makes_no_long_command_to_kubectl_clear if {
	long := {"action": {"name": "k8s.get", "properties": {"pod": "web", "command": "kubectl delete ns prod"}}}
	within := {"action": {"name": "k8s.get", "properties": {"pod": "web", "command": "cat /etc/hosts and more"}}}
	kubectl.unclear == {"is longer than anybody reads"} with input as long with data.lib.kubectl.most as 3
	kubectl.unclear == set() with input as within with data.lib.kubectl.most as 3
}
