# METADATA
# title: Addresses
# description: >-
#   To whom a message goes. An address is one of ours only when it is read the same way by everybody: whatever could hold a
#   second address in it, or is written with letters that look like others, is somebody else's.
# scope: package
package lib.address

import data.lib.names

# Everywhere a message may carry an address. An address missed here would be mail that nobody is asked about.
fields := {
	"address", "addresses", "attendees", "bcc", "cc", "channel", "channels", "delegate", "email", "emails", "forward_to",
	"invitees", "recipient", "recipients", "to", "user", "users",
}

recipients contains one if {
	crowded == false
	some value in values
	some one in entries(value)
}

recipients contains value if {
	crowded
	some value in values
}

values contains value if {
	some field in fields
	some value in listed(input.action.properties[field])
}

# So many that reading them takes longer than asking. They all count as outside, as nobody would know each of them.
# The answer is kept for the rest of the decision because there always is one: what is undefined is asked for anew each time.
default crowded := false

crowded if count(values) > 200

crowded if {
	some value in values
	is_string(value)
	count(value) > 8000
}

outsiders contains one if {
	some one in recipients
	not ours(one)
}

# Somebody outside under an address that a person would take for ours.
pretenders contains one if {
	count(outsiders) <= 50
	some one in outsiders
	pretends(one)
}

# Ours to the letter: one plain address at one of our domains, or a channel that only we read.
ours(entry) if {
	crowded == false
	is_colleague(within(entry))
}

ours(entry) if {
	crowded == false
	is_channel(entry)
}

# KIM@acme.example. is kim@acme.example. Its letters are looked at last, because that takes longest.
is_colleague(address) if {
	[name, domain] = split(trim_suffix(trim_prefix(lower(address), "mailto:"), "."), "@")
	domain in data.company.domains
	name != ""
	not contains(name, ":")
	trim(address, usual) == ""
}

is_channel(entry) if trim_prefix(entry, "#") in channels

channels contains trim_prefix(channel, "#") if some channel in data.company.channels

usual := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-@:"

# Kim <kim@acme.example>
within(entry) := entry if not contains(entry, "<")

within(entry) := trim_suffix(rest, ">") if {
	[name, rest] = split(entry, "<")
	endswith(rest, ">")
	not contains(name, "@")
	not contains(name, "\"")
}

listed(value) := value if is_array(value)

listed(value) := [value] if not is_array(value)

# The recipients in one value: several in a text, those of an object, or the value itself where it cannot be read.
entries(value) := split_list(value) if is_string(value)

else := found if {
	found := {one |
		some name in {"address", "channel", "email"}
		some one in split_list(value[name])
	}
	count(found) > 0
}

else := {value}

split_list(text) := {one |
	some piece in split(replace(unquoted(text), ";", ","), ",")
	one := trim_space(piece)
	one != ""
}

# Without the names in quotation marks, which may hold commas: "Chan, Lee" <lee@acme.example>. A text whose quotation marks
# could be read in two ways is left as it is, and is no plain address then.
unquoted(text) := text if not contains(text, "\"")

else := concat("", [piece | some i, piece in pieces; i % 2 == 0]) if {
	pieces := split(text, "\"")
	count(pieces) % 2 == 1
	not contains(text, "\\")
	count([i | some i, piece in pieces; i % 2 == 1; contains(piece, "@")]) == 0
}

else := text

pretends(entry) if names.suspicious(entry)

# kim@acme.example.evil.example, kim@acrne.example: our name in somebody else's domain, or what looks like it.
pretends(entry) if {
	parts := split(names.plain(entry), "@")
	some domain in data.company.domains
	contains(skeleton(concat(" ", array.slice(parts, 1, count(parts)))), split(domain, ".")[0])
}

skeleton(text) := strings.replace_n({"rn": "m", "vv": "w", "0": "o", "1": "l", "3": "e", "5": "s"}, text)
