# METADATA
# title: Credentials in texts
# description: >-
#   Keys and tokens by their shape, wherever among the arguments they are. A shape that is not known here is not found: this
#   raises what is asked, and nothing may rely on it alone.
# scope: package
package lib.credentials

# How they begin, and what has to follow. Almost no text has a beginning, and only then an expression is compiled.
shapes := {
	"-----BEGIN ": "^[A-Z ]*PRIVATE KEY",
	"AKIA": "^[0-9A-Z]{16}",
	"ASIA": "^[0-9A-Z]{16}",
	"AIza": "^[0-9A-Za-z_-]{35}",
	"ghp_": "^[0-9A-Za-z]{36}",
	"gho_": "^[0-9A-Za-z]{36}",
	"ghs_": "^[0-9A-Za-z]{36}",
	"github_pat_": "^[0-9A-Za-z_]{22}",
	"glpat-": "^[0-9A-Za-z_-]{20}",
	"npm_": "^[0-9A-Za-z]{36}",
	"sk-ant-": "^[0-9A-Za-z_-]{20}",
	"sk_live_": "^[0-9A-Za-z]{16}",
	"rk_live_": "^[0-9A-Za-z]{16}",
	"xoxb-": "^[0-9A-Za-z-]{10}",
	"xoxp-": "^[0-9A-Za-z-]{10}",
	".eyJ": "^[0-9A-Za-z_-]{10}",
}

# Whether any text in a value, however deep, holds one.
within(value) if {
	walk(value, [_, text])
	some beginning, shape in shapes
	pieces := split(text, beginning)
	some rest in array.slice(pieces, 1, count(pieces))
	regex.match(shape, rest)
}
