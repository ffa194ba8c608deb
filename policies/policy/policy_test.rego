package policies.policy_test

import data.policies.policy

asked(args, subject) := {
	"action": {"name": "policy.activate", "properties": args},
	"resource": {"type": "policy_bundle", "id": "sha256:1234567890abcdef"},
	"subject": {"type": subject, "id": "dana@acme.example"},
}

change := {"author": "ben@acme.example", "from": "sha256:fedcba0987654321", "to": "sha256:1234567890abcdef", "rollback": false}

asks(args) := asking if asking := policy.require_approval with input as asked(args, "person")

rules(args) := {rule.rule | some rule in asks(args)}

test_a_change_is_read_by_somebody_from_security_who_did_not_write_it if {
	asks(change) == {{
		"rule": "policy-activation",
		"reason": "makes the policy 1234567890ab of ben@acme.example serve in place of fedcba098765",
		"risk": "high",
		"seats": [{"group": "security", "count": 1}],
		"exclude": ["ben@acme.example"],
		"reason_required": true,
		"expires_in": "4h",
		"grant": {"expires_in": "1h", "uses": 1},
	}}
}

test_a_change_that_loosens_needs_two if {
	asking := asks(object.union(change, {"loosened": 3}))
	{rule.rule | some rule in asking} == {"policy-activation", "policy-loosens"}
	some rule in asking
	rule.rule == "policy-loosens"
	rule.reason == "answers 3 recorded requests more loosely than the policy that serves"
	rule.seats == [{"group": "security", "count": 2}]
	rule.exclude == ["ben@acme.example"]
	rule.risk == "critical"
	rule.reason_required
}

test_a_change_that_loosens_nothing_needs_one if rules(object.union(change, {"loosened": 0})) == {"policy-activation"}

test_a_count_that_can_not_be_read_is_not_a_zero if {
	rules(object.union(change, {"loosened": "none"})) == {"policy-activation", "policy-loosens"}
}

test_the_way_back_is_asked_of_whoever_is_on_call_or_security if {
	asks(object.union(change, {"rollback": true, "loosened": 9})) == {{
		"rule": "policy-rollback",
		"reason": "goes back to the policy 1234567890ab",
		"risk": "medium",
		"seats": [{"group": "oncall", "count": 1}],
		"alternatives": [[{"group": "security", "count": 1}]],
		"exclude": ["ben@acme.example"],
		"expires_in": "30m",
		"grant": {"expires_in": "10m", "uses": 1},
	}}
}

test_only_a_plain_true_is_a_way_back if {
	every given in ["true", 1, null, {}] {
		rules(object.union(change, {"rollback": given})) == {"policy-activation"}
	}
}

test_without_an_author_or_a_predecessor_people_are_told_so if {
	some rule in asks({})
	rule.reason == "makes the policy 1234567890ab of an unknown author serve in place of nothing known"
	rule.exclude == []
}

test_an_author_that_is_no_name_is_not_one if {
	every given in ["", 7, null] {
		some rule in asks({"author": given})
		rule.exclude == []
	}
}

test_an_agent_never_changes_the_policy if {
	every args in [change, object.union(change, {"rollback": true, "loosened": 2})] {
		policy.deny == {{"rule": "agent-changes-policy", "reason": "only a person activates a policy"}} with input as asked(args, "agent")
		policy.require_approval == set() with input as asked(args, "agent")
	}
}

test_a_person_is_not_told_they_are_an_agent if policy.deny == set() with input as asked(change, "person")

test_nothing_else_is_known_here if {
	other := object.union(asked(change, "person"), {"action": {"name": "policy.delete"}})
	policy.require_approval == set() with input as other
	policy.deny == set() with input as object.union(other, {"subject": {"type": "agent"}})
}
