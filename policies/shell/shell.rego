# METADATA
# title: Shell commands
# description: >-
#   A command is judged by what it runs. Plain reading and ordinary work within the workspace need nobody; what destroys,
#   reaches other machines, takes privileges or cannot be read is looked at first. data.json has the programs.
# scope: package
package policies.shell

import data.lib.credentials
import data.lib.flow as session
import data.lib.lists
import data.lib.path
import data.lib.shell

programs := data.shell

known_verbs := {"bash", "command", "exec", "execute", "run", "run_command", "sh", "terminal"}

verb := parts[count(parts) - 1] if parts := split(input.action.name, ".")

runs if verb in known_verbs

# The rest of a command after its program, and those parts of it that are no flags.
operands(command) := [word | some word in array.slice(command, 1, count(command)); not startswith(word, "-")]

words contains word if {
	some command in shell.commands
	some word in array.slice(command, 1, count(command))
}

# A flag may carry a path: --file=/etc/shadow, -I/etc.
pieces contains word if some word in words

pieces contains substring(word, 2, -1) if {
	some word in words
	startswith(word, "-")
}

# git show HEAD:.env
pieces contains piece if {
	some word in words
	some piece in split(replace(word, ":", "="), "=")
}

reads(command) if {
	lists.has(programs.reads, command[0])
	not writes_after_all(command)
	not wanders(command)
	not gropes(command)
}

reads(command) if {
	command[0] == "git"
	lists.has(programs.git_reads, command[1])
	not writes_after_all(command)
	not wanders(command)
}

# Moving to another place would make every path after it another one.
reads(command) if {
	command[0] == "cd"
	count(command) == 2
	at_home(command)
}

# Flags with which a reading program writes a file, sets something or runs another program.
writes_after_all(command) if {
	some word in command
	some flag in [
		"--compile", "--compress-program", "--ext-diff", "--hostname-bin", "--log-file", "--open-files-in-pager", "--output", "--pre",
		"--set", "--textconv", "-delete", "-exec", "-fls", "-fprint", "-ok",
	]
	startswith(word, flag)
}

# Programs take a long flag for meant when it is only begun: --outp is --output.
writes_after_all(command) if {
	some word in command
	startswith(word, "--")
	begun := split(word, "=")[0]
	count(begun) > 3
	some flag in ["--compile", "--compress-program", "--ext-diff", "--log-file", "--open-files-in-pager", "--output", "--set", "--textconv"]
	startswith(flag, begun)
}

# -uo is -u and -o: a file to write, for these.
writes_after_all(command) if {
	lists.has("less more sort tree", command[0])
	some word in command
	startswith(word, "-")
	not startswith(word, "--")
	contains(lower(word), "o")
}

# What less is told to do first, what file compiles, and the environment, which is where jq finds keys.
writes_after_all(command) if {
	lists.has("less more", command[0])
	some word in command
	startswith(word, "+")
}

writes_after_all(command) if {
	command[0] == "file"
	some word in command
	startswith(word, "-C")
}

writes_after_all(command) if {
	command[0] == "jq"
	some word in command
	contains(lower(word), "env")
}

# Other people's places, and the way up to them.
wanders(command) if {
	some word in places(command)
	some piece in split(word, "=")
	leads_away(piece)
}

leads_away(text) if startswith(text, "~")

leads_away(text) if ".." in split(text, "/")

leads_away(text) if {
	parts := split(text, "/")
	parts[0] == ""
	parts[1] in {"Users", "boot", "dev", "etc", "home", "proc", "root", "sys"}
	not text in {"/dev/null", "/dev/stdin"}
}

# A pattern may match a key, unless it ends in what no key ends in: src/*.ts.
gropes(command) if {
	not lists.has("basename dirname echo file find ls printf readlink realpath stat type wc which", command[0])
	some word in places(command)
	some part in split(word, "/")
	is_pattern(part)
	not is_tame(part)
}

is_pattern(part) if contains(part, "*")

is_pattern(part) if contains(part, "?")

is_tame(part) if {
	pieces := split(part, ".")
	count(pieces) > 1
	pieces[0] != ""
	ending := pieces[count(pieces) - 1]
	not is_pattern(ending)
	not ending in path.secret_endings
	not ending in {"", "env"}
}

# What a command looks into. The first word of a search is what it searches for.
places(command) := array.slice(command, 1, count(command)) if not searches(command)

places(command) := array.concat(array.slice(operands(command), 1, count(operands(command))), flags(command)) if searches(command)

flags(command) := [word | some word in array.slice(command, 1, count(command)); startswith(word, "-")]

searches(command) if {
	lists.has("egrep fgrep grep rg", command[0])
	count([word | some word in command; names_pattern(word)]) == 0
}

names_pattern(word) if {
	some flag in ["--file", "--regexp", "-e", "-f"]
	startswith(word, flag)
}

# The second file of uniq is written, and any word of date that is no format sets the clock.
writes_after_all(command) if {
	command[0] == "uniq"
	count(operands(command)) > 1
}

writes_after_all(command) if {
	command[0] == "date"
	some word in operands(command)
	not startswith(word, "+")
}

changes(command) if {
	lists.has(programs.changes, command[0])
	at_home(command)
}

changes(command) if {
	command[0] == "git"
	lists.has(programs.git_changes, command[1])
	at_home(command)
	not forced(command)
	not from_elsewhere(command)
}

# ext::sh -c ... is a repository to git, and runs.
from_elsewhere(command) if {
	some word in command
	contains(word, "::")
}

builds(command) if {
	some start in programs.builds
	parts := split(start, " ")
	array.slice(command, 0, count(parts)) == parts
	at_home(command)
	not redirected(command)
}

# Flags that make a build run something else than the project says.
redirected(command) if {
	some word in command
	some flag in ["--eval", "--file", "--makefile", "--prefix", "-C", "-e", "-exec", "-f", "-overlay", "-toolexec"]
	startswith(word, flag)
}

# Everything it names is in the workspace, and no flag names a place.
at_home(command) if {
	every word in array.slice(command, 1, count(command)) {
		stays(word)
	}
}

stays(word) if {
	startswith(word, "-")
	not contains(word, "/")
	not contains(word, "..")
}

stays(word) if {
	not startswith(word, "-")
	file := path.read(word)
	path.inside(file)
	not opens_more(file)
}

# A message, or a name in the folder one is in: nothing here is read by a shell any more.
stays(word) if {
	not startswith(word, "-")
	not contains(word, "/")
	not contains(word, "\\")
	not startswith(word, "~")
	word != ".."
	not is_special(word)
}

is_special(word) if opens_more(path.read(word))

# Keys, and what runs or is obeyed without being asked, are in the workspace too.
opens_more(file) if path.secret(file)

opens_more(file) if path.automation(file)

opens_more(file) if path.agent_settings(file)

forced(command) if {
	some word in command
	word in {"--force", "-f", "-D", "--delete", "-d", "-x", "--mirror", "--prune"}
}

forced(command) if {
	some word in command
	startswith(word, "--exec")
}

# What was not committed is gone.
forced(command) if {
	command[1] == "stash"
	command[2] in {"clear", "drop"}
}

readable if {
	runs
	not shell.unclear
}

harmless if {
	readable
	every command in shell.commands {
		reads(command)
	}
	not touches_secrets
}

working if {
	readable
	every command in shell.commands {
		ordinary(command)
	}
	not touches_secrets
}

ordinary(command) if reads(command)

ordinary(command) if changes(command)

ordinary(command) if builds(command)

touches_secrets if {
	some piece in pieces
	path.secret(path.read(piece))
}

speaks_of_secrets if {
	runs
	shell.unclear
	some value in shell.given
	text := lower(json.marshal(value))
	some mark in [
		".aws", ".env", ".git-credentials", ".kube", ".netrc", ".npmrc", ".pem", ".ssh", "/etc/shadow", "_key", "_secret",
		"_token", "credentials", "id_ed25519", "id_rsa", "passw", "printenv", "secret_",
	]
	indexof(text, mark) >= 0
}

# ... | sh, and eval of anything.
hidden if {
	readable
	shell.piped
	uses(programs.interpreters)
}

hidden if {
	readable
	"eval" in shell.programs
}

hidden if {
	readable
	some command in shell.commands
	lists.has(programs.interpreters, shell.program(command))
	some word in command
	word in {"-c", "-e", "--eval", "-Command", "-EncodedCommand"}
}

uses(list) if {
	some program in shell.programs
	lists.has(list, program)
}

reaches_out if {
	readable
	uses(programs.network)
}

reaches_out if {
	readable
	some command in shell.commands
	command[0] == "git"
	command[1] in {"clone", "push", "remote", "submodule"}
}

shown := $"`{substring(shell.line, 0, 160)}`" if count(shell.line) <= 160

else := $"`{substring(shell.line, 0, 160)}…`"

# METADATA
# title: Reading
# description: It changes nothing, and nothing secret is kept where it looks.
allow contains {"rule": "shell-read", "reason": "only looks"} if harmless

# METADATA
# title: Work in the workspace
# description: The workspace is there to be worked in, and what is in it can be had again.
allow contains {"rule": "shell-work", "reason": "works within the workspace"} if {
	working
	not harmless
}

# METADATA
# title: Unclear command
# description: What people cannot follow without being a shell, a rule cannot either.
require_approval contains {
	"rule": "shell-unclear",
	"reason": "runs a command that cannot be read plainly",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	runs
	shell.unclear
}

# METADATA
# title: Other command
# description: Nobody here has said what it does.
require_approval contains {
	"rule": "shell-other",
	"reason": $"runs {shown}, which is not known to be harmless here",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	readable
	not working
}

# METADATA
# title: Destructive command
# description: There is no bin to take things out of again.
require_approval contains {
	"rule": "shell-destroys",
	"reason": $"destroys: {shown}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	destroys
}

# METADATA
# title: Other machines
# description: What is sent is gone, and what comes back was written by somebody else.
require_approval contains {
	"rule": "shell-network",
	"reason": $"reaches other machines: {shown}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	reaches_out
}

# METADATA
# title: Privileges and other systems
# description: These programs act past the rules of the area that they belong to.
require_approval contains {
	"rule": "shell-privileged",
	"reason": $"takes privileges or drives another system: {shown}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	readable
	uses(programs.privileged)
}

# METADATA
# title: Secrets
# description: Keys and passwords are kept there.
require_approval contains {
	"rule": "shell-secrets",
	"reason": $"looks where keys or passwords are kept: {shown}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	readable
	touches_secrets
}

# METADATA
# title: Secrets in what cannot be read
# description: A line that cannot be read and names a key is more likely to take it than one that can.
require_approval contains {
	"rule": "shell-secrets",
	"reason": "runs a command that cannot be read plainly and speaks of keys or passwords",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	speaks_of_secrets
}

# METADATA
# title: Program that is not in the line
# description: What a pipe or a text hands to an interpreter runs, and nobody who reads the line has read it.
require_approval contains {
	"rule": "shell-hidden",
	"reason": $"runs what is not there to be read: {shown}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	hidden
}

# METADATA
# title: Program from the network
# description: Whoever answers decides what runs here. Nobody can approve what nobody has seen.
deny contains {"rule": "shell-download-and-run", "reason": "runs what another machine sends, unseen: download it, read it, then run it"} if {
	readable
	shell.piped
	uses(programs.network)
	uses(programs.interpreters)
}

# METADATA
# title: Wiping
# description: Nothing that an agent is here for needs it.
deny contains {"rule": "shell-wipes", "reason": $"wipes what the machine runs on: {shown}"} if {
	readable
	some command in shell.commands
	some program in started(command)
	lists.has("chmod chown dd mkfs rm shred wipefs", program)
	some word in command
	wipes(word)
}

# METADATA
# title: No command
# description: What is not there cannot be judged.
deny contains {"rule": "shell-empty", "reason": "carries no command: put it into the argument \"command\""} if {
	runs
	count(shell.given) == 0
}

# METADATA
# title: Credentials stay inside
# description: A key in a command is in the history of the shell and in somebody's log.
deny contains {"rule": "credential-leaves", "reason": "the command holds what looks like a key or a token"} if {
	runs
	credentials.within(input.action.properties)
}

# METADATA
# title: Data in the session
# description: A shell is a way out like any other.
require_approval contains rule if some rule in session.rules(flow, "ops")

destroys if {
	readable
	uses(programs.destroys)
}

destroys if {
	readable
	some command in shell.commands
	command[0] == "git"
	forced(command)
}

destroys if {
	readable
	some command in shell.commands
	command[0] == "git"
	command[1] in {"clean", "filter-branch", "gc", "reflog", "reset"}
}

destroys if {
	readable
	some command in shell.commands
	some word in command
	word in {"-delete", "-exec", "-execdir"}
}

# sudo rm starts rm.
started(command) := {shell.program(command)} if not shell.program(command) in shell.wrappers

started(command) := {shell.base(word) | some word in command} if shell.program(command) in shell.wrappers

wipes(word) if word in {"/", "/*", "~", "~/", "~/*", "*", ".", "..", "./", "../"}

wipes(word) if {
	file := path.read(trim_prefix(word, "of="))
	startswith(file.text, "/")
	file.parts[0] in {"bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "sbin", "sys", "usr", "var"}
}

flow contains "sensitive_read" if {
	readable
	touches_secrets
}

flow contains "sensitive_read" if speaks_of_secrets

flow contains "untrusted_read" if reaches_out

flow contains "way_out" if reaches_out

# What cannot be read may be any of these.
flow contains "way_out" if {
	runs
	shell.unclear
}

flow contains "irreversible" if destroys
