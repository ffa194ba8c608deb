# METADATA
# title: SQL, word by word
# description: >-
#   Splits a statement into its words as all common databases would. Where they would not agree (a backslash before a quote
#   is an escape to one and text to the other) the statement is unclear: one reading would hide what the other runs.
#   Comments are gone, texts are 's', and names that cannot be keywords are plain and begin with a quote.
# scope: package
package lib.sql.tokens

import data.lib.names

# Longer statements are not read: nobody who is asked about one reads it either.
longest := 20000

most := 4000

raw(text) := found(plain_token, lower(text)) if ordinary(text)

else := found(token, lower(text))

found(expression, text) := [match[0] | some match in regex.find_all_string_submatch_n(expression, text, -1)]

# Most statements hold nothing that anybody could read in another way: words and numbers that something plain follows, and
# texts without quotes or escapes in them. They are taken apart with a far smaller expression, to the same tokens.
ordinary(text) if {
	regex.match(plainly_written, text)
	not contains(text, "--")
}

plainly_written := concat("|", [
	`^(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\.\*)?(?:[\s,()=<>*;+?!-]|$)`,
	`[0-9]+(?:\.[0-9]+)?(?:[\s,()=<>*;+?!-]|$)`,
	`'[^'\\]*'(?:[\s,();]|$)`,
	`[\s,()=<>*;+?!-])*$`,
])

plain_token := `[a-z_]\w*(?:\.\w+)*(?:\.\*)?|[0-9.]+|'[^']*'|<>|!=|<=|>=|\S`

# Joined with spaces, comments left out. Most tokens occur many times, so each is looked at once. Parts of a qualified name
# come together again: prod.public.users is one word.
plain(all_tokens) := replace(replace(concat(" ", [word | some one in all_tokens; word := plain_words[one]]), " . . ", ".."), " . ", ".") if {
	plain_words := {one: normal(one) |
		some one in {one | some one in all_tokens}
		not startswith(one, "--")
		not startswith(one, "/*")
	}
}

# What keeps a statement from being read the same way by everybody, in words for people.
unclear(text, all_tokens) := set() if ordinary(text)

else := {why | some one in {one | some one in all_tokens}; not regex.match(clear, one); why := problem(one)} | folded(text)

# Everything but white space. The order matters: comments and quotes come before the characters they begin with.
token := concat("|", [
	`--[^\n]*`,
	`/\*(?:[^*]|\*+[^*/])*\*+/`,
	`(?:nq|rb|br|u&|[qnexbr])?'(?:[^']|'')*'`,
	`[a-z_\x{80}-\x{10ffff}][\w$\x{80}-\x{10ffff}]*|"(?:[^"]|"")*"`,
	"`(?:[^`]|``)*`",
	`\[[a-z_][\w .$]*(?:-[\w .$]+)*\]`,
	array_literal,
	`0x[0-9a-f]+|\d+(?:\.\d*)?(?:e[-+]?\d+)?|\.\d+`,
	`%s|%\(\w+\)s|\$\d+|@{1,2}[a-z_][\w$.]*`,
	`::|:=|:[a-z_]\w*|<=>|<>|!=|<=|>=|\|\||&&|->>|->|=>`,
	`\S`,
])

# Brackets hold a name for one database and code for another, so only plain values and names may stand in them.
array_literal := `\[(?:\s*(?:'[^'\]\\]*'|-?[\w.]+|\$\d+|\?)\s*,?)*\]|\[\w+\(\d+\)\]`

# What needs no second look. Everything else is asked what is wrong with it.
clear := `^(?:[\w.@:?][\w.$@:]*|'[^'\\]*'|\$\d+|[-,()=<>*;+?%:!|&~^@/.]|::|:=|<>|!=|<=|>=|\|\||->|->>|-- [^\r]*)$`

problem(one) := "a comment that some databases run" if regex.match(`^/\*m?!`, one)

else := "a comment within a comment" if {
	startswith(one, "/*")
	contains(substring(one, 2, -1), "/*")
}

else := "a comment that begins with -- and no space, which some databases run" if {
	regex.match(`^--\S`, one)
}

else := "a comment that some databases end at a carriage return" if {
	startswith(one, "--")
	contains(trim_right(one, "\r"), "\r")
}

else := "a text in the quotes of one database" if {
	regex.match(`^(?:nq|q|u&)'`, one)
}

else := "a backslash before a quote" if {
	regex.match(`(?:^|[^\\])(?:\\\\)*\\['"]`, one)
}

else := "characters that people do not see or take for others" if deceptive(one)

else := strays[one] if strays[one]

# In texts and comments people may write what they like. A space of another kind is part of a name, or none.
deceptive(one) if {
	regex.match(`^[^-/']+$`, one)
	names.suspicious(one)
}

deceptive(one) if {
	regex.match(`^[^-/'"\x60\[]+$`, one)
	contains(names.visible(one), " ")
}

strays := {
	"'": "an open quote",
	"\"": "an open quote",
	"`": "an open quote",
	"#": "a #, which begins a comment in some databases",
	"$": "dollar quotes, which are text in some databases only",
	"{": "a template that is not filled in",
	"}": "a template that is not filled in",
	"\\": "a command to the client rather than to the database",
	"[": "brackets that databases read differently",
	"]": "brackets that databases read differently",
}

# Letters that become plain ones when case is ignored, here but not in a database; and names written in escapes.
folded(text) := {"characters that people do not see or take for others"} if {
	regex.match(`[\x{130}\x{212a}\x{212b}]|[uU]&"`, text)
} else := set()

# Text is 's', a larger number 1000, and a name in quotes begins with one, for it is never a keyword.
normal(one) := one if regex.match(`^(?:[a-z_][\w$.*]*|[-,()=<>*;+?%:!|&~^@/.]+|\d{1,3})$`, one)

else := text_of(one) if endswith(one, "'")

else := number_of(one) if {
	regex.match(`^\.?[0-9]`, one)
}

else := "?" if {
	regex.match(`^[:@$%]`, one)
}

else := "'s'" if {
	regex.match(`^\[(?:[^a-z_]|[a-z_0-9]+\()`, one)
}

else := concat("", [`"`, concat(".", names.parts(one))])

text_of(one) := one if one in {"''", "'%'", "'%%'"}

else := "'s'"

number_of(one) := "0" if trim(one, "0.") == ""

else := "1000"
