# METADATA
# title: What a request does to access
# description: >-
#   Who is given what: members as text or lists, with or without a kind in front of them, roles under the names of all
#   providers, and the statements of policies. A role or a member that cannot be read is the worst it could be.
# scope: package
package lib.access

import data.lib.leaves
import data.lib.lists
import data.lib.names
import data.lib.statements
import data.lib.verbs

vocabulary := {
	"looks": concat(" ", [
		"check current describe effective explain export find generate get list lookup read report search show simulate test view who",
		"whoami",
	]),
	"gives": concat(" ", [
		"add allow assign associate attach authorize bind elevate enroll escalate give grant invite join promote put set share",
	]),
	"takes": concat(" ", [
		"deactivate delete demote detach disable disassociate expire kick leave offboard remove revoke suspend unassign unbind",
	]),
	"changes": "change configure create edit enable modify patch register rename replace restore tag untag update upload upsert write",
	"makes": "create generate issue new renew reset restore rotate set update upload",
	"borrows": "assume impersonate federate",
	"credentials": concat(" ", [
		"certificate certificates credential credentials key keys login otp passcode password passwords pat secret secrets ssh token",
		"tokens",
	]),
	"accounts": "account accounts identity principal serviceaccount user users",
	"factors": "2fa factor factors mfa totp webauthn",
	"grants": "assignment assignments binding bindings grant grants membership memberships",
	"guards": "analyzer boundary boundaries condition conditions organization organizations organizational password_policy scp",
	"trusts": "assume federation idp issuer oidc openid provider providers saml sso trust workload",
	"policies": "permission permissions policies policy privileges role roles",
}

said contains kind if {
	some kind, list in vocabulary
	verbs.says(list)
}

verb := split(verbs.segments[count(verbs.segments) - 1], "_")[0]

looks if {
	lists.has(vocabulary.looks, verb)
	count(said & {"borrows", "changes", "gives", "takes"}) == 0
	not reads_credential
}

# get_session_token and its like hand something out; list_access_keys does not.
reads_credential if {
	verb in {"export", "generate", "get", "read", "show", "view"}
	verbs.says("credentials password secret token tokens passcode otp pat")
	not verbs.says("list report last used status policy")
}

borrows if lists.has(vocabulary.borrows, verb)

# A role, or membership of a group that has one.
gives if {
	"gives" in said
	not credential
	not trusts
}

# A role assignment or a binding that is created.
gives if {
	count(said & {"changes", "grants"}) == 2
	not trusts
}

credential if {
	"makes" in said
	"credentials" in said
	not verbs.says("policy policies provider report")
}

credential if {
	verbs.says("create new")
	"accounts" in said
}

credential if {
	verbs.says("reset")
	"factors" in said
}

credential if reads_credential

unfactored if {
	"factors" in said
	"takes" in said
}

unfactored if {
	count(said & {"changes", "gives"}) > 0
	leaves.is_off({"enforcemfa", "mfa", "mfaenabled", "mfarequired", "requiremfa", "2fa", "twofactor"})
}

takes if {
	"takes" in said
	not unfactored
}

trusts if {
	"trusts" in said
	count(said & {"changes", "gives"}) > 0
}

trusts if count(trust_documents) > 0

# A policy that says who may act as a role.
trust_documents contains statement if {
	count(said & {"changes", "gives"}) > 0
	some statement in statements.gives
	some action in statement.actions
	startswith(action, "sts:assumerole")
	count(statement.principals) > 0
}

unguards if {
	"guards" in said
	"takes" in said
}

unguards if {
	verbs.says("password")
	verbs.says("policy")
	count(said & {"changes", "takes"}) > 0
}

changes if {
	"changes" in said
	not credential
	not gives
	not trusts
	not unguards
	not unfactored
}

acts if count(deeds) > 0

deeds contains "credential" if credential

deeds contains "gives" if gives

deeds contains "takes" if takes

deeds contains "trusts" if trusts

deeds contains "unguards" if unguards

deeds contains "unfactored" if unfactored

deeds contains "changes" if changes

member_names := [
	"assignee", "assignees", "email", "emails", "grantee", "grantees", "group_member", "identity", "member", "members", "principal",
	"principals", "subject", "subjects", "to", "user", "user_id", "user_name", "userid", "username", "users",
]

members contains one if {
	not leaves.too_many
	some name in member_names
	some one in listed(input.action.properties[name])
}

members contains one if {
	some [path, one] in leaves.steps
	path[0] in {"binding", "bindings", "policy"}
	some step in path
	step in {"member", "members"}
}

# So much that nobody can say who is among them.
unreadable if {
	acts
	leaves.too_many
}

listed(value) := value if is_array(value)

else := [value]

# user:Kim@ACME.example and kim@acme.example are one person; so are the last parts of a path.
bare(one) := parts[count(parts) - 1] if parts := split(replace(names.plain(one), ":", "/"), "/")

# The agent under any of its names.
itself if {
	some one in members
	some self in selves
	bare(one) == bare(self)
}

itself if {
	some one in members
	some self in selves
	names.plain(one) == names.plain(self)
}

selves contains input.subject.id

selves contains input.agent.id

# People and accounts that are not ours, and everybody.
outsiders contains one if {
	some one in members
	contains(one, "@")
	parts := split(bare(one), "@")
	not ours(parts[count(parts) - 1])
}

outsiders contains one if {
	some one in members
	leaves.spelt(bare(one)) in {"*", "allusers", "allauthenticatedusers", "anyone", "everyone", "public"}
}

outsiders contains one if {
	some one in members
	startswith(names.plain(one), "domain:")
	not bare(one) in data.company.domains
}

# Service accounts of Google have addresses of their own.
ours(domain) if domain in data.company.domains

ours(domain) if endswith(domain, ".gserviceaccount.com")

shown_members := concat(", ", sort([substring(one, 0, 80) | some one in members; is_string(one)])) if {
	some one in members
	is_string(one)
	count(members) <= 5
} else := $"{count(members)} identities" if {
	count(members) > 5
} else := "an unstated identity"

role_names := {
	"one": [
		"access_level", "group", "group_name", "managed_policy", "permission", "permission_set", "policy_arn", "policy_name",
		"privilege", "role", "role_definition", "role_definition_name", "team",
	],
	"many": ["groups", "managed_policy_arns", "permissions", "policy_arns", "privileges", "roles", "teams"],
}

roles contains one if {
	some name in role_names.one
	one := input.action.properties[name]
}

roles contains one if {
	some name in role_names.many
	some one in listed(input.action.properties[name])
}

harmless if {
	count(roles) > 0
	every one in roles {
		lists.has(data.iam.harmless_roles, plain_role(one))
	}
	count(statements.all) == 0
	not statements.unreadable
}

# One word, so that no list of words is taken for one of them.
plain_role(one) := lower(one) if {
	is_string(one)
	not contains(one, " ")
}

shown_roles := concat(", ", sort([substring(lower(one), 0, 120) | some one in roles; is_string(one)])) if {
	some one in roles
	is_string(one)
	count(roles) <= 5
} else := $"{count(roles)} roles" if {
	count(roles) > 5
} else := "that is not stated"

# Statements that give more than they say, in words for people.
wide contains action if {
	some statement in statements.gives
	some action in statement.actions
	escalates(action)
	count(trust_documents) == 0
}

wide contains "everything but what it names" if {
	some statement in statements.gives
	statement.negated
}

wide contains $"{action} on everything" if {
	some statement in statements.gives
	"*" in statement.resources
	some action in statement.actions
	endswith(action, ":*")
	not escalates(action)
}

wide contains permission if {
	some permission in leaves.values({"includedpermissions", "permissions", "addpermissions"})
	is_string(permission)
	escalates(lower(permission))
}

wide contains "a policy that cannot be read" if statements.unreadable

escalates(action) if lists.has(data.iam.escalations, action)

escalates(action) if endswith(action, ".setiampolicy")

# iam:Create* and the like hold some of these.
escalates(action) if {
	endswith(action, "*")
	count(action) > 1
	contains(concat("", [" ", data.iam.escalations]), concat("", [" ", trim_right(action, "*")]))
}

# Whom a trust policy lets in that is not ours.
strangers contains principal if {
	some statement in trust_documents
	some principal in statement.principals
	not trusted(principal, statement)
}

trusted(principal, _) if regex.match(`^[a-z0-9.-]+\.amazonaws\.com$`, principal)

trusted(principal, _) if {
	some account in data.company.accounts
	principal == account
}

trusted(principal, _) if {
	some account in data.company.accounts
	startswith(principal, $"arn:aws:iam::{account}:")
	not contains(principal, "-provider/")
}

# A provider of identities lets in whomever it knows, unless a condition says whom.
trusted(principal, statement) if {
	contains(principal, "-provider/")
	some account in data.company.accounts
	startswith(principal, $"arn:aws:iam::{account}:")
	statement.conditioned
}
