package policies.infra_test

asked(name, id, arguments) := said if {
	said := data.countersign.decision with input as {
		"action": {"name": name, "properties": arguments},
		"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
		"context": {},
		"resource": {"type": "service", "id": id},
		"subject": {"type": "agent", "id": "release-bot"},
	}
}

rules(said) := {reason.rule | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

test_planning_needs_nobody if asked("infra.plan", "prod/web", {}).effect == "allow"

test_changes_elsewhere_need_nobody if asked("infra.apply", "staging/web", {}).effect == "allow"

test_changes_in_production_need_operations if groups(asked("infra.apply", "prod/web", {})) == {"ops": 1}

test_destruction_in_production_needs_two_groups if {
	said := asked("infra.destroy", "prod/web", {})
	groups(said) == {"ops": 1, "oncall": 1}
	said.risk.level == "critical"
}

test_destruction_elsewhere_needs_operations if groups(asked("infra.destroy", "dev/web", {})) == {"ops": 1}

test_a_network_rule_needs_operations if {
	groups(asked("infra.open_network", "prod/web", {"cidr": "10.1.0.0/16"})) == {"ops": 1}
}

test_a_range_among_what_nobody_reads_may_be_any if {
	opened := {"group": "web", "source_ranges": ["10.0.0.0/16"]}
	not "wide-open" in rules(asked("infra.authorize_group", "prod/web", opened))
	"wide-open" in rules(asked("infra.authorize_group", "prod/web", opened)) with data.lib.leaves.longest as 10
}

test_wide_ranges_need_security_too if {
	every cidr in ["0.0.0.0/0", "0.0.0.0/1", "::/0", "2000::/16", "everyone", "", null, 7] {
		groups(asked("infra.open_network", "dev/web", {"cidr": cidr})) == {"ops": 1, "security": 1}
	}
	groups(asked("infra.open_network", "dev/web", {})) == {"ops": 1, "security": 1}
}

test_unknown_infrastructure_actions_are_denied if {
	every name in ["infra.ssh", "infra.frobnicate", "aws.ec2.frobnicate", "infra.a"] {
		asked(name, "prod/web", {}).effect == "deny"
	}
}

test_the_public_is_named_also_where_nothing_says_how if {
	said := asked("infra.delete_public_access_block", "dev/bucket", {})
	"opens dev/bucket to the public" in {reason.text | some reason in said.reasons}
}
