# METADATA
# title: Credentials in texts
# description: >-
#   Keys and tokens by their shape, wherever among the arguments they are. A shape that is not known here is not found: this
#   raises what is asked, and nothing may rely on it alone.
# scope: package
package lib.credentials

# How each begins, marked. JSON never holds the mark as it is.
marks := {
	"-----BEGIN ": "\u0001-----BEGIN ",
	"AKIA": "\u0001AKIA",
	"ASIA": "\u0001ASIA",
	"AIza": "\u0001AIza",
	"ghp_": "\u0001ghp_",
	"gho_": "\u0001gho_",
	"ghs_": "\u0001ghs_",
	"github_pat_": "\u0001github_pat_",
	"glpat-": "\u0001glpat-",
	"npm_": "\u0001npm_",
	"sk-ant-": "\u0001sk-ant-",
	"sk_live_": "\u0001sk_live_",
	"rk_live_": "\u0001rk_live_",
	"xoxb-": "\u0001xoxb-",
	"xoxp-": "\u0001xoxp-",
	".eyJ": "\u0001.eyJ",
}

# What has to follow, one expression for all.
shape := concat("", [
	"^(", concat("|", [
		"-----BEGIN [A-Z ]*PRIVATE KEY",
		"A[KS]IA[0-9A-Z]{16}",
		"AIza[0-9A-Za-z_-]{35}",
		"gh[pos]_[0-9A-Za-z]{36}",
		"github_pat_[0-9A-Za-z_]{22}",
		"glpat-[0-9A-Za-z_-]{20}",
		"npm_[0-9A-Za-z]{36}",
		"sk-ant-[0-9A-Za-z_-]{20}",
		"[rs]k_live_[0-9A-Za-z]{16}",
		"xox[bp]-[0-9A-Za-z-]{10}",
		`\.eyJ[0-9A-Za-z_-]{10}`,
	]),
	")",
])

# Whether any text in a value, however deep, holds one. The value is scanned once, as one text: an expression over all of it,
# or a search for each beginning, would take longer than everything else that is asked about a long message.
within(value) if {
	pieces := split(strings.replace_n(marks, json.marshal(value)), "\u0001")
	some piece in array.slice(pieces, 1, count(pieces))
	regex.match(shape, piece)
}
