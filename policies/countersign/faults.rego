# METADATA
# description: >-
#   Why a rule cannot be honoured as written. Each text goes into a denial, for the author of the rule.
# scope: package
package countersign.faults

import data.countersign.terms

# Checks what every rule that permits something may carry. Most carry nothing but a name and a reason.
in_permission(rule) := set() if {
	object.keys(rule) == {"rule", "reason"}
	not not_named(rule)
} else := {fault |
	some fault, bad in {
		"the rule is not an object with rule and reason": not_named(rule),
		"risk is not one of low, medium, high, critical": bad_risk(rule),
		"score is not a number from 0 to 100": bad_score(rule),
		"obligations are not a list of ids or of objects with an id": bad_obligations(rule),
		"grant is not an object of expires_in and uses": bad_grant(rule),
	}
	bad
}

# Checks what only a rule that asks for approval may carry.
in_approval(rule) := {fault |
	some fault, bad in {
		"the rule asks for approval but names nobody who could give it": nobody(rule),
		"seats are not a list of groups, each with a count of at least 1": bad_seats(rule),
		`expires_in is not a duration such as "15m"`: bad_expiry(rule),
		"channels is not a list of channel names": bad_names(rule, "channels"),
		"redact is not a list of JSON pointers": bad_names(rule, "redact"),
		"exclude is not a list of people's ids": bad_names(rule, "exclude"),
		"reason_required is not true or false": bad_flag(rule, "reason_required"),
		"step_up is not true or false": bad_flag(rule, "step_up"),
		"late_members is not true or false": bad_flag(rule, "late_members"),
		"alternatives are not a list of lists of seats": bad_alternatives(rule),
		"deny_quorum is not a whole number of at least 1": bad_deny_quorum(rule),
		`session is not an object of count, expires_in of an hour at most, vary (below /arguments or /resource) and limits`: bad_session(rule),
		`escalate is not a list of objects of after, such as "10m", and seats`: bad_escalate(rule),
	}
	bad
}

not_named(rule) := false if {
	is_string(rule.rule)
	is_string(rule.reason)
} else := true

bad_risk(rule) if {
	given := rule.risk
	not terms.rank[given]
} else := false

bad_score(rule) if {
	given := rule.score
	not is_score(given)
} else := false

is_score(given) if {
	is_number(given)
	given >= 0
	given <= 100
}

bad_obligations(rule) if {
	given := rule.obligations
	not is_obligations(given)
} else := false

is_obligations(given) if {
	is_list(given)
	every one in given {
		is_string(terms.obligation(one).id)
		is_object(object.get(terms.obligation(one), "properties", {}))
	}
}

bad_grant(rule) if {
	given := rule.grant
	not is_grant(given)
} else := false

is_grant(given) if {
	is_object(given)
	terms.seconds(object.get(given, "expires_in", "10m"))
	is_count(object.get(given, "uses", 1))
}

is_count(given) if {
	is_number(given)
	given >= 1
	floor(given) == given
}

nobody(rule) if {
	count(object.get(rule, "seats", [])) == 0
} else := false

bad_seats(rule) if {
	given := rule.seats
	not is_seats(given)
} else := false

is_seats(given) if {
	is_list(given)
	every seat in given {
		is_string(seat.group)
		seat.group != ""
		is_count(object.get(seat, "count", 1))
	}
}

bad_session(rule) if {
	given := rule.session
	not is_session(given)
} else := false

is_session(given) if {
	is_object(given)
	is_count(given.count)
	terms.seconds(object.get(given, "expires_in", "15m")) <= 3600
	is_list(object.get(given, "vary", []))
	every free in object.get(given, "vary", []) {
		is_variable(terms.pointer(free))
	}
	is_list(object.get(given, "limits", []))
	every limit in object.get(given, "limits", []) {
		is_limit(limit)
	}
}

# Never who acts, for whom, where, or what is done.
is_variable(pointer) if {
	regex.match(`^/(action|resource)/properties/.|^/resource/id$`, pointer)
}

is_limit(limit) if {
	startswith(limit.pointer, "/")
	every name, most in object.remove(limit, ["pointer"]) {
		name in {"each", "total"}
		is_number(most)
		most >= 0
	}
}

bad_alternatives(rule) if {
	given := rule.alternatives
	not is_alternatives(given)
} else := false

is_alternatives(given) if {
	is_array(given)
	count(given) > 0
	every seats in given {
		is_array(seats)
		count(seats) > 0
		is_seats(seats)
	}
}

bad_deny_quorum(rule) if {
	given := rule.deny_quorum
	not is_count(given)
} else := false

bad_escalate(rule) if {
	given := rule.escalate
	not is_escalate(given)
} else := false

is_escalate(given) if {
	is_array(given)
	every step in given {
		is_object(step)
		terms.seconds(step.after)
		count(step.seats) > 0
		is_seats(step.seats)
	}
}

bad_expiry(rule) if {
	given := rule.expires_in
	not terms.seconds(given)
} else := false

bad_names(rule, member) if {
	given := rule[member]
	not is_names(given)
} else := false

is_names(given) if {
	is_list(given)
	every one in given {
		is_string(one)
	}
}

bad_flag(rule, member) if {
	given := rule[member]
	not is_boolean(given)
} else := false

is_list(given) if is_array(given)

is_list(given) if is_set(given)
