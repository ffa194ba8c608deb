package lib.access_test

import data.lib.access

asking(name, arguments) := {
	"action": {"name": name, "properties": arguments},
	"agent": {"id": "release-bot"},
	"resource": {"type": "project", "id": "p"},
	"subject": {"type": "agent", "id": "runner-7"},
}

deeds(name, arguments) := found if {
	found := access.deeds with input as asking(name, arguments)
}

test_names_are_read_in_the_words_of_all_providers if {
	every name, deed in {
		"iam.grant": "gives", "iam.attach_user_policy": "gives", "iam.put_role_policy": "gives", "iam.projects.add_iam_policy_binding": "gives",
		"iam.set_iam_policy": "gives", "iam.role_assignment.create": "gives", "iam.invite_member": "gives", "iam.users.elevate": "gives",
		"iam.revoke": "takes", "iam.detach_role_policy": "takes", "iam.remove_user_from_group": "takes", "iam.disable_user": "takes",
	} {
		deeds(name, {}) == {deed}
	}
}

test_credentials_are_made_in_many_ways if {
	every name in [
		"iam.create_key", "iam.create_user", "iam.reset_mfa", "iam.reset_password", "iam.create_access_key", "iam.create_service_account",
		"iam.generate_token", "iam.get_session_token", "iam.upload_ssh_public_key", "iam.rotate_key", "iam.issue_certificate",
	] {
		deeds(name, {}) == {"credential"}
	}
}

test_changes_guards_and_trust_are_told_apart if {
	every name, deed in {
		"iam.create_role": "changes", "iam.create_group": "changes", "iam.rename_group": "changes", "iam.enable_mfa_device": "changes",
		"iam.create_open_id_connect_provider": "trusts", "iam.update_assume_role_policy": "trusts", "iam.configure_sso": "trusts",
		"iam.update_account_password_policy": "unguards", "iam.disable_mfa": "unfactored", "iam.delete_virtual_mfa_device": "unfactored",
	} {
		deeds(name, {}) == {deed}
	}
	deeds("iam.delete_account_password_policy", {}) == {"takes", "unguards"}
	deeds("iam.leave_organization", {}) == {"takes", "unguards"}
}

test_looks_do_nothing if {
	every name in [
		"iam.list_access_keys", "iam.get_role_policy", "iam.simulate_principal_policy", "iam.whoami", "iam.test_iam_permissions", "iam.get_login_profile",
		"iam.get_account_password_policy", "iam.list_mfa_devices",
	] {
		deeds(name, {}) == set()
		access.looks with input as asking(name, {})
	}
	not access.looks with input as asking("iam.frobnicate", {})
	not access.looks with input as asking("iam.get_secret", {})
}

test_another_identity_is_borrowed if {
	every name in ["iam.assume", "iam.assume_role_with_saml", "iam.impersonate", "iam.role.assume"] {
		access.borrows with input as asking(name, {})
	}
	not access.borrows with input as asking("iam.update_assume_role_policy", {})
}

test_a_second_factor_may_fall_by_an_argument if {
	every arguments in [{"mfa": false}, {"settings": {"requireMfa": "off"}}, {"two_factor": 0}] {
		deeds("iam.update_user", arguments) == {"unfactored"}
	}
	deeds("iam.update_user", {"mfa": true}) == {"changes"}
	deeds("iam.get_user", {"mfa": false}) == set()
}

test_the_agent_is_known_under_any_of_its_names if {
	every member in [
		"release-bot", "RELEASE-BOT", " release-bot", "agent:release-bot", "projects/x/agents/release-bot", "runner-7", "release\u200b-bot", "\"release-bot\"",
	] {
		access.itself with input as asking("iam.grant", {"member": member})
		access.itself with input as asking("iam.grant", {"members": ["kim", member]})
	}
	every member in ["release-bot-2", "kim", "release-bot@acme.example", 7] {
		not access.itself with input as asking("iam.grant", {"member": member})
	}
}

test_the_agent_is_known_without_a_place_in_the_directory if {
	access.itself with input as {"action": {"properties": {"user": "runner-7"}}, "subject": {"id": "runner-7"}}
}

test_members_are_found_where_providers_put_them if {
	every arguments in [{"assignee": "kim"}, {"principals": ["kim"]}, {"user_name": "kim"}, {"bindings": [{"members": ["kim"]}]}, {"policy": {"bindings": [{"member": "kim"}]}}] {
		access.members == {"kim"} with input as asking("iam.grant", arguments)
	}
}

test_outsiders_are_told_from_us if {
	every member in [
		"eve@evil.example", "user:eve@evil.example", "kim@acme.example.evil.example", "allUsers", "allAuthenticatedUsers", "*", "domain:evil.example", "group:x@acme.examples",
		"kim@acme.example@evil.example",
	] {
		count(access.outsiders) == 1 with input as asking("iam.grant", {"member": member})
	}
	every member in ["kim@acme.example", "user:KIM@ACME.example", "kim", "domain:acme.example", "serviceAccount:x@p.iam.gserviceaccount.com"] {
		count(access.outsiders) == 0 with input as asking("iam.grant", {"member": member})
	}
	count(access.outsiders) == 1 with input as asking("iam.grant", {"member": "kim@acme.example"}) with data.company as {}
}

test_only_roles_that_are_listed_are_harmless if {
	every arguments in [{"role": "VIEWER"}, {"roles": ["viewer", "auditor"]}, {"policy_arn": "arn:aws:iam::aws:policy/SecurityAudit"}] {
		access.harmless with input as asking("iam.grant", arguments)
	}
	every arguments in [
		{}, {"role": "viewer2"}, {"role": ["viewer"]}, {"role": null}, {"roles": []}, {"role": "viewer auditor"}, {"role": "viewer", "roles": ["owner"]},
		{"role": "roles/viewer/x"}, {"role": "projects/x/roles/viewer"}, {"role": ""},
	] {
		not access.harmless with input as asking("iam.grant", arguments)
	}
	not access.harmless with input as asking("iam.grant", {"role": "viewer"}) with data.iam as {}
}

giving(statement) := asking("iam.create_policy", {"policy_document": {"Statement": [statement]}})

test_statements_that_give_more_than_they_say_are_wide if {
	every action in ["*", "iam:*", "iam:PassRole", "iam:Create*", "sts:AssumeRole", "IAM:PUTUSERPOLICY", "i*", "resourcemanager.projects.setIamPolicy"] {
		count(access.wide) == 1 with input as giving({"Effect": "Allow", "Action": ["s3:GetObject", action], "Resource": "x"})
	}
	count(access.wide) == 1 with input as giving({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
	access.wide == {"s3:* on everything"} with input as giving({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
	access.wide == {"iam.roles.update"} with input as asking("iam.create_role", {"included_permissions": ["iam.roles.update", "storage.objects.get"]})
}

test_other_statements_are_not if {
	every action in ["iam:GetUser", "iam:List*", "s3:*", "s3:Get*", "ec2:Describe*"] {
		count(access.wide) == 0 with input as giving({"Effect": "Allow", "Action": action, "Resource": "x"})
	}
	count(access.wide) == 0 with input as giving({"Effect": "Deny", "Action": "*", "Resource": "*"})
	count(access.wide) == 0 with input as giving({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"})
}

trusting(principal, more) := asking("iam.create_role", {"assume_role_policy_document": {"Statement": object.union(
	{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": principal},
	more,
)}})

test_strangers_are_told_from_our_own_accounts if {
	every principal in [
		"*", {"AWS": "arn:aws:iam::999999999999:root"}, {"AWS": "999999999999"}, {"AWS": "arn:aws:iam::1234567890123:root"}, {"Service": "evil.example"},
		{"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}, {"Service": "amazonaws.com.evil.example"},
	] {
		count(access.strangers) == 1 with input as trusting(principal, {})
	}
	every principal in [{"AWS": "arn:aws:iam::123456789012:role/x"}, {"AWS": "123456789012"}, {"Service": "lambda.amazonaws.com"}] {
		count(access.strangers) == 0 with input as trusting(principal, {})
	}
	github := {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}
	count(access.strangers) == 0 with input as trusting(github, {"Condition": {"StringLike": {"sub": "repo:acme/x:*"}}})
	count(access.strangers) == 1 with input as trusting({"AWS": "123456789012"}, {}) with data.company as {}
}

test_people_read_members_and_roles if {
	access.shown_members == "a, b" with input as asking("iam.grant", {"members": ["b", "a"]})
	access.shown_members == "6 identities" with input as asking("iam.grant", {"members": ["a", "b", "c", "d", "e", "f"]})
	access.shown_members == "an unstated identity" with input as asking("iam.grant", {"member": 7})
	access.shown_roles == "owner, viewer" with input as asking("iam.grant", {"roles": ["Viewer", "owner"]})
	access.shown_roles == "6 roles" with input as asking("iam.grant", {"roles": ["a", "b", "c", "d", "e", "f"]})
	access.shown_roles == "that is not stated" with input as asking("iam.grant", {"role": 7})
}
