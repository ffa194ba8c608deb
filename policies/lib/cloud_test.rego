package lib.cloud_test

import data.lib.cloud

asking(name, arguments) := {"action": {"name": name, "properties": arguments}}

does(name, arguments) := found if found := cloud.does with input as asking(name, arguments)

test_a_look_begins_as_one_and_does_nothing_else if {
	every name in ["infra.plan", "aws.ec2.describe_instances", "gcp.compute.instances.list", "infra.status", "azure.lock.list", "aws.s3.get_public_access_block"] {
		does(name, {}) == {"looks"}
	}
	every name in ["infra.frobnicate", "infra.instances", "infra.a"] {
		does(name, {}) == set()
	}
	does("aws.ec2.describe_and_terminate_instances", {}) == {"destroys"}
	does("azure.storage.account.keys.list", {}) == {"reads_credentials"}
}

test_everything_about_destruction_counts if {
	every arguments in [
		{"to_destroy": 1}, {"changes": {"delete": 1}}, {"destroy": "true"}, {"flags": "-auto-approve --destroy"}, {"command": "terraform destroy"},
		{"output": "Destroy complete! Resources: 2 destroyed."}, {"plan": "0 to add, 1 to delete"},
		{"plan": {"resource_changes": [{"change": {"actions": ["delete"]}}]}},
	] {
		does("infra.apply", arguments) == {"changes", "destroys"}
		does("infra.plan", arguments) == {"looks"}
	}
	every arguments in [
		{"to_destroy": 0}, {"flags": "-destroyer"}, {"destroy": false}, {"plan": "1 to add, 0 to destroy"}, {"to_destroy": "x"},
		{"plan": {"resource_changes": [{"change": {"actions": ["create"]}}]}},
	] {
		does("infra.apply", arguments) == {"changes"}
	}
}

test_what_a_plan_destroys_is_counted if {
	cloud.planned.destroys == 3 with input as asking("infra.apply", {"destroy": 2, "summary": "3 to destroy"})
	cloud.planned.destroys == 2 with input as asking("infra.apply", {"tfplan": {"resource_changes": [
		{"change": {"actions": ["delete", "create"]}}, {"change": {"actions": ["delete"]}}, {"change": {"actions": ["no-op"]}},
	]}})
	cloud.planned.destroys == 0 with input as asking("infra.apply", {})
}

test_everything_public_counts if {
	every arguments in [
		{"acl": "public-read-write"}, {"access": "public"}, {"member": "*"}, {"members": ["allAuthenticatedUsers"]}, {"public_access": true},
		{"is_public": "yes"}, {"restrict_public_buckets": false}, {"public_network_access": "Enabled"}, {"user_ids": ["all"]}, {"principal": "*"},
		{"policy": {"Statement": {"Effect": "Allow", "Principal": "*"}}}, {"visibility": "everyone"}, {"group": "all"},
	] {
		does("aws.s3.update_bucket", arguments) == {"changes", "publishes"}
		does("aws.s3.describe_bucket", arguments) == {"looks"}
	}
	every arguments in [
		{"acl": "private"}, {"member": "user:kim@acme.example"}, {"public_access": false}, {"note": "public"}, {"restrict_public_buckets": true},
		{"user_ids": ["123"]}, {"policy": {"Statement": {"Effect": "Deny", "Principal": "*"}}},
		{"policy": {"Statement": {"Effect": "Allow", "Principal": "*", "Condition": {"a": "b"}}}},
	] {
		does("aws.s3.update_bucket", arguments) == {"changes"}
	}
	does("aws.s3.make_public", {}) == {"changes", "publishes"}
	does("aws.s3.delete_public_access_block", {}) == {"destroys", "publishes"}
}

test_everything_that_protects_counts if {
	every arguments in [
		{"backup_retention_period": 0}, {"force_destroy": true}, {"storage_encrypted": false}, {"versioning": {"versioning": "Suspended"}},
		{"SkipFinalSnapshot": true}, {"DeletionProtection": "false"},
	] {
		does("aws.rds.modify_db_instance", arguments) == {"changes", "unprotects"}
		does("aws.rds.describe_db_instance", arguments) == {"looks"}
	}
	every arguments in [{"backup_retention_period": 7}, {"force_destroy": false}, {"storage_encrypted": true}, {"note": false}] {
		does("aws.rds.modify_db_instance", arguments) == {"changes"}
	}
	every name in ["infra.disable_deletion_protection", "gcp.storage.suspend_versioning"] {
		does(name, {}) == {"changes", "unprotects"}
	}
	does("azure.lock.delete", {}) == {"destroys", "unprotects"}
	does("azure.lock.create", {}) == {"changes"}
}

test_everything_that_watches_counts if {
	every name in ["aws.guardduty.disable_detector", "infra.pause_alerts", "gcp.logs.suspend"] {
		does(name, {}) == {"blinds", "changes"}
	}
	does("aws.cloudtrail.delete_trail", {}) == {"blinds", "destroys"}
	does("aws.cloudtrail.stop_logging", {}) == {"blinds", "stops"}
	does("infra.create_alarm", {}) == {"changes"}
	does("infra.list_alarms", {}) == {"looks"}
}

test_openings_are_told_from_other_changes_of_a_network if {
	every name in ["infra.open_network", "aws.ec2.authorize_security_group_ingress", "gcp.compute.firewalls.insert", "azure.network.nsg.rule.create", "infra.update_egress"] {
		"opens_network" in does(name, {})
	}
	every name in ["aws.ec2.create_security_group", "aws.ec2.revoke_security_group_ingress", "aws.ec2.delete_firewall", "infra.create_network", "infra.create_rule"] {
		not "opens_network" in does(name, {})
	}
	"opens_network" in does("aws.ec2.create_security_group", {"cidr": "10.0.0.0/8"})
	not "opens_network" in does("aws.s3.create_bucket", {"cidr": "10.0.0.0/8"})
}

test_stops_purchases_and_commands_are_known if {
	every name, deed in {"aws.ec2.stop_instances": "stops", "azure.vm.deallocate": "stops", "aws.ec2.purchase_host": "purchases", "aws.lambda.invoke": "runs_commands"} {
		does(name, {}) == {deed}
	}
	does("aws.ecs.update_service", {"desired_count": 0}) == {"changes", "stops"}
	does("aws.ecs.update_service", {"desired_count": 1}) == {"changes"}
	does("aws.ecs.create_service", {"desired_count": 0}) == {"changes"}
}

test_machines_and_costs_are_counted if {
	cloud.machines == 7 with input as asking("infra.launch", {"MinCount": 9, "MaxCount": 7, "size": "large"})
	not cloud.machines with input as asking("infra.launch", {"size": "large"})
	cloud.monthly_cost == 1460 with input as asking("infra.launch", {"hourly_cost": 2, "monthly_cost": 5})
	not cloud.monthly_cost with input as asking("infra.launch", {"monthly_cost": "5"})
}

test_large_machines_are_known_by_their_names if {
	every kind in [
		"p4d.24xlarge", "m7i.metal-48xl", "c7i.16xlarge", "x2idn.32xlarge", "a2-highgpu-8g", "a3-megagpu-8g", "Standard_NC24ads",
		"u-12tb1.112xlarge", "trn1.2xlarge",
	] {
		cloud.large_machines == {kind} with input as asking("infra.launch", {"machine_type": kind})
	}
	every kind in ["t3.micro", "m7i.12xlarge", "e2-standard-8", "Standard_D4s_v5", "c7i.xlarge", 7] {
		cloud.large_machines == set() with input as asking("infra.launch", {"machine_type": kind})
	}
}
