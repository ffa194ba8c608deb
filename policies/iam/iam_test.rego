package policies.iam_test

asked(name, id, arguments) := said if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": arguments},
		"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
		"context": {},
		"resource": {"type": "project", "id": id},
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

rules(said) := {reason.rule | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

test_looking_needs_nobody if asked("iam.list", "project-1", {}).effect == "allow"

test_a_harmless_role_needs_security if {
	groups(asked("iam.grant", "project-1", {"member": "kim@acme.example", "role": "viewer"})) == {"security": 1}
}

test_any_other_role_needs_two_groups if {
	every arguments in [{"role": "admin"}, {"role": "Owner"}, {"role": "viewer2"}, {"role": ["viewer"]}, {"role": null}, {}] {
		said := asked("iam.grant", "project-1", object.union({"member": "kim@acme.example"}, arguments))
		groups(said) == {"security": 1, "ops": 1}
		said.risk.level == "critical"
		said.grant == {"expires_in": 300, "uses": 1}
	}
}

test_an_agent_never_raises_itself if {
	every member in ["release-bot", "Release-Bot", "agent:release-bot", "projects/x/agents/release-bot"] {
		said := asked("iam.grant", "project-1", {"member": member, "role": "viewer"})
		said.effect == "deny"
		rules(said) == {"no-self-grant"}
	}
}

test_credentials_need_security if groups(asked("iam.create_key", "deploy", {})) == {"security": 1}

test_taking_access_away_needs_operations if groups(asked("iam.revoke", "project-1", {})) == {"ops": 1}

test_unknown_iam_actions_are_denied if asked("iam.assume", "project-1", {}).effect == "deny"

test_more_than_can_be_read_is_refused if {
	said := asked("iam.grant", "project-1", {"member": "kim@acme.example", "role": "viewer"}) with data.lib.leaves.longest as 10
	said.effect == "deny"
	rules(said) == {"too-much-to-read"}
	looked := asked("iam.list", "project-1", {"filter": "everything there is"}) with data.lib.leaves.longest as 10
	looked.effect == "allow"
}
