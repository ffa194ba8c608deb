# METADATA
# title: Commands to kubectl
# description: >-
#   Takes a command line of kubectl apart: its verb, what it is about, and its flags. A line that a shell would make more of,
#   or that begins with nothing known, is unclear.
# scope: package
package lib.kubectl

import data.lib.lists
import data.lib.verbs

# Where a command line is given. `command` beside a pod is run within the pod and is none.
members := ["args", "argv", "arguments", "cmd", "command", "command_line", "kubectl", "kubectl_args", "kubectl_command"]

# More words than this nobody reads.
most := 300

lines contains line if {
	some member in members
	line := words_of(input.action.properties[member])
	count(line) <= most
	is_kubectl(line)
}

# A line that names the program, or the only thing that an action of this name can run.
is_kubectl(line) if line[0] in {"kubectl", "oc", "k"}

is_kubectl(_) if {
	speaks_of_kubectl
	not within_pod
}

speaks_of_kubectl if verbs.says("kubectl oc")

speaks_of_kubectl if {
	split(input.action.name, ".")[0] in {"kubectl", "oc"}
	verbs.only("call cli cmd command exec execute raw run")
}

within_pod if {
	some member in ["container", "pod", "pod_name"]
	_ = input.action.properties[member]
}

words_of(value) := [word | some word in split(strings.replace_n({"\t": " ", "\n": " "}, value), " "); word != ""] if is_string(value)

words_of(value) := value if {
	is_array(value)
	count(value) > 0
	every word in value {
		is_string(word)
	}
}

# Something is given that could be a command and cannot be read as one.
unclear contains "is no text" if {
	speaks_of_kubectl
	not within_pod
	some member in members
	value := input.action.properties[member]
	not words_of(value)
}

unclear contains "holds what a shell makes more of" if {
	some member in members
	text := input.action.properties[member]
	is_string(text)
	is_kubectl(words_of(text))
	regex.match("[;|&<>`\\\\$\n]", text)
}

unclear contains "is longer than anybody reads" if {
	some member in members
	line := words_of(input.action.properties[member])
	count(line) > most
	may_be_kubectl(line)
}

# Beside a pod, only what names the program: everything else may be run within it.
may_be_kubectl(line) if is_kubectl(line)

may_be_kubectl(_) if not within_pod

unclear contains "says nothing" if {
	some line in lines
	count(bare(line)) == 0
}

unclear contains $"begins with {substring(bare(line)[0], 0, 40)}, which is not known" if {
	some line in lines
	not lists.has(known, bare(line)[0])
}

known := concat(" ", [
	"annotate api-resources api-versions apply attach auth autoscale certificate cluster-info config cordon cp create debug delete",
	"describe diff drain edit events exec explain expose get kustomize label logs patch port-forward proxy replace rollout run scale",
	"set taint top uncordon version wait",
])

# Flags that are followed by a value.
valued := concat(" ", [
	"-n --namespace --context --cluster --kubeconfig --user --as --as-group --token -s --server -l --selector -f --filename -o --output",
	"-c --container --field-selector -p --patch --type --replicas --grace-period --timeout --image --since --tail -k --kustomize",
	"--overrides --port --target-port --restart",
])

# The line without the program, its flags and their values.
bare(line) := [word |
	some i, word in line
	not startswith(word, "-")
	not value_of_flag(line, i)
	not program(i, word)
]

program(0, word) if word in {"kubectl", "oc", "k"}

value_of_flag(line, i) if lists.has(valued, line[i - 1])

verb contains bare(line)[0] if some line in lines

# rollout restart, auth can-i, config view, certificate approve.
second contains bare(line)[1] if some line in lines

about contains word if {
	some line in lines
	some i, word in bare(line)
	i > 0
}

flags contains split(word, "=")[0] if {
	some line in lines
	some word in line
	startswith(word, "-")
}

# The value of a flag, in either way of writing.
values(some_flags) := {value |
	some line in lines
	some i, word in line
	some flag in some_flags
	value := given(line, i, word, flag)
}

given(line, i, word, flag) := line[i + 1] if word == flag

given(_, _, word, flag) := substring(word, count(flag) + 1, -1) if startswith(word, concat("", [flag, "="]))
