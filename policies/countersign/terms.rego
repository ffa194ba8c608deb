# METADATA
# description: >-
#   What a set of rules asks for together. Every member is combined so that adding a rule can only make the terms stricter.
# scope: package
package countersign.terms

reasons(rules) := sort({{"rule": name(rule), "text": text(rule)} | some rule in rules})

name(rule) := rule.rule if {
	is_string(rule.rule)
} else := "unnamed"

text(rule) := rule.reason if {
	is_string(rule.reason)
} else := rule if {
	is_string(rule)
} else := "policy gives no reason"

levels := ["low", "medium", "high", "critical"]

rank := {"low": 0, "medium": 1, "high": 2, "critical": 3}

# A malformed risk on a denial counts as the usual one: it must not undo the denial.
rank_of(rule, usual) := rank[rule.risk] if {
	rank[rule.risk]
} else := rank[usual]

risk(rules, usual) := object.union({"level": levels[top], "factors": factors}, score) if {
	ranks := {rank_of(rule, usual) | some rule in rules}
	top := max(ranks | {rank[usual] | count(rules) == 0})
	factors := sort({name(rule) | some rule in rules; top > 0; rank_of(rule, usual) == top})
	score := score_of({rule.score | some rule in rules; is_number(rule.score)})
}

score_of(scores) := {"score": max(scores)} if {
	count(scores) > 0
} else := {}

approval(rules) := object.union_n([asked(rules), choices(rules), deny_quorum(rules), escalate(rules), late_members(rules), session(rules)])

asked(rules) := {
	"seats": seats(rules),
	"expires_in": min({seconds(object.get(rule, "expires_in", "1h")) | some rule in rules}),
	"reason_required": any_true(rules, "reason_required"),
	"channels": channels(rules),
	"redact": members(rules, "redact"),
	"exclude": members(rules, "exclude"),
	"step_up": any_true(rules, "step_up"),
}

# One rule that names a group twice wants that many people; two rules that name it share the larger number.
seats(rules) := [{"group": group, "count": max(counts)} |
	some group in sort({seat.group | some rule in rules; some seat in rule.seats})
	counts := {sum([object.get(seat, "count", 1) | some seat in rule.seats; seat.group == group]) | some rule in rules}
]

# A rule with alternatives is satisfied by any of them; each rule must be. `fixed` is what the rules without a choice want.
choices(rules) := {"choices": options, "fixed": seats({rule | some rule in rules; not rule.alternatives})} if {
	options := [array.concat([rule.seats], rule.alternatives) | some rule in rules; rule.alternatives]
	count(options) > 0
} else := {}

# The fewest that any rule wants: another rule must not make denying harder.
deny_quorum(rules) := {"deny_quorum": fewest} if {
	fewest := min({object.get(rule, "deny_quorum", 1) | some rule in rules})
	fewest > 1
} else := {}

# Whom a rule escalates to takes the place of that rule's seats. What other rules want stays.
escalate(rules) := {"escalate": steps} if {
	steps := sort({{"after": seconds(step.after), "seats": seats(((rules - {rule}) | {{"seats": step.seats}}))} |
		some rule in rules
		some step in rule.escalate
	})
	count(steps) > 0
} else := {}

late_members(rules) := {"late_members": true} if {
	every rule in rules {
		rule.late_members == true
	}
} else := {}

# One approval does for further actions only where every rule lets it, as far as each of them lets it.
session(rules) := {"session": {
	"expires_in": min({seconds(object.get(given, "expires_in", "15m")) | some given in all}),
	"count": min({given.count | some given in all}),
	"vary": sort(intersection({{pointer(free) | some free in object.get(given, "vary", [])} | some given in all})),
	"limits": sort({limit | some given in all; some limit in given.limits}),
}} if {
	every rule in rules {
		rule.session
	}
	all := {rule.session | some rule in rules}
} else := {}

# Two spellings of one place are one.
pointer(given) := concat("", ["/action/properties", substring(given, count("/arguments"), -1)]) if {
	startswith(given, "/arguments/")
} else := given

any_true(rules, member) if {
	some rule in rules
	rule[member] == true
} else := false

members(rules, member) := sort({value | some rule in rules; some value in rule[member]})

channels(rules) := sort(common) if {
	given := channel_sets(rules)
	count(given) > 0
	common := intersection(given)
} else := []

channel_sets(rules) := {{channel | some channel in rule.channels} | some rule in rules; count(rule.channels) > 0}

# An empty list of channels means everywhere, so an empty intersection must not be passed on as one.
no_common_channel(rules) if {
	given := channel_sets(rules)
	count(given) > 0
	count(intersection(given)) == 0
}

obligations(rules) := sort({obligation(given) | some rule in rules; some given in rule.obligations})

obligation(given) := {"id": given} if {
	is_string(given)
} else := given

grants(rules) := {rule.grant | some rule in rules; is_object(rule.grant)}

# The strictest of the grants that rules describe; a member that none of them gives has its default.
grant(rules) := {
	"expires_in": min(lifetimes | {600 | count(lifetimes) == 0}),
	"uses": min(uses | {1 | count(uses) == 0}),
} if {
	lifetimes := {seconds(given.expires_in) | some given in grants(rules)}
	uses := {given.uses | some given in grants(rules)}
}

grant_if_any(rules) := {"grant": grant(rules)} if {
	count(grants(rules)) > 0
} else := {}

units := {"s": 1, "m": 60, "h": 3600, "d": 86400}

# "15m", "1h", "30s", "2d", or a number of seconds. Undefined for anything else.
seconds(given) := given if {
	is_number(given)
	given >= 1
	floor(given) == given
} else := amount * units[unit] if {
	is_string(given)
	unit := substring(given, count(given) - 1, 1)
	amount := to_number(substring(given, 0, count(given) - 1))
	amount >= 1
	floor(amount) == amount
}
