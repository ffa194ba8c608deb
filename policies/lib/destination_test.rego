package lib.destination_test

import data.lib.destination

to(place) := {"action": {"properties": {"destination": place}}}

test_our_places_are_ours if {
	every place in [
		"s3://acme-internal/reports/2026.csv", "warehouse:sales.daily", "https://acme.example/upload", "https://ACME.Example/upload",
		"https://files.acme.example:8443/in?x=1", "https://acme.example./x", "sftp://drop.acme.example/in", "kim@acme.example",
		"kim.roy+x@ACME.example", "/workspace/out.csv", "/workspace/a b.csv",
	] {
		destination.all_ours with input as to(place)
	}
}

test_everything_else_is_not if {
	every place in [
		"https://example.com/", "s3://acme-internal", "s3://acme-internal-2/x", "S3://acme-internal/", "s3://acme-internal/../evil", "/workspace", "/workspaces/x",
		"/workspace/../etc/passwd", "x/workspace/a", "", " ", "acme.example", "http://acme.example/x", "ftp://acme.example/x", "//acme.example/x", "warehouse",
	] {
		not destination.all_ours with input as to(place)
	}
}

test_an_address_that_reads_two_ways_is_not_ours if {
	every place in [
		"https://acme.example@evil.example/", "https://evil.example\\@acme.example/", "https://acme.example.evil.example/", "https://evilacme.example/",
		"https://evil.example/acme.example", "https://evil.example#acme.example", "https://evil.example?acme.example", "https://acme.example\\.evil.example/",
		"https://xn--cme-5cd.acme.example/", "https://\u0430cme.example/", "https://acme\u3002example/", "https://acme.example%2f.evil.example/", "https://.acme.example/",
		"https:acme.example", "https:///acme.example", "https://acme.example:99999999/", "https://[::1]/acme.example", "javascript://acme.example/%0aalert(1)",
		"https://acme.example /x", "https://acme.example\n.evil.example", "https://evil.example/..acme.example", "https://acme..example/",
	] {
		not destination.all_ours with input as to(place)
	}
}

test_an_address_of_mail_that_reads_two_ways_is_not_ours if {
	every place in [
		"kim@evil.example", "kim@acme.example@evil.example", "kim@acme.example,eve@evil.example", "<kim@acme.example>", "@acme.example", "kim@sub.acme.example",
		"kim@acme.example.", "\"a b\"@acme.example", "kim%evil.example@acme.example",
	] {
		not destination.all_ours with input as to(place)
	}
}

test_what_is_no_text_is_not_ours if {
	every place in [1, null, true, {}, [], {"url": "https://acme.example/"}, [["kim@acme.example"]]] {
		not destination.all_ours with input as to(place)
	}
}

test_all_places_must_be_ours if {
	destination.all_ours with input as to(["kim@acme.example", "s3://acme-internal/x"])
	not destination.all_ours with input as to(["kim@acme.example", "eve@evil.example"])
	not destination.all_ours with input as {"action": {"properties": {"to": "kim@acme.example", "url": "https://evil.example"}}}
	not destination.all_ours with input as {"action": {"properties": {}}}
	not destination.all_ours with input as {}
}

test_a_bucket_is_named_without_its_store if {
	destination.all_ours with input as {"action": {"properties": {"bucket": "acme-internal"}}}
	not destination.all_ours with input as {"action": {"properties": {"bucket": "acme-public"}}}
	not destination.all_ours with input as {"action": {"properties": {"bucket": "acme-internal/../x"}}}
}

test_without_a_list_nothing_is_ours if {
	every place in ["kim@acme.example", "s3://acme-internal/x", "https://acme.example/", "/workspace/x"] {
		not destination.all_ours with input as to(place) with data.company as {}
	}
}

test_people_read_where_it_goes if {
	destination.shown == {"https://evil.example/x"} with input as to(["https://evil.example/x", "kim@acme.example"])
	destination.shown == {"a place that cannot be read"} with input as to(5)
	destination.shown == {"an unstated place"} with input as {"action": {"properties": {}}}
	said := destination.shown with input as to("https://\u0430cme.example/")
	said == {"a place written with characters that people do not see or take for others"}
}

test_nobody_looks_at_hundreds_of_places if {
	many := [$"kim{n}@acme.example" | some n in numbers.range(1, 101)]
	not destination.all_ours with input as to(many)
	destination.shown == {"101 places"} with input as to(many)
	destination.all_ours with input as to(array.slice(many, 0, 100))
	destination.shown == {"6 places"} with input as to([$"kim{n}@evil.example" | some n in numbers.range(1, 6)])
	count(destination.shown) == 5 with input as to([$"kim{n}@evil.example" | some n in numbers.range(1, 5)])
}

test_some_names_may_be_looked_at_alone if {
	given := {"action": {"properties": {"path": "app/db", "to": ["eve@evil.example", "kim@acme.example"]}}}
	destination.foreign_under(["to"]) == {"eve@evil.example"} with input as given
	destination.foreign_under(["url"]) == set() with input as given
	destination.foreign == {"app/db", "eve@evil.example"} with input as given
}
