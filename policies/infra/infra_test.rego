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

test_everything_about_destruction_counts if {
	every arguments in [
		{"to_destroy": 1}, {"changes": {"delete": 1}}, {"destroy": "true"}, {"flags": "-auto-approve --destroy"}, {"command": "terraform destroy"},
		{"output": "Destroy complete! Resources: 2 destroyed."}, {"plan": "0 to add, 1 to delete"},
	] {
		rules(asked("infra.apply", "dev/web", arguments)) == {"infra-destroy"}
	}
	every arguments in [{"to_destroy": 0}, {"flags": "-destroyer"}, {"destroy": false}, {"plan": "1 to add, 0 to destroy"}, {"to_destroy": "x"}] {
		rules(asked("infra.apply", "dev/web", arguments)) == {"infra-change-elsewhere"}
	}
}

test_everything_public_counts if {
	every arguments in [
		{"acl": "public-read-write"}, {"access": "public"}, {"member": "*"}, {"members": ["allAuthenticatedUsers"]}, {"public_access": true},
		{"is_public": "yes"}, {"restrict_public_buckets": false}, {"public_network_access": "Enabled"}, {"user_ids": ["all"]},
	] {
		rules(asked("aws.s3.update_bucket", "dev/web", arguments)) == {"public-exposure"}
	}
	every arguments in [{"acl": "private"}, {"member": "user:kim@acme.example"}, {"public_access": false}, {"note": "public"}, {"restrict_public_buckets": true}] {
		rules(asked("aws.s3.update_bucket", "dev/web", arguments)) == {"infra-change-elsewhere"}
	}
	rules(asked("aws.s3.make_public", "dev/web", {})) == {"public-exposure"}
	rules(asked("aws.s3.get_public_access_block", "dev/web", {})) == {"infra-look"}
}

test_everything_that_protects_counts if {
	every arguments in [{"backup_retention_period": 0}, {"force_destroy": true}, {"storage_encrypted": false}, {"versioning": {"versioning": "Suspended"}}] {
		rules(asked("aws.rds.modify_db_instance", "dev/db", arguments)) == {"protection-off"}
	}
	every name in ["infra.disable_deletion_protection", "gcp.storage.suspend_versioning", "azure.lock.disable"] {
		rules(asked(name, "dev/db", {})) == {"protection-off"}
	}
	rules(asked("azure.lock.list", "dev/db", {})) == {"infra-look"}
}

test_everything_that_watches_counts if {
	every name in ["aws.guardduty.disable_detector", "infra.mute_alerts", "aws.cloudtrail.pause_trail", "gcp.logs.suspend"] {
		"monitoring-off" in rules(asked(name, "dev/x", {}))
	}
	not "monitoring-off" in rules(asked("infra.create_alarm", "dev/x", {}))
}

test_large_machines_are_known_by_their_names if {
	every kind in ["p4d.24xlarge", "m7i.metal-48xl", "c7i.16xlarge", "x2idn.32xlarge", "a2-highgpu-8g", "a3-megagpu-8g", "Standard_NC24ads", "u-12tb1.112xlarge", "trn1.2xlarge"] {
		rules(asked("infra.launch", "dev/x", {"machine_type": kind})) == {"large-machines"}
	}
	every kind in ["t3.micro", "m7i.12xlarge", "e2-standard-8", "Standard_D4s_v5", "c7i.xlarge", 7] {
		rules(asked("infra.launch", "dev/x", {"machine_type": kind})) == {"infra-change-elsewhere"}
	}
}
