package policies.web_test

import data.policies.web

asked(name, id, arguments) := asked_after({}, name, id, arguments)

asked_after(history, name, id, arguments) := said if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": arguments},
		"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
		"context": {},
		"history": history,
		"resource": {"type": "page", "id": id},
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

# What the package alone says, for the many spellings of one thing.
says(verb, arguments) := {rule.rule | some rule in found} if {
	found := (web.allow | web.require_approval) | web.deny with input as {
		"action": {"name": $"web.{verb}", "properties": arguments},
		"resource": {"type": "page", "id": "a page"},
	}
}

# Whether an action reads or sends, for the many spellings of both.
reads(verb, arguments) if {
	web.reading with input as {"action": {"name": $"web.{verb}", "properties": arguments}, "resource": {"type": "page", "id": "a page"}}
}

sends(verb, arguments) if {
	web.sending with input as {"action": {"name": $"web.{verb}", "properties": arguments}, "resource": {"type": "page", "id": "a page"}}
}

flows(verb, arguments) := found if {
	found := web.flow with input as {
		"action": {"name": $"web.{verb}", "properties": arguments},
		"resource": {"type": "page", "id": "a page"},
	}
}

rules(said) := {reason.rule | some reason in said.reasons}

texts(said) := {reason.text | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

customers := {"flow": {"sensitive_read": {"at": "2026-01-15T09:59:00Z", "action": "db.read", "resource": "prod.customers"}}}

token := concat("", ["gh", "p_abcdefghijklmnopqrstuvwxyz0123456789"])

test_reading_a_page_needs_nobody_and_is_remembered if {
	every verb in [
		"browse", "crawl", "download", "extract", "fetch", "get", "goto", "head", "navigate", "open", "read", "scrape",
		"screenshot", "view", "visit",
	] {
		reads(verb, {})
		not sends(verb, {})
	}
	says("fetch", {"url": "https://example.com/docs"}) == {"web-read"}
	said := asked("web.fetch", "https://example.com/docs", {})
	said.effect == "allow"
	said.flow == ["untrusted_read"]
}

test_the_address_is_found_under_every_name if {
	every name in ["endpoint", "href", "link", "uri", "url", "urls"] {
		found := web.addresses with input as {"action": {"name": "web.fetch", "properties": {name: ["https://a.example/", "b"]}}, "resource": {"type": "page", "id": "a page"}}
		found == {"https://a.example/", "b"}
	}
	says("fetch", {"urls": ["https://example.com/", "http://localhost/"]}) == {"doubtful-address"}
	asked("web.fetch", "HTTPS://example.com/", {"url": "http://wiki/"}).effect == "require_approval"
	rules(asked("web.fetch", "http://169.254.169.254/", {"url": "https://example.com/"})) == {"metadata-service"}
	rules(asked("web.fetch", "the docs", {"url": "https://example.com/"})) == {"web-read"}
	flows("fetch", {"urls": ["https://acme.example/", "https://example.com/"]}) == {"untrusted_read"}
}

test_our_own_pages_are_not_written_by_strangers if {
	says("fetch", {"url": "https://wiki.acme.example/howto?page=2"}) == {"web-read"}
	flows("fetch", {"url": "https://wiki.acme.example/howto?page=2"}) == set()
	flows("fetch", {"url": "https://acme.example.evil.example/"}) == {"untrusted_read"}
}

test_reading_what_is_classified_is_sensitive if {
	flows("fetch", {"url": "https://wiki.acme.example/", "classification": "restricted"}) == {"sensitive_read"}
	flows("search", {"query": "x", "classification": "restricted"}) == {"untrusted_read"}
}

test_searching_needs_nobody_and_is_remembered if {
	every verb in ["query", "search"] {
		says(verb, {"query": "how to rotate a key"}) == {"web-search"}
		flows(verb, {"query": "how to rotate a key"}) == {"untrusted_read"}
	}
	asked("web.search", "the web", {"query": "x"}).effect == "allow"
}

test_a_long_question_carries_something if {
	long := concat("", [c | some _ in numbers.range(1, 201); c := "a"])
	every name in ["q", "query", "search", "text"] {
		flows("search", {name: long}) == {"untrusted_read", "way_out"}
		flows("search", {name: [5]}) == {"untrusted_read", "way_out"}
		flows("search", {name: substring(long, 0, 200)}) == {"untrusted_read"}
	}
	flows("search", {"locale": long}) == {"untrusted_read"}
	flows("fetch", {"url": "https://example.com/", "q": long}) == {"untrusted_read"}
}

test_an_address_that_carries_data_is_a_way_out if {
	flows("fetch", {"url": "https://example.com/?q=kim"}) == {"untrusted_read", "way_out"}
	flows("fetch", {"url": "https://docs.python.org/3/search.html?q=dict"}) == {"untrusted_read"}
	flows("fetch", {"url": "https://example.com/?docs.python.org"}) == {"untrusted_read", "way_out"}
	flows("fetch", {"url": "https://user@example.com/?q=kim"}) == {"untrusted_read", "way_out"}
	flows("fetch", {"url": "https://example.com/?q=kim"}) == {"untrusted_read", "way_out"} with data.company.reading_hosts as []
	said := asked_after(customers, "web.fetch", "https://example.com/?q=kim", {})
	rules(said) == {"sensitive-leaves"}
	groups(said) == {"security": 1}
	asked_after(customers, "web.fetch", "https://example.com/docs", {}).effect == "allow"
}

test_sending_needs_operations if {
	every verb in ["click", "delete", "fill", "patch", "post", "put", "send", "submit", "submit_form", "type", "upload"] {
		sends(verb, {})
		not reads(verb, {})
	}
	flows("post", {"url": "https://example.com/"}) == {"way_out"}
	says("post", {"url": "https://admin.acme.example/"}) == {"web-send"}
	flows("post", {"url": "https://admin.acme.example/"}) == set()
	said := asked("web.post", "x", {"url": "https://example.com/form"})
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	texts(said) == {"web.post sends to https://example.com/form"}
	asked("web.post", "x", {"url": "https://admin.acme.example/"}).risk.level == "medium"
	texts(asked("web.post", "x", {"url": 5})) == {"web.post sends to an address that cannot be read"}
}

test_reading_with_a_body_or_another_method_is_sending if {
	every name in ["body", "content", "data", "file", "files", "form", "json", "payload"] {
		sends("fetch", {name: {"a": 1}})
		reads("fetch", {name: ""})
		reads("fetch", {name: null})
	}
	every method in ["POST", "delete", 5, null, ["GET"]] {
		sends("fetch", {"method": method})
	}
	every method in ["GET", "head"] {
		reads("fetch", {"method": method})
	}
	reads("fetch", {"timeout": 5})
	says("fetch", {"url": "https://example.com/", "method": "POST"}) == {"web-send"}
}

test_a_request_reads_only_when_it_says_so if {
	every verb in ["call", "http", "request"] {
		sends(verb, {})
		sends(verb, {"method": "POST"})
		sends(verb, {"method": "GET", "body": "x"})
		reads(verb, {"method": "get"})
	}
	says("teleport", {"url": "https://example.com/", "method": "GET"}) == set()
}

test_an_address_within_a_network_is_looked_at if {
	every one in ["http://10.0.0.7/admin", "http://wiki/", "https://user@example.com/", "example.com", "file:///etc/passwd", 5] {
		says("fetch", {"url": one}) == {"doubtful-address"}
	}
	says("fetch", {"urls": []}) == {"doubtful-address"}
	said := asked("web.fetch", "x", {"url": "http://10.0.0.7/admin"})
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	texts(said) == {"web.fetch reaches http://10.0.0.7/admin, which is within a network or cannot be read in one way"}
	says("post", {"url": "http://10.0.0.7/admin"}) == {"web-send"}
}

test_credentials_of_the_machine_are_never_reached if {
	every verb in ["fetch", "post"] {
		said := asked($"web.{verb}", "x", {"url": "http://169.254.169.254/latest/meta-data/"})
		rules(said) == {"metadata-service"}
		texts(said) == {"http://169.254.169.254/latest/meta-data/ gives out the credentials of the machine, or hides which one it is"}
	}
}

test_a_key_is_never_sent_outside if {
	rules(asked("web.fetch", "x", {"url": $"https://example.com/?t={token}"})) == {"credential-leaves"}
	rules(asked("web.post", "x", {"url": "https://example.com/", "body": {"token": token}})) == {"credential-leaves"}
	rules(asked("web.post", "x", {"url": "https://ci.acme.example/", "body": {"token": token}})) == {"web-send"}
}

test_sensitive_data_is_not_sent_unseen if {
	rules(asked_after(customers, "web.post", "x", {"url": "https://example.com/"})) == {"web-send", "sensitive-leaves"}
}

test_unknown_web_actions_are_denied if asked("web.install", "x", {"url": "https://example.com/"}).effect == "deny"

test_very_many_addresses_at_once_are_looked_at if {
	many := [$"https://example.com/{n}" | some n in numbers.range(1, 11)]
	says("fetch", {"urls": many}) == {"doubtful-address"}
	says("fetch", {"urls": array.slice(many, 0, 10)}) == {"web-read"}
}
