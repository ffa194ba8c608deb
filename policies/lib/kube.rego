# METADATA
# title: What a request does to a cluster
# description: >-
#   Puts together what an action's name says, what a command to kubectl says, and what the objects it carries are. All of
#   them count. Kinds are known by their plural and short names too.
# scope: package
package lib.kube

import data.lib.environment
import data.lib.kubectl
import data.lib.leaves
import data.lib.lists
import data.lib.manifests
import data.lib.names
import data.lib.verbs

# Words by what they say is done. `rollout` says nothing: status looks, restart and undo change.
vocabulary := {
	"looks": concat(" ", [
		"api-resources api-versions auth can can-i cluster-info config describe diff events explain get history inspect kustomize lint list",
		"log logs read search show status template top version view wait watch whoami",
	]),
	"changes": concat(" ", [
		"annotate apply approve autoscale certificate configure cordon create deploy edit expose install label patch pause promote reconcile",
		"replace restart resume rollback run scale set sync taint uncordon undo update upgrade",
	]),
	"enters": "attach cp debug exec forward port-forward portforward proxy rsh shell",
	"deletes": "delete destroy drop purge prune remove uninstall",
	"drains": "drain evict",
}

nouns := concat(" ", [
	"a all and api app application argo by chart command configmap configmaps container containers cronjob cronjobs crd crds",
	"customresourcedefinition daemonset daemonsets deployment deployments endpoint endpoints event file for from helm hpa i in info",
	"ingress ingresses into job jobs k8s kube kubectl kubernetes manifest manifests name namespace namespaces networkpolicy node nodes",
	"ns object objects of oc on pod pods port ports pv pvc quota release releases replica replicas replicaset replicasets resource",
	"resources role rolebinding rollout rs sa secret secrets selector service serviceaccount serviceaccounts services statefulset",
	"statefulsets storageclass svc the to token values with workload workloads yaml",
])

# Names that only say that a command line follows.
runners := "call cli cmd command execute kubectl raw"

# What the command says when there is one, and the name unless it only runs the command.
said contains word if {
	some word in verbs.words
	not only_runs
}

said contains word if some word in kubectl.verb

# `rollout restart` is no `rollout status`, and `config set-context` no `config view`.
said contains word if {
	some word in kubectl.second
	count(kubectl.verb & {"auth", "certificate", "config", "rollout"}) > 0
}

only_runs if {
	count(kubectl.lines) > 0
	verbs.only(concat(" ", [runners, "exec run"]))
}

only_runs if {
	kubectl.speaks_of_kubectl
	not kubectl.within_pod
	verbs.only(concat(" ", [runners, "exec run"]))
}

kinds_of_deed contains deed if {
	some deed, list in vocabulary
	lists.has_any(list, said)
}

recognised if {
	every word in said {
		lists.has(all_words, word)
	}
}

all_words := concat(" ", array.concat([nouns, runners], [list | some list in vocabulary]))

does contains "looks" if {
	kinds_of_deed == {"looks"}
	recognised
	not "secrets" in about
}

does contains "reads_secrets" if {
	"looks" in kinds_of_deed
	"secrets" in about
	not "rollout" in said
}

does contains deed if some deed in (kinds_of_deed & {"changes", "deletes", "drains", "enters"})

does contains "unreadable" if {
	asks_something
	count(unreadable) > 0
}

asks_something if count(kinds_of_deed) > 0

asks_something if kubectl.speaks_of_kubectl

asks_something if count(kubectl.lines) > 0

unreadable contains why if some why in kubectl.unclear

unreadable contains why if {
	acts
	some why in manifests.unclear
}

acts if count(kinds_of_deed & {"changes", "deletes", "drains", "enters"}) > 0

# What it is about, by the plural of its kind.
plurals := {
	"secret": "secrets",
	"ns": "namespaces", "namespace": "namespaces",
	"no": "nodes", "node": "nodes",
	"pv": "persistentvolumes", "persistentvolume": "persistentvolumes",
	"pvc": "persistentvolumeclaims", "persistentvolumeclaim": "persistentvolumeclaims",
	"sts": "statefulsets", "statefulset": "statefulsets",
	"crd": "customresourcedefinitions", "crds": "customresourcedefinitions",
	"customresourcedefinition": "customresourcedefinitions",
	"clusterrole": "clusterroles", "clusterrolebinding": "clusterrolebindings",
	"role": "roles", "rolebinding": "rolebindings",
	"sa": "serviceaccounts", "serviceaccount": "serviceaccounts",
	"csr": "certificatesigningrequests", "certificatesigningrequest": "certificatesigningrequests",
	"validatingwebhookconfiguration": "validatingwebhookconfigurations",
	"mutatingwebhookconfiguration": "mutatingwebhookconfigurations",
	"validatingadmissionpolicy": "validatingadmissionpolicies", "mutatingadmissionpolicy": "mutatingadmissionpolicies",
	"validatingadmissionpolicybinding": "validatingadmissionpolicies",
	"apiservice": "apiservices", "clusterpolicy": "clusterpolicies", "constrainttemplate": "constrainttemplates",
	"netpol": "networkpolicies", "networkpolicy": "networkpolicies",
	"pdb": "poddisruptionbudgets", "poddisruptionbudget": "poddisruptionbudgets",
	"psp": "podsecuritypolicies", "podsecuritypolicy": "podsecuritypolicies",
	"quota": "resourcequotas", "resourcequota": "resourcequotas",
}

about contains object.get(plurals, kind, kind) if some kind in mentioned

mentioned contains leaves.spelt(word) if some word in verbs.words

mentioned contains leaves.spelt(input.resource.type)

mentioned contains kind if some kind in manifests.kinds

# secret/db-password, deployments.apps, pods,secrets.
mentioned contains leaves.spelt(split(split(one, "/")[0], ".")[0]) if {
	some words in kubectl.about
	some one in split(words, ",")
}

mentioned contains leaves.spelt(split(split(one, "/")[0], ".")[0]) if {
	some member in ["kind", "kinds", "object_kind", "resource", "resource_kind", "resource_type", "resources", "type"]
	some given in manifests.listed(input.action.properties[member])
	some one in split(given, ",")
}

mentioned contains "csr" if "certificate" in said

mentioned contains "clusterroles" if "reconcile" in said

# get --raw /api/v1/secrets, config view --raw.
mentioned contains "secrets" if {
	some line in kubectl.lines
	some word in line
	contains(word, "secrets")
}

mentioned contains "secrets" if {
	"config" in kubectl.verb
	"--raw" in kubectl.flags
}

mentioned contains "secrets" if {
	some part in names.parts(input.resource.id)
	part in {"secret", "secrets"}
}

# More than one object: by a selector, by all of them, by a list, or by a kind that others go down with.
many contains "everything of a kind" if {
	some name in ["all", "delete_all"]
	input.action.properties[name] in {true, "true"}
}

many contains "everything of a kind" if count(kubectl.flags & {"--all", "-A", "--all-namespaces"}) > 0

many contains "everything of a kind" if {
	some name in ["all_namespaces", "allNamespaces"]
	input.action.properties[name] in {true, "true"}
}

many contains "whatever a selector matches" if {
	some name in ["field_selector", "label_selector", "labels", "match_labels", "selector"]
	_ = input.action.properties[name]
}

many contains "whatever a selector matches" if count(kubectl.flags & {"-l", "--selector", "--field-selector"}) > 0

many contains $"{kind} and all that is in them" if {
	some kind in (about & {
		"customresourcedefinitions", "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes", "statefulsets",
	})
	not kind in spoken_of_as_place
}

# A namespace among the words of a read or an apply is the place, not what is deleted.
spoken_of_as_place contains "namespaces" if {
	not "deletes" in kinds_of_deed
}

many contains $"{count(listed)} objects" if {
	some name in ["names", "objects", "pods", "resources"]
	listed := input.action.properties[name]
	is_array(listed)
	count(listed) > 5
}

many contains "a release and all that is in it" if {
	split(input.action.name, ".")[0] == "helm"
}

many contains "objects by a pattern" if contains(input.resource.id, "*")

# Who may do what.
rights := about & {
	"certificatesigningrequests", "clusterrolebindings", "clusterroles", "rolebindings", "roles", "serviceaccounts",
}

cluster_rights := about & {"certificatesigningrequests", "clusterrolebindings", "clusterroles"}

# What stands guard over all that is created, and what only guards as long as it is there.
guards := about & {
	"apiservices", "clusterpolicies", "constrainttemplates", "mutatingadmissionpolicies", "mutatingwebhookconfigurations",
	"podsecuritypolicies", "validatingadmissionpolicies", "validatingwebhookconfigurations",
}

shields := about & {"networkpolicies", "poddisruptionbudgets", "resourcequotas"}

token if {
	verbs.says("token tokens")
	verbs.says("create get issue request")
}

token if {
	"create" in kubectl.verb
	"token" in kubectl.second
}

# Acting as somebody else.
impersonates if count(kubectl.flags & {"--as", "--as-group", "--as-uid"}) > 0

impersonates if {
	some name in ["as", "as_group", "as_user", "impersonate", "impersonate_user"]
	_ = input.action.properties[name]
}

namespaces contains names.plain(value) if {
	some name in ["namespace", "namespaces", "ns"]
	some value in manifests.listed(input.action.properties[name])
}

namespaces contains names.plain(value) if some value in kubectl.values({"--namespace", "-n"})

namespaces contains names.plain(value) if some ["namespace", value] in manifests.pairs

namespaces contains part if some part in names.parts(input.resource.id)

# Where the cluster itself runs.
system_namespaces contains name if {
	some name in namespaces
	regex.match(`^(kube-.*|openshift-.*|istio-system|cert-manager|gatekeeper-system|kyverno|calico-system|cilium.*|linkerd)$`, name)
}

stops if {
	"scale" in said
	some value in leaves.values({"replicas", "size", "count"})
	value in {0, "0"}
}

stops if "0" in kubectl.values({"--replicas"})

# What is applied stands at an address that others may write to.
remote contains value if {
	some member in ["chart", "file", "filename", "files", "manifest", "manifest_url", "repo", "source", "url", "urls"]
	some value in manifests.listed(input.action.properties[member])
	regex.match(`^(?i:[a-z][a-z0-9+.-]*://|git@)`, value)
}

remote contains value if {
	some value in kubectl.values({"--filename", "--kustomize", "-f", "-k"})
	regex.match(`^(?i:[a-z][a-z0-9+.-]*://|git@)`, value)
}

images contains image if some image in manifests.foreign_images

images contains image if {
	some member in ["image", "images"]
	some image in manifests.listed(input.action.properties[member])
	is_string(image)
	not manifests.ours(image)
}

images contains image if {
	some image in kubectl.values({"--image"})
	not manifests.ours(image)
}

# set image deployment/api api=registry/api:1
images contains image if {
	"set" in kubectl.verb
	"image" in kubectl.second
	some word in kubectl.about
	[_, image] := split(word, "=")
	not manifests.ours(image)
}

production if environment.production

production if {
	some line in kubectl.lines
	some word in line
	environment.mentions_production(word)
}

production if {
	some name in namespaces
	environment.mentions_production(name)
}
