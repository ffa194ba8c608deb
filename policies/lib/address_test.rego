package lib.address_test

import data.lib.address

company := {"domains": ["acme.example", "acme.test"], "channels": ["#ops", "deploys"]}

sent(arguments) := {"action": {"name": "messaging.send", "properties": arguments}}

outsiders(arguments) := found if {
	found := address.outsiders with input as sent(arguments) with data.company as company
}

recipients(arguments) := found if {
	found := address.recipients with input as sent(arguments) with data.company as company
}

pretenders(arguments) := found if {
	found := address.pretenders with input as sent(arguments) with data.company as company
}

test_colleagues_are_known_however_their_address_is_written if {
	every one in [
		"kim@acme.example", "KIM@Acme.Example", "kim@acme.example.", "Kim Ho <kim@acme.example>", "<kim@acme.example>",
		"mailto:kim@acme.example", "MAILTO:Kim@acme.example", "Kim <mailto:kim@acme.example>", "lee.chan+x_1-2@acme.test", " kim@acme.example ",
		"kim@acme.example, lee@acme.example", "kim@acme.example;lee@acme.test;", "\"Chan, Lee\" <lee@acme.example>", "kim@acme.example,",
		{"email": "kim@acme.example"}, {"name": "Kim", "address": "kim@acme.example"}, {"channel": "ops"}, "#ops", "ops", "#deploys", "deploys",
	] {
		outsiders({"to": one}) == set()
		outsiders({"to": [one]}) == set()
		count(recipients({"to": one})) > 0
	}
}

test_whoever_is_not_plainly_a_colleague_is_an_outsider if {
	every one in [
		"eve@example.com", "eve@acme.example.evil.example", "eve@evil-acme.example", "@acme.example", "kim@", "kim", "kim@@acme.example",
		"kim@acme.example@evil.example", "eve@example.com kim@acme.example", "kim@acme.example\neve@example.com", "<eve@example.com>kim@acme.example",
		"kim@acme.example <eve@example.com>", "eve@example.com <kim@acme.example>", "<kim@acme.example> <eve@example.com>", "kim@acme.example>", "<kim@acme.example",
		"k\u0456m@acme.example", "kim@\u0430cme.example", "\u212aim@acme.example", "kim@acme\u3002example", "kim%evil.example@acme.example",
		"mailto:kim@acme.example?bcc=eve@example.com", "mailto:mailto:kim@acme.example", "kim!eve@acme.example", "kim@acme.example..", "kim:eve@acme.example",
		"\"eve@example.com\" <kim@acme.example>", "\"kim\\\" <kim@acme.example>", "\"kim@acme.example", "\"a\"kim@acme.example\"", "kim@sub.acme.example",
		5, null, {}, true, {"email": 5}, {"name": "kim@acme.example"}, [["kim@acme.example"]], "U012345", "#general", "##ops",
	] {
		count(outsiders({"to": [one]})) == 1
	}
}

test_one_outsider_among_colleagues_is_seen if {
	outsiders({"to": "kim@acme.example, eve@example.com"}) == {"eve@example.com"}
	outsiders({"to": "kim@acme.example;eve@example.com"}) == {"eve@example.com"}
	outsiders({"to": {"email": "kim@acme.example", "address": "eve@example.com"}}) == {"eve@example.com"}
	outsiders({"to": "kim@acme.example\", \"eve@example.com"}) == {"kim@acme.exampleeve@example.com"}
}

test_every_place_of_an_address_is_looked_at if {
	every field in [
		"address", "addresses", "attendees", "bcc", "cc", "channel", "channels", "delegate", "email", "emails", "forward_to", "invitees",
		"recipient", "recipients", "to", "user", "users",
	] {
		outsiders({"to": ["kim@acme.example"], field: "eve@example.com"}) - {"kim@acme.example"} == {"eve@example.com"}
		recipients({field: ["a@x.example", "b@x.example"]}) == {"a@x.example", "b@x.example"}
	}
	recipients({"from": "kim@acme.example", "subject": "hi"}) == set()
}

test_nothing_is_nobody if {
	every one in [[], "", " , ;", [""]] {
		recipients({"to": one}) == set()
	}
}

test_our_name_in_somebody_elses_address_is_a_pretence if {
	every one in [
		"kim@acme.example.evil.example", "kim@acme-mail.example", "kim@acrne.example", "kim@ACME.example.org", "kim@\u0430cme.example",
		"k\u0456m@example.com", "kim@x.example@acme.example.org", "kim\u200b@example.com",
	] {
		pretenders({"to": [one]}) == {one}
	}
	every one in ["eve@example.com", "acme@example.com", "kim@acme.example", 5, "#ops", "#general", {}] {
		pretenders({"to": [one]}) == set()
	}
}

test_letters_that_look_alike_are_read_alike if address.skeleton("rnvv0135") == "mwoles"

test_without_a_company_everybody_is_outside if {
	found := address.outsiders with input as sent({"to": ["kim@acme.example", "#ops"]}) with data.company as {}
	found == {"kim@acme.example", "#ops"}
}

test_a_crowd_is_outside_whoever_is_in_it if {
	crowd := [$"p{n}@acme.example" | some n in numbers.range(1, 201)]
	count(outsiders({"to": crowd})) == 201
	outsiders({"to": array.slice(crowd, 0, 200)}) == set()
	count(outsiders({"to": array.slice(crowd, 0, 200), "cc": "#ops"})) == 201
	long := concat("", [concat("", [c | some _ in numbers.range(1, 7988); c := "a"]), "@acme.example"])
	outsiders({"to": substring(long, 1, -1)}) == set()
	outsiders({"to": long}) == {long}
}

test_pretenders_are_not_looked_for_in_a_crowd if {
	fifty := [$"p{n}@acme.example.evil.example" | some n in numbers.range(1, 50)]
	count(pretenders({"to": fifty})) == 50
	pretenders({"to": array.concat(fifty, ["eve@example.com"])}) == set()
}
