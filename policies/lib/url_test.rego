package lib.url_test

import data.lib.url

ours(text) if url.ours(text) with data.company as {"domains": ["acme.example"]}

inner(text) if url.inner(text) with data.company as {"domains": ["acme.example", "box.internal"]}

test_the_host_of_a_plain_address_is_read if {
	url.host("https://docs.example.com/a/b?c=d#e") == "docs.example.com"
	url.host("HTTP://Docs.Example.COM.:8080") == "docs.example.com"
	url.host("https://a.example?q=http://b.example") == "a.example"
	url.host("https://a.example#b.example/") == "a.example"
	url.host("http://x") == "x"
	url.host(concat("", ["http://x/", concat("", [c | some _ in numbers.range(1, 1991); c := "a"])])) == "x"
	not url.host(concat("", ["http://x/", concat("", [c | some _ in numbers.range(1, 1992); c := "a"])]))
}

test_an_address_that_programs_read_differently_has_no_host if {
	every text in [
		"https://acme.example@evil.example/", "https://evil.example\\@acme.example/", "https://[::1]/", "https://a.example /", "https://\u0430cme.example/",
		"https:///a.example", "//a.example", "a.example", "ftp://a.example/", "file:///etc/passwd", "javascript://a.example", "://a.example", "https://a_b.example/",
		"https://%61.example/", "", "https://", 5, null, ["https://a.example"],
	] {
		not url.host(text)
	}
}

test_ours_is_ours_to_the_letter if {
	ours("https://acme.example/")
	ours("https://wiki.ACME.example./x")
	every text in ["https://evilacme.example/", "https://acme.example.evil.example/", "https://acme.example@evil.example", "https://evil.example/acme.example", "acme.example"] {
		not ours(text)
	}
}

test_machines_within_a_network_are_known if {
	every text in [
		"http://localhost/", "http://wiki/", "http://db.internal/", "http://nas.local:5000/", "http://a.lan", "http://a.home", "http://a.corp",
		"http://a.intranet/", "http://a.localdomain", "http://a.localhost", "http://10.0.0.1/", "http://8.8.8.8/", "http://2130706433/", "http://0x7f.1/", "http://a.0x1",
	] {
		inner(text)
	}
	every text in ["https://example.com/", "https://internal.example.com/", "http://wiki.box.internal/", "https://1.example/", "http://[::1]/", "x"] {
		not inner(text)
	}
}

test_where_clouds_give_credentials_is_known if {
	every text in [
		"http://169.254.169.254/latest/meta-data/", "http://metadata.google.internal/", "http://metadata/", "http://instance-data/", "http://100.100.100.200/",
		"http://instance-data.ec2.internal/", "http://169.254.170.2/v2", "http://169.254.169.254.nip.io/", "http://www-169-254-169-254.sslip.io/",
		"http://2852039166/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/", "http://169.16689662/", "http://1.1.1.1.1/", "http://1..1.1/", "http://0xa.0.0.1/",
	] {
		url.metadata(text)
	}
	every text in ["http://10.0.0.1/", "http://127.0.0.1/", "https://metadata.example.com/", "https://example.com/169.254.169.254", "https://a.example/"] {
		not url.metadata(text)
	}
}

test_an_address_with_room_in_it_can_carry_data if {
	long := concat("", [c | some _ in numbers.range(1, 41); c := "a"])
	every text in ["https://a.example/?q=x", $"https://a.example/{long}", $"https://{long}.example/", $"https://a.example/{concat("/", [c | some _ in numbers.range(1, 100); c := "a"])}"] {
		url.carries_data(text)
	}
	every text in ["https://a.example/", "https://a.example/docs/guide/install.html", $"https://a.example/{substring(long, 0, 40)}"] {
		not url.carries_data(text)
	}
	exactly := concat("", ["https://a.example/", concat("/", [c | some _ in numbers.range(1, 91); c := "a"]), "b"])
	count(exactly) == 200
	not url.carries_data(exactly)
	url.carries_data(concat("", [exactly, "b"]))
}
