# METADATA
# title: What a request does to infrastructure
# description: >-
#   Reads the verbs of cloud providers and of tools that plan and apply, and what their arguments add to them: what is
#   opened, what is made public, what protection falls, what a plan destroys. The gravest reading counts. A name that begins
#   as a look is one only while no other word in it says more.
# scope: package
package lib.cloud

import data.lib.leaves
import data.lib.lists
import data.lib.network
import data.lib.statements
import data.lib.verbs

# Words in an action's name, by what they say.
vocabulary := {
	"looks": concat(" ", [
		"batch check cost describe diff drift estimate filter get graph head list lookup output outputs plan preview query read scan",
		"search show simulate stat state status validate version view",
	]),
	"changes": concat(" ", [
		"add allocate allow apply assign associate attach authorize cancel change configure copy create deploy disable enable expose",
		"import init insert install launch make migrate modify mount move open override patch pause promote provision publish put",
		"reboot rebuild refresh register release reload rename renew replace reset resize restart restore resume revoke rollback",
		"rotate run scale send set start suspend swap switch sync tag taint unlock unmount untag untaint up update upgrade upload",
		"write",
	]),
	"destroys": concat(" ", [
		"abandon close decommission delete deprovision deregister destroy detach disassociate down drop empty erase leave nuke prune",
		"purge remove rm terminate uninstall wipe",
	]),
	"stops": "deallocate hibernate shutdown stop",
	"runs_commands": "command commands exec execute invoke",
	"purchases": "buy purchase reserve",
	"credentials": "connection_string credential credentials keys kubeconfig password passwords secret secrets token tokens",
	"watches": concat(" ", [
		"alarm alarms alert alerts audit auditing detector detectors logging logs monitor monitoring recorder trail trails",
	]),
	"protections": "lock locks protection versioning",
	"switches_off": "disable mute pause suspend",
	"public": "public",
	"shows": "disable expose make",
	"opens": "add allow apply authorize change create enable insert modify open patch put replace set update",
	"networks": "egress firewall firewalls ingress nacl open",
	"rules": "rule rules",
	"rule_holders": "acl nsg security",
	"reachable": "acl group groups network nsg sg",
	"sizes": "modify put resize scale set update",
}

said contains kind if {
	some kind, list in vocabulary
	verbs.says(list)
}

# Something is done, whatever the name begins with.
acts if count(said & {"changes", "destroys", "purchases", "runs_commands", "stops"}) > 0

is_look if {
	last := verbs.segments[count(verbs.segments) - 1]
	lists.has(vocabulary.looks, split(last, "_")[0])
	not acts
}

does contains "looks" if {
	is_look
	not "credentials" in said
}

does contains "reads_credentials" if {
	is_look
	"credentials" in said
}

does contains kind if some kind in (said & {"changes", "destroys", "purchases", "runs_commands", "stops"})

does contains "destroys" if {
	acts
	planned.destroys > 0
}

does contains "destroys" if {
	acts
	leaves.is_on({"destroy"})
}

does contains "destroys" if {
	acts
	some flag in leaves.values({"args", "arguments", "command", "flags", "options"})
	regex.match(`(^|\s)-{1,2}destroy\b|(^|\s)destroy(\s|$)`, flag)
}

does contains "stops" if {
	"sizes" in said
	some value in leaves.values(sizes)
	value in {0, "0"}
}

does contains "opens_network" if {
	"opens" in said
	guards_network
}

does contains "publishes" if {
	acts
	count(openings) > 0
}

does contains "publishes" if {
	"public" in said
	count(said & {"destroys", "shows"}) > 0
}

does contains "unprotects" if {
	acts
	count(fallen) > 0
}

does contains "unprotects" if {
	"protections" in said
	count(said & {"destroys", "switches_off"}) > 0
}

does contains "blinds" if {
	"watches" in said
	count(said & {"destroys", "stops", "switches_off"}) > 0
}

# Rules that say who reaches what. A group of them without any rule opens nothing.
guards_network if "networks" in said

guards_network if count(said & {"rule_holders", "rules"}) == 2

guards_network if {
	"reachable" in said
	count(network.ranges) > 0
}

# Ranges may be among what nobody reads.
guards_network if {
	"reachable" in said
	leaves.too_long
}

# What the arguments say is open to anybody, in words for people.
openings contains $"{name} is {value}" if {
	some [name, value] in leaves.pairs
	is_string(value)
	leaves.spelt(value) in {"allusers", "allauthenticatedusers", "authenticatedread", "publicread", "publicreadwrite"}
}

openings contains $"{name} is {value}" if {
	some [name, value] in leaves.pairs
	name in {"access", "acl", "publicaccess", "visibility"}
	leaves.spelt(value) in {"blob", "container", "public", "everyone", "anyone"}
}

openings contains "the principal is everybody" if {
	some statement in statements.gives
	"*" in statement.principals
	not statement.conditioned
}

openings contains "the principal is everybody" if {
	some name in {"member", "principal"}
	input.action.properties[name] == "*"
}

openings contains "the group is all" if {
	some value in leaves.values({"group", "groups", "groupnames", "userids", "valuestoadd"})
	value == "all"
}

openings contains $"{name} is on" if {
	some [name, value] in leaves.pairs
	name in {
		"allowanonymous", "allowblobpublicaccess", "allowpublicaccess", "anonymous", "anonymousaccess", "ispublic", "public", "publicaccess",
		"publiclyaccessible", "publicnetworkaccess",
	}
	leaves.on(value)
}

openings contains $"{name} is off" if {
	some [name, value] in leaves.pairs
	name in {"blockpublicacls", "blockpublicpolicy", "ignorepublicacls", "publicaccessprevention", "restrictpublicbuckets"}
	leaves.off(value)
}

# Protections that the arguments take away, in words for people.
fallen contains $"{name} is off" if {
	some [name, value] in leaves.pairs
	name in {
		"backupretentionperiod", "deletionprotection", "deletionprotectionenabled", "disableapitermination", "enabledeletionprotection",
		"enablepurgeprotection", "enablesoftdelete", "enableterminationprotection", "encrypted", "encryption", "mfadelete",
		"pointintimerecoveryenabled", "preventdestroy", "softdelete", "storageencrypted", "terminationprotection", "versioning",
	}
	leaves.off(value)
}

fallen contains $"{name} is on" if {
	some [name, value] in leaves.pairs
	name in {
		"deleteautomatedbackups", "forcedelete", "forcedeletewithoutrecovery", "forcedestroy", "skipfinalsnapshot",
		"bypassgovernanceretention",
	}
	leaves.on(value)
}

# What a plan says it destroys: as a number, in the words of terraform, or change by change.
planned := {"destroys": max(found)} if {
	found := (numbers_said | words_said) | changes_said
	count(found) > 0
} else := {"destroys": 0}

numbers_said := {value |
	some value in leaves.values({"delete", "deletes", "deletions", "destroy", "destroycount", "destroyed", "destroys", "resourcesdestroyed", "todestroy"})
	is_number(value)
}

words_said := {to_number(match[1]) |
	some value in leaves.values({"changes", "description", "diff", "output", "plan", "plansummary", "result", "summary"})
	some match in regex.find_all_string_submatch_n(`([0-9]{1,9}) (?:to destroy|to delete|destroyed)`, value, -1)
}

changes_said := {count([change |
	some change in input.action.properties[name].resource_changes
	"delete" in change.change.actions
]) |
	some name in {"plan", "plan_json", "tfplan"}
	is_object(input.action.properties[name])
}

sizes := {
	"capacity", "desiredcapacity", "desiredcount", "desiredsize", "instancecount", "mininstances", "nodecount", "numinstances", "replicas",
	"targetsize",
}

# How many machines are meant. Text under these names is a kind of machine rather than a number of them.
machines := max([value |
	some value in leaves.values(sizes | {"count", "maxcount", "maxsize", "number", "quantity", "size"})
	is_number(value)
])

# What it costs in a month, as far as it is said.
monthly_cost := max([cost | some cost in costs_said])

costs_said contains value if {
	some value in leaves.values({"cost", "estimatedcost", "estimatedmonthlycost", "monthlycost", "price", "totalcost"})
	is_number(value)
}

costs_said contains value * 730 if {
	some value in leaves.values({"hourlycost", "costperhour", "hourlyprice", "priceperhour"})
	is_number(value)
}

# Kinds of machines that cost as much as a person.
large_machines contains value if {
	some value in leaves.values({"instanceclass", "instancetype", "instancetypes", "machinetype", "nodetype", "size", "sku", "vmsize"})
	regex.match(`(?i)metal|\b(1[6-9]|[2-9][0-9]|[1-9][0-9]{2})xlarge|^p[3-9][a-z]*\.|^(trn|inf2|dl|x[12]|u)[a-z0-9]*[.-]|a100|h100|h200|-(mega|ultra|high)gpu|standard_n[cdv]|standard_m[0-9]`, value)
}
