# METADATA
# title: Statements of access policies
# description: >-
#   The statements in policy documents that come with a request, in the form of AWS and its likes, as objects or as JSON
#   text, whatever the case of their members. A document that cannot be read is not taken for an empty one.
# scope: package
package lib.statements

import data.lib.leaves

# Where documents are given.
members := {
	"assumerolepolicydocument", "bucketpolicy", "document", "inlinepolicy", "keypolicy", "policy", "policybody", "policydocument",
	"policytext", "repositorypolicy", "resourcepolicy", "rolepolicy", "trustpolicy",
}

texts contains text if {
	some member, text in input.action.properties
	leaves.spelt(member) in members
	is_string(text)
	contains(text, "{")
}

unreadable if {
	some text in texts
	not json.unmarshal(text)
}

unreadable if leaves.too_many

documents contains input.action.properties if not leaves.too_many

documents contains json.unmarshal(text) if {
	not leaves.too_many
	some text in texts
}

# Each has effect, actions, resources and principals as sets of text, and whether it names what it leaves out.
all contains statement if {
	some document in documents
	walk(document, [_, node])
	is_object(node)
	plain := {lower(key): value | some key, value in node}
	plain.effect
	statement := {
		"effect": lower(plain.effect),
		"actions": listed(plain, "action"),
		"resources": listed(plain, "resource"),
		"principals": principals(plain),
		"negated": count({"notaction", "notprincipal", "notresource"} & object.keys(plain)) > 0,
		"conditioned": conditioned(plain),
	}
}

listed(plain, member) := {lower(one) | some one in plain[member]} if is_array(plain[member])

else := {lower(plain[member])} if is_string(plain[member])

else := set()

# "*", {"AWS": "arn:…"} or {"AWS": ["arn:…"], "Service": "…"}.
principals(plain) := {lower(value) |
	walk(plain.principal, [_, value])
	is_string(value)
} if {
	plain.principal
} else := set()

conditioned(plain) if {
	is_object(plain.condition)
	count(plain.condition) > 0
} else := false

gives contains statement if {
	some statement in all
	statement.effect != "deny"
}
