# METADATA
# title: Kubernetes
# description: >-
#   Looking needs nobody, nor do changes outside production. Changes in production are countersigned by operations; what
#   takes much away, by operations and the person on call. Rights, guards of the cluster and containers that leave their box
#   are seen by security wherever they are.
# scope: package
package policies.k8s

import data.lib.flow as dataflow
import data.lib.history
import data.lib.kube
import data.lib.manifests
import data.lib.names

# Single objects that one agent, person or session deletes outside production in a day, before somebody looks.
deletes_a_day := 50

harmless_elsewhere := {"changes", "deletes", "drains", "enters"}

# METADATA
# title: Looking
# description: It changes nothing, and shows no secret.
allow contains {"rule": "k8s-look", "reason": "looks, and changes nothing"} if kube.does == {"looks"}

# METADATA
# title: Change outside production
# description: Other environments exist to be changed.
allow contains {"rule": "k8s-change-elsewhere", "reason": "changes nothing in production"} if {
	count(kube.does) > 0
	count(kube.does - harmless_elsewhere) == 0
	kube.recognised
	not kube.production
}

# METADATA
# title: Secrets elsewhere
# description: Secrets of test environments open nothing but test environments.
allow contains {"rule": "k8s-test-secret", "reason": "reads a secret outside production"} if {
	kube.does == {"reads_secrets"}
	not kube.production
}

# METADATA
# title: Change in production
# description: Customers notice at once.
require_approval contains {
	"rule": "production-change",
	"reason": $"{input.action.name} on {input.resource.id} in production",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
	"expires_in": "30m",
} if {
	"changes" in kube.does
	kube.production
}

# METADATA
# title: Deletion in production
# description: One object comes back if somebody owns it, and is gone if not.
require_approval contains {
	"rule": "production-delete",
	"reason": $"{input.action.name} deletes {input.resource.id} in production",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
	"expires_in": "30m",
} if {
	"deletes" in kube.does
	kube.production
	count(kube.many) == 0
}

# METADATA
# title: Deletion of many in production
# description: A selector, a namespace or a volume takes more along than its name says, so two groups agree and say why.
require_approval contains {
	"rule": "production-mass-delete",
	"reason": $"{input.action.name} on {input.resource.id} deletes {concat(", ", sort(kube.many))}, in production",
	"risk": "critical",
	"seats": [{"group": "ops", "count": 1}, {"group": "oncall", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	"deletes" in kube.does
	kube.production
	count(kube.many) > 0
}

# METADATA
# title: Deletion of many elsewhere
# description: Somebody may still be using it.
require_approval contains {
	"rule": "mass-delete",
	"reason": $"{input.action.name} on {input.resource.id} deletes {concat(", ", sort(kube.many))}",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	"deletes" in kube.does
	not kube.production
	count(kube.many) > 0
}

# METADATA
# title: Many small deletions
# description: A namespace that is emptied object by object is empty.
require_approval contains {
	"rule": "many-deletes",
	"reason": $"deletes another object after {history.times("k8s_deletes", "24h")} in the last 24 hours",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	deletes_one_elsewhere
	history.times("k8s_deletes", "24h") + 1 > deletes_a_day
}

# METADATA
# title: Drain in production
# description: Everything on the node moves at once, as far as there is room for it.
require_approval contains {
	"rule": "production-drain",
	"reason": $"{input.action.name} drains {input.resource.id} in production",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}, {"group": "oncall", "count": 1}],
	"expires_in": "30m",
} if {
	"drains" in kube.does
	kube.production
}

# METADATA
# title: Stop in production
# description: What is scaled to nothing serves nobody.
require_approval contains {
	"rule": "production-stop",
	"reason": $"{input.action.name} scales {input.resource.id} to nothing, in production",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}, {"group": "oncall", "count": 1}],
	"expires_in": "30m",
} if {
	kube.stops
	kube.production
}

# METADATA
# title: Into a container in production
# description: Whoever is in the container is past every other rule, and leaves no trace in any manifest.
require_approval contains {
	"rule": "enter-production",
	"reason": $"{input.action.name} reaches into {input.resource.id} in production",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	"enters" in kube.does
	kube.production
}

# METADATA
# title: Secrets in production
# description: To get a secret is to read its values, and who has read them can use them from anywhere.
require_approval contains {
	"rule": "secret-read",
	"reason": $"{input.action.name} reads secrets of {input.resource.id} in production",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	"reads_secrets" in kube.does
	kube.production
}

# METADATA
# title: Rights in the whole cluster
# description: Whoever may do everything in a cluster needs no other permission, here or anywhere.
require_approval contains {
	"rule": "cluster-rights",
	"reason": $"{input.action.name} on {input.resource.id} changes rights in the whole cluster{why_wide}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
} if {
	kube.acts
	wide_rights
}

# METADATA
# title: Rights in a namespace in production
# description: Rights are given by those who answer for them.
require_approval contains {
	"rule": "namespace-rights",
	"reason": $"{input.action.name} on {input.resource.id} changes rights in production",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	kube.acts
	count(kube.rights) > 0
	not wide_rights
	kube.production
}

# METADATA
# title: Tokens
# description: A token of a service account works for whoever holds it.
require_approval contains {
	"rule": "service-token",
	"reason": $"{input.action.name} makes a token for {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	kube.token
}

# METADATA
# title: Acting as somebody else
# description: The record of the cluster names the one, and the other acted.
require_approval contains {
	"rule": "impersonation",
	"reason": $"{input.action.name} on {input.resource.id} acts as somebody else",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	count(kube.does) > 0
	kube.impersonates
}

# METADATA
# title: Guards of the cluster
# description: A webhook sees and changes everything that is created; without its guards a cluster takes anything.
require_approval contains {
	"rule": "cluster-guard",
	"reason": $"{input.action.name} on {input.resource.id} changes {concat(", ", sort(guarding))}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
} if {
	kube.acts
	count(guarding) > 0
}

# METADATA
# title: Out of the box
# description: A container with the node's rights is the node, and with the node the cluster.
require_approval contains {
	"rule": "dangerous-pod",
	"reason": $"{input.action.name} on {input.resource.id} gives a container {concat(", ", sort(manifests.dangers))}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
} if {
	kube.acts
	count(manifests.dangers) > 0
}

# METADATA
# title: Reached from outside
# description: What is reached from outside is tried from outside.
require_approval contains {
	"rule": "public-service",
	"reason": $"{input.action.name} makes {input.resource.id} reachable from outside the cluster, in production",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	kube.acts
	manifests.exposes
	kube.production
}

# METADATA
# title: Foreign image
# description: What runs in production comes from our own registries, where it was looked at.
require_approval contains {
	"rule": "foreign-image",
	"reason": $"runs {concat(", ", sort(shown_images))} in production",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	kube.acts
	count(kube.images) > 0
	kube.production
}

# METADATA
# title: Remote manifest
# description: What stands at an address is whatever its owner makes of it between the approval and the run.
require_approval contains {
	"rule": "remote-manifest",
	"reason": $"{input.action.name} applies what stands at {substring(concat(", ", sort(kube.remote)), 0, 200)}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	kube.acts
	count(kube.remote) > 0
}

# METADATA
# title: Namespaces of the system
# description: The cluster itself runs there, in test environments as well.
require_approval contains {
	"rule": "system-namespace",
	"reason": $"{input.action.name} reaches into {concat(", ", sort(kube.system_namespaces))}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	kube.acts
	count(kube.system_namespaces) > 0
}

# METADATA
# title: Unreadable command or manifest
# description: A person can read it; a rule that guesses can be led astray.
require_approval contains {
	"rule": "unreadable-request",
	"reason": $"{input.action.name} on {input.resource.id} {concat("; ", sort(kube.unreadable))}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
	"reason_required": true,
} if {
	"unreadable" in kube.does
}

# METADATA
# title: Deceptive name
# description: A name that people take for another one makes them approve another thing than they think.
require_approval contains {
	"rule": "deceptive-name",
	"reason": "the name of the resource holds characters that people do not see or take for others",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	count(kube.does) > 0
	names.suspicious(input.resource.id)
}

require_approval contains rule if some rule in dataflow.rules(flow, "ops")

# What adds up: only what nobody is asked about.
counts contains {"counter": "k8s_deletes", "amount": 1} if deletes_one_elsewhere

flow contains "sensitive_read" if "reads_secrets" in kube.does

flow contains "sensitive_read" if kube.token

flow contains "irreversible" if {
	"deletes" in kube.does
	count(kube.many) > 0
}

flow contains "way_out" if {
	kube.acts
	manifests.exposes
	kube.production
}

deletes_one_elsewhere if {
	"deletes" in kube.does
	count(kube.many) == 0
	not kube.production
}

wide_rights if count(kube.cluster_rights) > 0

wide_rights if count(manifests.wildcards) > 0

why_wide := $": {concat(", ", sort(manifests.wildcards))}" if {
	count(manifests.wildcards) > 0
} else := ""

guarding contains kind if some kind in kube.guards

# To add a network policy is to protect more.
guarding contains kind if {
	"deletes" in kube.does
	some kind in kube.shields
}

shown_images contains substring(image, 0, 120) if some image in kube.images
