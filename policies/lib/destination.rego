# METADATA
# title: Destinations
# description: >-
#   Whether a place is one of ours: a store or a domain in company/data.json, or a folder of the agent's own workspace. A
#   place counts as ours only when everybody who parses it finds the same host in it. user@host, a second host behind a
#   backslash, acme.example.evil.example, punycode and letters that look like others are somebody else's.
# scope: package
package lib.destination

import data.lib.names

# Arguments that say where something goes. One that is missed here would be a way out that nobody is asked about.
members := [
	"audience", "bucket", "container", "destination", "destinations", "email", "emails", "endpoint", "folder", "host", "location",
	"output", "output_path", "path", "recipient", "recipients", "share_with", "sink", "target", "target_url", "to", "upload_to",
	"uri", "url", "webhook", "webhook_url", "with",
]

places contains place if {
	some member in members
	value := input.action.properties[member]
	some place in listed(member, value)
}

listed(member, value) := [named(member, one) | some one in value] if is_array(value)

else := [named(member, value)]

# A bucket is named without the store it is in.
named(member, value) := $"s3://{value}/" if {
	member == "bucket"
	is_string(value)
	regex.match(`^[a-z0-9][-a-z0-9.]*$`, value)
} else := value

# More than anybody who is asked would look at: to look at each takes longer than to ask.
crowded if count(places) > 100

all_ours if {
	count(places) > 0
	not crowded
	every place in places {
		ours(place)
	}
}

# Under these names alone, where others mean something else: the path of a secret is where it comes from.
foreign_under(some_members) := {place |
	not crowded
	some member in some_members
	some place in listed(member, input.action.properties[member])
	not ours(place)
}

foreign contains place if {
	not crowded
	some place in places
	not ours(place)
}

ours(place) if {
	plainly_written(place)
	some store in data.company.stores
	startswith(place, store)
}

ours(place) if {
	plainly_written(place)
	some folder in data.company.workspaces
	startswith(place, concat("", [folder, "/"]))
}

ours(place) if our_host(host(place))

ours(place) if {
	[name, domain] := split(place, "@")
	regex.match(`^[0-9A-Za-z][-0-9A-Za-z._+]*$`, name)
	lower(domain) in data.company.domains
}

# No way up the path, no escapes, nothing that one parser takes for the end and another does not.
plainly_written(place) if {
	regex.match(`^[-0-9A-Za-z_.:/=+,~ ]+$`, place)
	not contains(place, "..")
}

# The host of a web or file transfer address. Undefined when there could be two opinions about it.
host(place) := trim_suffix(lower(found[0][1]), ".") if {
	found := regex.find_all_string_submatch_n(`^(?i:https|sftp|ftps)://([0-9A-Za-z.-]+)(?::[0-9]{1,5})?(?:/[-0-9A-Za-z_.~/=&?,+%]*)?$`, place, 1)
	not contains(place, "..")
}

our_host(name) if name in data.company.domains

our_host(name) if {
	regex.match(`^[0-9a-z]`, name)
	not contains(name, "xn--")
	some domain in data.company.domains
	endswith(name, concat("", [".", domain]))
}

# In words for people: what cannot be shown is said to be so.
shown contains words(place) if {
	count(foreign) <= 5
	some place in foreign
}

shown contains $"{count(places)} places" if crowded

shown contains $"{count(foreign)} places" if count(foreign) > 5

shown contains "an unstated place" if count(places) == 0

words(place) := "a place that cannot be read" if not is_string(place)

else := "a place written with characters that people do not see or take for others" if names.suspicious(place)

else := substring(place, 0, 120)
