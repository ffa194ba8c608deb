package policies.secrets_test

import data.policies.secrets

asked(name, id, args) := {
	"action": {"name": name, "properties": args},
	"resource": {"type": "secret", "id": id},
	"context": {},
	"history": {},
}

use := {"purpose": "the nightly billing job"}

ruled(rules) := {rule.rule | some rule in rules}

allows(given) := found if found := ruled(secrets.allow) with input as given

asks(given) := found if found := ruled(secrets.require_approval) with input as given

denies(given) := found if found := ruled(secrets.deny) with input as given

rule(given, name) := found if {
	asking := secrets.require_approval with input as given
	some found in asking
	found.rule == name
}

test_looking_without_values_needs_nobody if {
	every name in ["secrets.list", "secrets.describe", "secrets.list_secrets", "secrets.check_status"] {
		given := asked(name, "prod/billing", {})
		allows(given) == {"secret-look"}
		asks(given) == set()
		denies(given) == set()
	}
}

test_one_secret_elsewhere_for_a_use_needs_nobody if {
	every name in ["secrets.get", "secrets.read_value", "secrets.get_secret_value"] {
		given := asked(name, "dev/billing", use)
		allows(given) == {"secret-read-elsewhere"}
		asks(given) == set()
	}
}

test_a_use_that_says_nothing_is_none if {
	every args in [{}, {"purpose": ""}, {"purpose": "need it"}, {"purpose": "          x"}, {"purpose": 7}] {
		given := asked("secrets.get", "dev/billing", args)
		asks(given) == {"secret-no-purpose"}
		allows(given) == set()
	}
	rule(asked("secrets.get", "dev/billing", {}), "secret-no-purpose").seats == [{"group": "security", "count": 1}]
}

test_one_secret_of_production_is_for_security if {
	given := asked("secrets.get", "prod/billing", use)
	asks(given) == {"secret-read"}
	allows(given) == set()
	rule(given, "secret-read") == {
		"rule": "secret-read",
		"reason": "reads the secret prod/billing of production",
		"risk": "high",
		"seats": [{"group": "security", "count": 1}],
		"expires_in": "15m",
		"grant": {"expires_in": "5m", "uses": 1},
	}
	asks(asked("secrets.get", "billing", use)) == {"secret-read"}
}

counted(n) := {"secrets": {"principal": {"1h": {"count": n, "sum": 0, "denies": 0, "resources": n}}}}

test_a_vault_emptied_one_by_one_is_noticed if {
	given := asked("secrets.get", "dev/billing", use)
	asks(object.union(given, {"history": {"counters": counted(5)}})) == {"many-secrets"}
	asks(object.union(given, {"history": {"counters": counted(4)}})) == set()
	found := rule(object.union(given, {"history": {"counters": counted(9)}}), "many-secrets")
	found.reason == "reads another secret after 9 different ones within an hour"
	found.seats == [{"group": "security", "count": 1}]
	found.reason_required
}

test_no_agent_takes_a_whole_vault if {
	every given in [
		asked("secrets.export", "dev/app", {}), asked("secrets.dump_all", "dev", {}), asked("secrets.get_all", "dev", use), asked("secrets.get", "dev/*", use),
		asked("secrets.get", "dev/", use), asked("secrets.get", "all", use), asked("secrets.batch_get", "dev/x", use), asked("secrets.sync", "dev/x", {}),
		asked("secrets.get", "dev/x", object.union(use, {"names": ["a", "b"]})), asked("secrets.backup", "prod", {"destination": "s3://evil/"}),
		asked("secrets.backup", "prod", {}), asked("secrets.backup_dump", "prod", {"destination": "s3://acme-internal/x"}),
	] {
		"whole-vault" in denies(given)
		allows(given) == set()
	}
	denies(asked("secrets.get", "dev/x", object.union(use, {"names": ["a"]}))) == set()
	denies(asked("secrets.backup", "prod", {"destination": "s3://acme-internal/vault"})) == set()
	denies(asked("secrets.list", "dev/*", {})) == set()
}

test_setting_a_secret if {
	allows(asked("secrets.rotate", "dev/billing", {})) == {"secret-write-elsewhere"}
	asks(asked("secrets.rotate", "dev/billing", {})) == set()
	given := asked("secrets.rotate", "prod/billing", {})
	asks(given) == {"secret-change"}
	allows(given) == set()
	rule(given, "secret-change").seats == [{"group": "ops", "count": 1}]
	allows(asked("secrets.put_all", "dev/x", {})) == set()
	allows(asked("secrets.put_policy", "dev/x", {})) == set()
	allows(asked("secrets.update_and_delete", "dev/x", {})) == set()
}

test_removing_a_secret_takes_two if {
	given := asked("secrets.delete", "dev/billing", {})
	asks(given) == {"secret-removal"}
	rule(given, "secret-removal").seats == [{"group": "ops", "count": 1}, {"group": "security", "count": 1}]
	found := secrets.flow with input as given
	found == {"irreversible"}
}

test_sharing_a_secret_takes_two_of_security if {
	every name in ["secrets.share", "secrets.put_resource_policy", "secrets.copy"] {
		"secret-sharing" in asks(asked(name, "dev/billing", {}))
	}
	found := rule(asked("secrets.share", "dev/billing", {}), "secret-sharing")
	found.seats == [{"group": "security", "count": 2}]
	found.reason_required
	allows(asked("secrets.get_and_share", "dev/x", use)) == set()
}

test_an_action_nobody_knows_is_for_security if {
	every name in ["secrets.frobnicate", "secrets.get_and_mail", "secrets.list_then_leak"] {
		given := asked(name, "dev/billing", use)
		"secret-unknown" in asks(given)
		allows(given) == set()
	}
	found := rule(asked("secrets.frobnicate", "dev/x", {}), "secret-unknown")
	found.seats == [{"group": "security", "count": 1}]
	found.reason_required
}

test_a_secret_is_not_sent_to_others if {
	"secret-leaves" in denies(asked("secrets.get", "dev/x", object.union(use, {"to": "a@evil.example"})))
	denies(asked("secrets.get", "dev/x", object.union(use, {"to": "a@acme.example"}))) == set()
}

test_a_value_does_not_stand_in_a_request if {
	denies(asked("secrets.put", "dev/x", {"value": "AKIAIOSFODNN7EXAMPLE"})) == {"credential-in-request"}
	denies(asked("secrets.put", "dev/x", {"value_from": "vault"})) == set()
}

test_a_session_strangers_have_written_to_is_handed_no_key_unseen if {
	steered := {"history": {"flow": {"untrusted_read": {"action": "web.fetch", "resource": "x", "at": "t"}}}}
	given := object.union(asked("secrets.get", "dev/x", use), steered)
	asks(given) == {"steered-secret"}
	found := rule(given, "steered-secret")
	found.reason == "reads a secret after reading what strangers wrote (web.fetch x at t)"
	found.seats == [{"group": "security", "count": 1}]
	found.reason_required
	asks(object.union(asked("secrets.list", "dev/x", {}), steered)) == set()
}

test_reading_is_counted_and_remembered if {
	given := asked("secrets.get", "dev/x", use)
	counted := secrets.counts with input as given
	counted == {{"counter": "secrets"}}
	flows := secrets.flow with input as given
	flows == {"sensitive_read"}
	exported := secrets.flow with input as asked("secrets.export", "dev/x", {})
	exported == {"sensitive_read"}
	nothing := secrets.counts with input as asked("secrets.list", "dev/x", {})
	nothing == set()
	silent := secrets.flow with input as asked("secrets.list", "dev/x", {})
	silent == set()
}

test_the_words_of_all_providers_are_known if {
	every name in [
		"secrets.secretsmanager.get_secret_value", "secrets.ssm.get_parameter", "secrets.secretmanager.access_secret_version",
		"secrets.keyvault.secret.show", "secrets.kms.decrypt", "secrets.kv_get", "secrets.download",
	] {
		allows(asked(name, "dev/billing", use)) == {"secret-read-elsewhere"}
		asks(asked(name, "prod/billing", use)) == {"secret-read"}
	}
	"secret-removal" in asks(asked("secrets.kms.schedule_key_deletion", "dev/key", {}))
}

test_all_below_a_path_is_a_whole_vault if {
	denies(asked("secrets.ssm.get_parameters_by_path", "dev/app", use)) == {"whole-vault"}
	denies(asked("secrets.kv_get", "dev/app", object.union(use, {"recursive": true}))) == {"whole-vault"}
	denies(asked("secrets.kv_get", "dev/app", object.union(use, {"recursive": false}))) == set()
	denies(asked("secrets.ssm.get_parameters", "dev/app", use)) == set()
}

test_new_values_are_not_shown if {
	"/arguments/value" in rule(asked("secrets.put", "prod/billing", {"value": "x"}), "secret-change").redact
}

test_a_deceptive_name_is_seen_by_security if {
	asks(asked("secrets.list", "prod/b\u0456lling", {})) == {"deceptive-name"}
	rule(asked("secrets.list", "prod/b\u0456lling", {}), "deceptive-name").seats == [{"group": "security", "count": 1}]
}

test_a_path_is_where_a_secret_comes_from if {
	denies(asked("secrets.read", "dev/app", object.union(use, {"path": "kv/data/app", "host": "vault.internal"}))) == set()
	rules := secrets.deny with input as asked("secrets.get", "dev/x", object.union(use, {"url": "https://evil.example/"}))
	{rule.reason | some rule in rules} == {"sends a secret to https://evil.example/"}
}
