package policies.mcp_test

import data.policies.mcp

asked(name, more) := object.union({"action": {"name": name, "properties": {}}, "resource": {"type": "tool", "id": "x"}}, more)

with_args(args) := {"action": {"properties": args}}

hinting(annotations) := {"resource": {"properties": {"annotations": annotations}}}

ruled(rules) := {rule.rule | some rule in rules}

asks(name, more) := found if found := ruled(mcp.require_approval) with input as asked(name, more)

allows(name, more) := found if found := ruled(mcp.allow) with input as asked(name, more)

denies(name, more) := found if found := ruled(mcp.deny) with input as asked(name, more)

flows(name, more) := found if found := mcp.flow with input as asked(name, more)

test_a_listed_reading_tool_needs_nobody if {
	every name in ["mcp.docs.search", "mcp.git.git_log"] {
		allows(name, {}) == {"mcp-read"}
		asks(name, {}) == set()
		denies(name, {}) == set()
	}
}

test_both_ways_of_naming_a_tool_are_the_same if {
	every verb in ["call", "call_tool", "tools_call", "invoke"] {
		allows($"mcp.{verb}", with_args({"server": "docs", "tool": "search"})) == {"mcp-read"}
		asks($"mcp.{verb}", with_args({"server": "files", "tool": "write_file"})) == {"mcp-change"}
	}
	allows("mcp.docs.search", with_args({"server": "files", "tool": "write_file"})) == {"mcp-read"}
}

test_a_tool_that_is_not_named_is_denied if {
	every args in [{}, {"server": "docs"}, {"tool": "search"}, {"server": "", "tool": "search"}, {"server": "docs", "tool": ""}, {"server": 1, "tool": "search"}, {"server": "docs", "tool": ["search"]}] {
		denies("mcp.call", with_args(args)) == {"mcp-unnamed"}
		allows("mcp.call", with_args(args)) == set()
	}
	denies("mcp.docs", {}) == {"mcp-unnamed"}
	denies("mcp.docs.search", {}) == set()
}

test_a_name_that_is_nearly_a_known_one_is_another if {
	every server in ["Docs", "docs ", "doc"] {
		asks("mcp.call", with_args({"server": server, "tool": "search"})) == {"mcp-unknown-server"}
	}
	asks("mcp.call", with_args({"server": "docs", "tool": "Search"})) == {"mcp-unknown-tool"}
	asks("mcp.docs.search.all", {}) == {"mcp-unknown-tool"}
}

test_a_name_with_characters_nobody_sees_is_for_security if {
	"mcp-deceptive-name" in asks("mcp.call", with_args({"server": "do\u200bcs", "tool": "search"}))
	"mcp-deceptive-name" in asks("mcp.call", with_args({"server": "docs", "tool": "se\u0430rch"}))
	not "mcp-deceptive-name" in asks("mcp.call", with_args({"server": "other", "tool": "search"}))
}

test_a_forbidden_server_is_denied_however_it_is_spelt if {
	every server in ["credential_store", "Credential_Store", " credential_store"] {
		denies("mcp.call", with_args({"server": server, "tool": "get"})) == {"mcp-forbidden"}
	}
}

test_a_changing_tool_is_asked_about if {
	some rule in mcp.require_approval with input as asked("mcp.files.write_file", {})
	rule == {"rule": "mcp-change", "reason": "files/write_file changes something", "risk": "medium", "seats": [{"group": "ops", "count": 1}]}
	allows("mcp.files.write_file", {}) == set()
}

test_an_unknown_tool_of_a_known_server_is_asked_about if {
	some rule in mcp.require_approval with input as asked("mcp.files.format_disk", {})
	rule == {"rule": "mcp-unknown-tool", "reason": "files/format_disk is a tool that nobody here has looked at", "risk": "medium", "seats": [{"group": "ops", "count": 1}]}
}

test_an_unknown_server_is_for_security if {
	asking := mcp.require_approval with input as asked("mcp.weather.today", {})
	asking == {{
		"rule": "mcp-unknown-server",
		"reason": "weather/today is on a server that nobody here has looked at",
		"risk": "high",
		"seats": [{"group": "security", "count": 1}],
		"reason_required": true,
	}}
}

test_hints_raise if {
	asks("mcp.docs.search", hinting({"destructiveHint": true})) == {"mcp-hint"}
	asks("mcp.docs.search", hinting({"readOnlyHint": false})) == {"mcp-hint"}
	asks("mcp.docs.search", {"context": {"annotations": {"destructiveHint": true}}}) == {"mcp-hint"}
	some rule in mcp.require_approval with input as asked("mcp.docs.search", hinting({"destructiveHint": true}))
	rule.reason == "docs/search is listed as reading and says of itself that it destroys"
	rule.risk == "high"
	some other in mcp.require_approval with input as asked("mcp.docs.search", hinting({"readOnlyHint": false}))
	other.reason == "docs/search is listed as reading and says of itself that it writes"
}

test_a_destructive_change_is_a_high_risk if {
	every name in ["mcp.files.write_file", "mcp.files.format_disk"] {
		some rule in mcp.require_approval with input as asked(name, hinting({"destructiveHint": true}))
		rule.risk == "high"
	}
}

test_hints_never_lower if {
	harmless := hinting({"readOnlyHint": true, "destructiveHint": false, "openWorldHint": false, "idempotentHint": true})
	every name in ["mcp.files.write_file", "mcp.files.format_disk", "mcp.weather.today"] {
		asks(name, harmless) == asks(name, {})
		flows(name, harmless) == flows(name, {})
		allows(name, harmless) == set()
	}
	asks("mcp.docs.search", harmless) == set()
}

test_a_tool_whose_description_has_changed_is_for_security if {
	looked_at := {"docs": {"search": "sha256:aa"}}
	every given in [{}, {"resource": {"properties": {"tool_digest": "sha256:bb"}}}, {"context": {"tool_digest": "sha256:bb"}}] {
		found := asks("mcp.docs.search", given) with data.mcp.digests as looked_at
		found == {"mcp-tool-changed"}
	}
	every given in [{"resource": {"properties": {"tool_digest": "sha256:aa"}}}, {"context": {"tool_digest": "sha256:aa"}}] {
		found := asks("mcp.docs.search", given) with data.mcp.digests as looked_at
		found == set()
	}
	other := asks("mcp.docs.list_pages", {}) with data.mcp.digests as looked_at
	other == set()
}

test_what_a_server_outside_returns_is_untrusted if {
	flows("mcp.docs.search", {}) == {"untrusted_read"}
	flows("mcp.git.git_log", {}) == set()
	flows("mcp.weather.today", {}) == {"untrusted_read", "way_out"}
	flows("mcp.git.git_log", hinting({"openWorldHint": true})) == {"untrusted_read", "way_out"}
}

test_what_a_tool_sends_outside_is_a_way_out if {
	flows("mcp.tickets.add_comment", {}) == {"untrusted_read", "way_out"}
	flows("mcp.tickets.get_ticket", {}) == {"untrusted_read"}
	flows("mcp.files.write_file", {}) == set()
}

test_customers_are_sensitive if flows("mcp.crm.get_customer", {}) == {"sensitive_read"}

test_what_says_it_destroys_can_not_be_undone if flows("mcp.files.write_file", hinting({"destructiveHint": true})) == {"irreversible"}

test_a_key_does_not_leave if {
	key := {"action": {"properties": {"text": "use AKIAIOSFODNN7EXAMPLE for it"}}}
	denies("mcp.tickets.add_comment", key) == {"credential-leaves"}
	denies("mcp.weather.today", key) == {"credential-leaves"}
	denies("mcp.git.git_log", key) == set()
}

test_the_way_out_of_a_session_that_has_read_too_much_is_for_security if {
	read := {"history": {"flow": {"untrusted_read": {"action": "web.fetch"}, "sensitive_read": {"action": "crm.read"}}}}
	"steered-leak" in asks("mcp.tickets.add_comment", read)
	asks("mcp.tickets.get_ticket", read) == set()
}

test_a_hint_that_is_no_plain_yes_or_no_is_the_worse_one if {
	every value in ["true", "false", null, 1, {}] {
		asks("mcp.docs.search", hinting({"destructiveHint": value})) == {"mcp-hint"}
		asks("mcp.docs.search", hinting({"readOnlyHint": value})) == {"mcp-hint"}
		flows("mcp.git.git_log", hinting({"openWorldHint": value})) == {"untrusted_read", "way_out"}
	}
}

test_a_hint_is_found_wherever_it_is if {
	hint := {"destructiveHint": true}
	every more in [
		{"resource": {"properties": {"annotations": hint}}}, {"resource": {"properties": hint}}, {"context": {"annotations": hint}}, {"context": {"tool": {"annotations": hint}}},
	] {
		asks("mcp.docs.search", more) == {"mcp-hint"}
	}
	asks("mcp.docs.search", {"context": {"destructiveHint": true}}) == set()
}

test_a_secret_is_one_whichever_tool_opens_it if {
	every name in ["file", "file_path", "filename", "filepath", "files", "path", "paths", "source", "uri"] {
		asks("mcp.files.read_text_file", with_args({name: ".env"})) == {"secret-file"}
		asks("mcp.call", with_args({name: ".env"})) == {"secret-file"}
		asks("mcp.call", with_args({"server": "files", "tool": "read_text_file", "arguments": {name: ["a", "file:///home/x/.ssh/id_rsa"]}})) == {"secret-file"}
		asks("mcp.files.read_text_file", with_args({name: "src/a.ts"})) == set()
	}
	flows("mcp.files.read_text_file", with_args({"path": ".env"})) == {"sensitive_read"}
	asks("mcp.files.read_text_file", with_args({"note": ".env"})) == set()
	some rule in mcp.require_approval with input as asked("mcp.files.read_text_file", with_args({"path": ".env"}))
	rule.seats == [{"group": "security", "count": 1}]
	rule.risk == "high"
	rule.reason == "files/read_text_file on a file where secrets are kept"
}
