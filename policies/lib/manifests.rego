# METADATA
# title: Manifests
# description: >-
#   What objects of Kubernetes are made of, given as objects or as text. Text is searched rather than parsed: whatever stands
#   in it as a name and a value counts, and what would make a parser find more than a reader is unclear.
# scope: package
package lib.manifests

import data.lib.kubectl
import data.lib.leaves
import data.lib.names

members := [
	"body", "configuration", "content", "definition", "document", "documents", "json", "manifest", "manifests", "object", "objects", "patch",
	"resource_definition", "spec", "template", "yaml",
]

texts contains text if {
	some member in members
	some text in listed(input.action.properties[member])
	is_string(text)
}

# What is written on a command line, such as a patch.
texts contains concat(" ", line) if some line in kubectl.lines

listed(value) := value if is_array(value)

else := [value]

given if {
	some member in members
	_ = input.action.properties[member]
}

# Names with their values, in one spelling: from objects at any depth, and from text of any style.
pairs contains pair if some pair in leaves.pairs

pairs contains [leaves.spelt(match[1]), value_of(match[2])] if {
	not leaves.too_many
	some text in texts
	some match in regex.find_all_string_submatch_n(`["']?([A-Za-z][A-Za-z0-9._/-]*)["']?[ \t]*:[ \t]*(?:["']?([^"'\s#,{}\[\]]*))`, text, -1)
}

value_of(text) if lower(text) in {"true", "yes", "on"}

else := false if lower(text) in {"false", "no", "off"}

else := text

# Names of things that hold others, which have no value of their own.
holders contains leaves.spelt(step) if {
	some [path, _] in leaves.steps
	some step in path
	is_string(step)
}

holders contains name if some [name, _] in pairs

kinds contains leaves.spelt(value) if {
	some ["kind", value] in pairs
	is_string(value)
}

# What lets a container out of its box, in words for people.
dangers contains what if {
	some [name, value] in pairs
	leaves.on(value)
	what := flags[name]
}

flags := {
	"privileged": "a privileged container",
	"hostnetwork": "the network of the node",
	"hostpid": "the processes of the node",
	"hostipc": "the memory of the node",
	"allowprivilegeescalation": "more rights than it starts with",
}

dangers contains "files of the node" if "hostpath" in holders

dangers contains $"the capability {value}" if {
	some value in words
	trim_prefix(value, "CAP_") in {
		"BPF", "DAC_READ_SEARCH", "NET_ADMIN", "NET_RAW", "PERFMON", "SYS_ADMIN", "SYS_BOOT", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO",
	}
}

dangers contains "all capabilities" if {
	some [path, value] in leaves.steps
	some i, step in path
	leaves.spelt(step) == "capabilities"
	leaves.spelt(path[i + 1]) == "add"
	upper(value) == "ALL"
}

dangers contains "all capabilities" if {
	some text in texts
	regex.match(`(?i)add["']?[ \t]*:[\s\["'-]*ALL\b`, text)
}

dangers contains "no confinement" if {
	some [_, value] in pairs
	is_string(value)
	lower(value) == "unconfined"
}

# Every value and every word of a text.
words contains value if {
	some [_, value] in leaves.pairs
	is_string(value)
}

words contains match[0] if {
	some text in texts
	some match in regex.find_all_string_submatch_n(`[A-Z_]{3,}`, text, -1)
}

images contains value if {
	some ["image", value] in pairs
	is_string(value)
	value != ""
}

# From our own registries, to the letter.
foreign_images contains image if {
	some image in images
	not ours(image)
}

ours(image) if {
	some registry in data.company.registries
	startswith(image, concat("", [registry, "/"]))
	not names.suspicious(image)
}

# Reached from outside the cluster.
exposes if {
	some ["type", value] in pairs
	value in {"LoadBalancer", "NodePort"}
}

exposes if "externalips" in holders

exposes if count(kinds & {"gateway", "httproute", "ingress", "ingressroute", "virtualservice"}) > 0

# Rights on everything, to do everything, or for everybody.
wildcards contains "every verb" if wild("verbs")

wildcards contains "every resource" if wild("resources")

wildcards contains $"the role {value}" if {
	some ["name", value] in pairs
	value in {"cluster-admin", "system:masters"}
}

wildcards contains $"the subject {value}" if {
	some [_, value] in pairs
	value in {"system:anonymous", "system:authenticated", "system:masters", "system:serviceaccounts", "system:unauthenticated"}
}

wildcards contains $"the verb {value}" if {
	some [path, value] in leaves.steps
	some step in path
	step == "verbs"
	value in {"bind", "escalate", "impersonate"}
}

wild(member) if {
	some [path, value] in leaves.steps
	some step in path
	step == member
	value == "*"
}

wild(member) if {
	some text in texts
	regex.match(concat("", [`(?i)`, member, `["']?[ \t]*:[\s\["'-]*\*`]), text)
}

# A parser replaces or hides what a reader would see.
unclear contains "holds anchors, tags or escapes" if {
	some text in texts
	regex.match(`(^|[\s:\[,-])[&*][A-Za-z0-9_]|<<[ \t]*:|:[ \t]+!{1,2}[A-Za-z]|\\[xuU]`, text)
}

unclear contains "holds characters that people do not see or take for others" if {
	some text in texts
	regex.match(`[\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{feff}\x{ad}\x{85}\x{2028}\x{2029}]`, text)
}

unclear contains "is longer than anybody reads" if leaves.too_many
