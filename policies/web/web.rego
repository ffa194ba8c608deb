# METADATA
# title: The web
# description: >-
#   Reading needs nobody, and what was read is remembered as written by strangers. Sending needs operations: whatever is
#   behind an address may act on it. Addresses within our networks are looked at, and those that give out credentials are
#   never reached.
# scope: package
package policies.web

import data.lib.classified
import data.lib.credentials
import data.lib.flow as session
import data.lib.several
import data.lib.url

reads := {
	"browse", "crawl", "download", "extract", "fetch", "get", "goto", "head", "navigate", "open", "read", "scrape",
	"screenshot", "view", "visit",
}

searches := {"query", "search"}

# Whether these read or send is up to the method they name.
requests := {"call", "http", "request"}

sends := {"click", "delete", "fill", "patch", "post", "put", "send", "submit", "submit_form", "type", "upload"}

verb := parts[count(parts) - 1] if parts := split(input.action.name, ".")

# METADATA
# title: Reading the web
# description: It changes nothing. What was read may still move the agent, which is remembered.
allow contains {"rule": "web-read", "reason": "reads what is on the web"} if {
	reading
	plain
}

# METADATA
# title: Searching the web
# description: It changes nothing. What was found may still move the agent, which is remembered.
allow contains {"rule": "web-search", "reason": "searches the web"} if verb in searches

# METADATA
# title: Sending to the web
# description: >-
#   A form, an upload or a call may do anything that is behind it, also within the company, past the rules of the area it
#   really belongs to.
require_approval contains {
	"rule": "web-send",
	"reason": $"{input.action.name} sends to {shown}",
	"risk": send_risk,
	"seats": [{"group": "ops", "count": 1}],
} if {
	sending
}

# METADATA
# title: Doubtful address
# description: >-
#   An address within a network reaches what nobody outside should. One that programs read in different ways leads
#   elsewhere than it seems to.
require_approval contains {
	"rule": "doubtful-address",
	"reason": $"{input.action.name} reaches {shown}, which is within a network or cannot be read in one way",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	reading
	not plain
}

# METADATA
# title: Where credentials are given out
# description: Whoever reaches the metadata service of a cloud is the machine it runs on.
deny contains {"rule": "metadata-service", "reason": $"{shown} gives out the credentials of the machine, or hides which one it is"} if {
	some one in addresses
	url.metadata(one)
}

# METADATA
# title: Credentials stay inside
# description: A key in an address or a form is in somebody's log.
deny contains {"rule": "credential-leaves", "reason": "the request holds what looks like a key or a token"} if {
	outside
	credentials.within(input.action.properties)
}

# METADATA
# title: Data in the session
# description: Sensitive data does not leave in a form, nor in the address of a page.
require_approval contains rule if some rule in session.rules(flow, "ops")

flow contains "untrusted_read" if {
	reading
	outside
}

flow contains "untrusted_read" if verb in searches

flow contains "sensitive_read" if {
	reading
	classified.sensitive
}

flow contains "way_out" if {
	sending
	outside
}

flow contains "way_out" if {
	reading
	some one in addresses
	url.carries_data(one)
	not url.ours(one)
	not only_read(one)
}

# A question is short. A long one carries something.
flow contains "way_out" if {
	verb in searches
	some name in {"q", "query", "search", "text"}
	some one in several.of(input.action.properties[name])
	not is_short(one)
}

is_short(text) if {
	is_string(text)
	count(text) <= 200
}

# Nobody whom an agent could tell something reads the logs of these.
only_read(one) if url.host(one) in data.company.reading_hosts

reading if {
	verb in reads
	not sends_something
}

reading if {
	verb in requests
	only_reads(input.action.properties.method)
	not sends_something
}

sending if verb in sends

sending if {
	verb in (reads | requests)
	not reading
}

sends_something if {
	some name in {"body", "content", "data", "file", "files", "form", "json", "payload"}
	given := input.action.properties[name]
	not given in {"", null}
}

sends_something if {
	given := input.action.properties.method
	not only_reads(given)
}

only_reads(method) if upper(method) in {"GET", "HEAD"}

# The resource is one as well, when it is written as one.
addresses contains one if {
	some name in fields
	some one in several.of(input.action.properties[name])
}

addresses contains input.resource.id if startswith(lower(input.resource.id), "http")

fields := {"endpoint", "href", "link", "uri", "url", "urls"}

doubtful contains one if {
	some one in addresses
	not url.host(one)
}

doubtful contains one if {
	some one in addresses
	url.inner(one)
}

plain if {
	count(addresses) in numbers.range(1, 10)
	count(doubtful) == 0
}

outside if {
	some one in addresses
	not url.ours(one)
}

default send_risk := "medium"

send_risk := "high" if outside

default shown := "an address that cannot be read"

shown := substring(sort(addresses)[0], 0, 200)
