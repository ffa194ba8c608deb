# METADATA
# title: Shell commands
# description: >-
#   What a command line runs, for those that can be read without being a shell: words, whole quoted strings, and commands
#   one after the other or in a pipe. Variables, substitutions, redirections, groups and everything else a shell does are
#   not followed. What cannot be followed is unclear, and unclear is asked about.
# scope: package
package lib.shell

members := ["cmd", "code", "command", "command_line", "commands", "input", "script"]

args := input.action.properties

# A program and its arguments: no shell looks at them.
given contains array.concat([args.command], args.args) if {
	is_string(args.command)
	is_array(args.args)
}

given contains args.argv if args.argv

given contains args[member] if {
	some member in members
	args[member]
	not split_up(member)
}

split_up("command") if is_array(args.args)

# More than this nobody would read before approving.
longest := 4000

line := found if {
	count(given) == 1
	some value in given
	found := text(value)
	count(found) <= longest
}

text(value) := value if is_string(value)

else := concat(" ", [one_word(word) | some word in value]) if {
	is_array(value)
	every word in value {
		one_word(word)
	}
}

# Undefined for what is no text, and then the whole is: an argument that is left out must not make the rest look harmless.
one_word(word) := word if regex.match(`^[0-9A-Za-z_./=:,@%+-]+$`, word)

else := concat("", ["'", word, "'"]) if {
	is_string(word)
	not contains(word, "'")
}

# Each token: output that is thrown away, a word, two kinds of quoted string, a separator, space, or anything else.
pattern := "(?:[12]?>[ ]?/dev/null|2>&1)|([0-9A-Za-z_./=:,@%+~^?*-]+)|('[^']*')|(\"[^\"$\\x60\\\\!]*\")|(&&|\\|\\||[;|\n])|([ \\t]+)|((?s:.))"

# A line of very many pieces is not taken apart: nobody would read it, and what comes after takes its time for each.
tokens := found if {
	found := regex.find_all_string_submatch_n(pattern, trim_space(line), most + 1)
	count(found) <= most
} else := [["", "", "", "", "", "", "…"]] if line

most := 250

unclear if not line

unclear if {
	some token in tokens
	token[6] != ""
}

# A quoted piece that touches a word is one word with it: r'm' is rm.
unclear if {
	some i, token in tokens
	is_quoted(token)
	some near in [i - 1, i + 1]
	touches(tokens[near])
}

unclear if {
	some command in commands
	count(command) == 0
}

is_quoted(token) if token[2] != ""

is_quoted(token) if token[3] != ""

touches(token) if token[1] != ""

touches(token) if is_quoted(token)

ends := array.concat(array.concat([-1], [i | some i, token in tokens; token[4] != ""]), [count(tokens)])

# The words of each command. A separator at the very end, as people write it, ends nothing more.
commands := [words |
	some n in numbers.range(0, count(ends) - 2)
	between := array.slice(tokens, ends[n] + 1, ends[n + 1])
	not nothing_more(n, between)
	words := [word(token) | some token in between; is_word(token)]
]

nothing_more(n, between) if {
	n > 0
	n == count(ends) - 2
	count(between) == 0
}

is_word(token) if token[1] != ""

is_word(token) if is_quoted(token)

word(token) := substring(token[0], 1, count(token[0]) - 2) if is_quoted(token)

else := token[0]

# The program without its path: /bin/rm is rm.
program(command) := base(command[0])

base(word) := parts[count(parts) - 1] if parts := split(word, "/")

programs contains program(command) if some command in commands

# These run what comes after them. Which of the words that is depends on flags, so each of them may be it.
programs contains base(word) if {
	some command in commands
	program(command) in wrappers
	some word in array.slice(command, 1, count(command))
	not startswith(word, "-")
}

wrappers := {
	"builtin", "command", "doas", "env", "exec", "nice", "nohup", "setsid", "stdbuf", "sudo", "time", "timeout", "watch",
	"xargs",
}

piped if {
	some token in tokens
	token[4] == "|"
}
