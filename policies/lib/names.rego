# METADATA
# title: Names
# description: >-
#   The names of things as the systems behind them read them: `prod."Audit_Log" ` is the table audit_log. Every comparison
#   of a name that lowers or raises what is asked goes through here, so that no spelling slips past it. What cannot be
#   read the same way by everybody is suspicious, which raises and never lowers.
# scope: package
package lib.names

# Lower case, without quotes, invisible characters or space around it. Undefined for what is not text.
plain(text) := trim_space(strings.replace_n(quotes, lower(text))) if ordinary(text)

else := trim_space(strings.replace_n(quotes, lower(visible(text)))) if is_string(text)

# The parts of a path, however it separates them, without empty ones: prod.public."users" and prod/public/users alike.
parts(text) := [part |
	some piece in split(strings.replace_n(separators, name), ".")
	part := trim_space(piece)
	part != ""
] if {
	name := plain(text)
}

first(text) := parts(text)[0]

last(text) := given[count(given) - 1] if given := parts(text)

# Characters that people do not see, that turn the direction of writing, or that look like others: control and format
# characters, private ones, marks that combine, phonetic and small letters, letters in circles, full-width ones. The ranges
# are written out because the classes of Unicode are compiled anew for every request, which takes milliseconds.
suspicious(text) if {
	not ordinary(text)
	regex.match(`[\x00-\x1f\x7f-\x9f\x{ad}\x{131}\x{17f}\x{250}-\x{36f}\x{600}-\x{605}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180f}\x{1ab0}-\x{1aff}\x{1d00}-\x{1dff}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{218f}\x{2460}-\x{24ff}\x{2800}\x{3164}\x{a4d0}-\x{a4ff}\x{ab30}-\x{ab6f}\x{e000}-\x{f8ff}\x{fe00}-\x{fe2f}\x{feff}-\x{ffff}\x{1d400}-\x{1d7ff}\x{1f100}-\x{1f1ff}\x{e0000}-\x{10ffff}]`, text)
}

# Latin and another alphabet within one word: Greek, Cyrillic, Armenian or Cherokee letters are there for their looks.
suspicious(text) if {
	not ordinary(text)
	regex.match(`[a-zA-Z][\x{370}-\x{58f}\x{13a0}-\x{13ff}\x{1f00}-\x{1fff}]|[\x{370}-\x{58f}\x{13a0}-\x{13ff}\x{1f00}-\x{1fff}][a-zA-Z]`, text)
}

# Printable ASCII needs no second look. This is asked for every action, so its expression is one that compiles at once.
ordinary(text) if regex.match(`^[ -~]*$`, text)

# Spaces of every kind become plain ones; control, format and filler characters go.
visible(text) := concat("", [seen(match) |
	some match in regex.find_all_string_submatch_n(`([\x09-\x0d \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+)|([^\x00-\x20\x7f-\xa0\x{ad}\x{34f}\x{61c}\x{115f}\x{1160}\x{1680}\x{17b4}\x{17b5}\x{180b}-\x{180f}\x{2000}-\x{200f}\x{2028}-\x{202f}\x{205f}-\x{206f}\x{2800}\x{3000}\x{3164}\x{fe00}-\x{fe0f}\x{feff}\x{ffa0}\x{fff9}-\x{fffb}\x{e0000}-\x{e0fff}]+)`, text, -1)
])

seen(match) := " " if match[1] != ""

else := match[2]

quotes := {"\"": "", "'": "", "`": "", "[": "", "]": ""}

separators := {
	"/": ".", "\\": ".", ":": ".", "#": ".", "@": ".", ",": ".", ";": ".", "|": ".", "=": ".", "(": ".", ")": ".", " ": ".",
	"\t": ".", "\n": ".",
}
