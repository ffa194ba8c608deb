package lib.credentials_test

import data.lib.credentials

# Put together here, so that no scanner takes this file for a leak.
found := [
	concat("", ["-----BEGIN RSA PRIV", "ATE KEY-----\nMIIE"]),
	concat("", ["-----BEGIN PRIV", "ATE KEY-----"]),
	concat("", ["AK", "IAIOSFODNN7EXAMPLE"]),
	concat("", ["AS", "IAIOSFODNN7EXAMPLE"]),
	concat("", ["AI", "zaSyA1234567890abcdefghijklmnopqrstuv"]),
	concat("", ["gh", "p_abcdefghijklmnopqrstuvwxyz0123456789"]),
	concat("", ["gh", "o_abcdefghijklmnopqrstuvwxyz0123456789"]),
	concat("", ["gh", "s_abcdefghijklmnopqrstuvwxyz0123456789"]),
	concat("", ["github", "_pat_11ABCDEFG0abcdefghijklmn"]),
	concat("", ["gl", "pat-abcdefghij0123456789"]),
	concat("", ["np", "m_abcdefghijklmnopqrstuvwxyz0123456789"]),
	concat("", ["sk-", "ant-api03-abcdefghijklmnop"]),
	concat("", ["sk_", "live_abcdefghij0123456789"]),
	concat("", ["rk_", "live_abcdefghij0123456789"]),
	concat("", ["xo", "xb-1234567890-abcdef"]),
	concat("", ["xo", "xp-1234567890-abcdef"]),
	concat("", ["ey", "JhbGciOiJIUzI1NiJ9.ey", "JzdWIiOiIxMjM0NTY3ODkwIn0.c2ln"]),
]

test_keys_and_tokens_are_found_wherever_they_are if {
	every text in found {
		credentials.within({"body": text})
		credentials.within([{"parts": [{"text": $"see {text} please"}]}])
	}
}

test_ordinary_texts_hold_none if {
	every text in [
		"", "the SLOVAKIAN office in ASIA", "-----BEGIN CERTIFICATE-----", "npm_config_registry", "sk_live_", "eyJ", ".eyJ", "xoxb-", "AIza",
		"ghp_ is how tokens begin", "glpat-short", "github_pat_x", "sk-ant-x",
	] {
		not credentials.within({"body": text})
	}
	not credentials.within({"rows": 5, "flag": true, "none": null})
}

test_a_second_one_is_found_behind_a_first_that_is_none if credentials.within({"body": concat("", ["AKIA and ", found[2]])})

test_the_name_of_a_member_is_text_too if credentials.within({found[2]: 1})
