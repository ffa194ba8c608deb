package policies.data_test

asked(name, id, arguments) := said if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": arguments},
		"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
		"context": {},
		"resource": {"type": "dataset", "id": id},
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

rules(said) := {reason.rule | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

inside := "s3://acme-internal/reports/"

test_a_small_harmless_export_inside_needs_nobody if {
	asked("data.export", "sales", {"rows": 10, "classification": "Internal", "destination": inside}).effect == "allow"
}

test_personal_data_needs_its_owner if {
	said := asked("data.export", "customers", {"rows": 10, "classification": "personal", "destination": inside})
	rules(said) == {"sensitive-export"}
	groups(said) == {"data-owners": 1}
}

test_data_of_unknown_kind_counts_as_sensitive if {
	every arguments in [{}, {"classification": 1}, {"classification": ""}, {"classification": null}] {
		said := asked("data.export", "customers", object.union({"rows": 1, "destination": inside}, arguments))
		said.effect == "require_approval"
	}
}

test_arguments_do_not_talk_a_resource_down if {
	said := data.countersign.decision with input as {
		"action": {"name": "data.export", "properties": {"rows": 1, "classification": "public", "destination": inside}},
		"resource": {"type": "dataset", "id": "c", "properties": {"classification": "personal"}},
	}
	rules(said) == {"sensitive-export"}
}

test_large_or_uncounted_exports_need_their_owner if {
	every rows in [1001, "10", null, -1] {
		said := asked("data.export", "sales", {"rows": rows, "classification": "public", "destination": inside})
		rules(said) == {"large-export"}
	}
}

test_leaving_the_company_needs_security_too if {
	every place in ["https://example.com/", "s3://acme-internal/../evil", "S3://acme-internal/", null, 5] {
		said := asked("data.export", "sales", {"rows": 1, "classification": "public", "destination": place})
		groups(said) == {"data-owners": 1, "security": 1}
		said.approval.reason_required
	}
}

test_restricted_data_never_leaves if {
	said := asked("data.export", "keys", {"rows": 1, "classification": "restricted", "destination": "https://example.com/"})
	said.effect == "deny"
}

test_deleting_a_data_set_needs_its_owner if groups(asked("data.delete", "sales", {})) == {"data-owners": 1}
