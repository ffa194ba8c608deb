# METADATA
# title: Addresses on the web
# description: >-
#   Where a URL leads, for those that everybody reads the same way. With a user, a backslash, an address in brackets or any
#   unusual character, programs differ about the host, so there is none.
# scope: package
package lib.url

usual := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?#!$&'()*+,;=%"

usual_in_hosts := "abcdefghijklmnopqrstuvwxyz0123456789.-"

digits := "0123456789"

# The host of an http or https URL, in lower case. Undefined for everything that is not plainly one.
host(text) := name if {
	count(text) <= 2000
	trim(text, usual) == ""
	[scheme, rest] := split_once(text, "://")
	lower(scheme) in {"http", "https"}
	authority := split(strings.replace_n({"?": "/", "#": "/"}, rest), "/")[0]
	name := trim_suffix(lower(split(authority, ":")[0]), ".")
	name != ""
	trim(name, usual_in_hosts) == ""
}

split_once(text, separator) := [substring(text, 0, at), substring(text, at + count(separator), -1)] if {
	at := indexof(text, separator)
	at > 0
}

# One of ours to the letter, or under it.
ours(text) if {
	name := host(text)
	some domain in data.company.domains
	endswith($".{name}", $".{domain}")
}

# A machine by its number, or a name that means something only within a network.
inner(text) if {
	not ours(text)
	within_a_network(host(text))
}

within_a_network(name) if not contains(name, ".")

within_a_network(name) if {
	last_label(name) in {"corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost"}
}

within_a_network(name) if numeric(name)

# 10.0.0.1, and the ways to write it that only programs understand: 0xa000001, 012.1, 167772161.
numeric(name) if trim(last_label(name), digits) == ""

numeric(name) if startswith(last_label(name), "0x")

last_label(name) := labels[count(labels) - 1] if labels := split(name, ".")

# The service of a cloud that gives credentials to whoever asks from within, or a number that hides which machine it is.
metadata(text) if host(text) in {"100.100.100.200", "instance-data", "instance-data.ec2.internal", "metadata", "metadata.google.internal"}

metadata(text) if {
	some part in {"169.254.", "169-254-"}
	contains(host(text), part)
}

metadata(text) if {
	numeric(host(text))
	not is_quad(host(text))
}

is_quad(name) if {
	labels := split(name, ".")
	count(labels) == 4
	every label in labels {
		trim(label, digits) == ""
		label != ""
		trim_left(label, "0") in {label, ""}
	}
}

# Enough room in it to carry what was read to whoever reads the log of the host. A short plain address has little.
carries_data(text) if contains(text, "?")

carries_data(text) if count(text) > 200

carries_data(text) if {
	some part in split(replace(text, ".", "/"), "/")
	count(part) > 40
}
