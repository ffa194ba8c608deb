# METADATA
# title: How rules become one verdict
# description: >-
#   Routes a request to the packages of its area, to `everywhere` and to the guardrails, and combines what their rules
#   say. Any denial wins; else everything that needs approval holds together; else an allowance; else denial. A rule that
#   cannot be understood denies, with a reason that names it. What rules count and what they say about the flow of data
#   goes along with every verdict.
# scope: package
package countersign

import data.countersign.classification
import data.countersign.faults
import data.countersign.terms

# The first segment of a dotted action name, or the resource type. Only this area's package is looked up, so the cost of a
# decision does not grow with the number of packages.
area := split(input.action.name, ".")[0] if contains(input.action.name, ".")

else := input.resource.type

denied contains rule if some rule in data.guardrails.deny

denied contains rule if some rule in data.policies.everywhere.deny

denied contains rule if some rule in data.policies[area].deny

held contains rule if some rule in data.policies.everywhere.require_approval

held contains rule if some rule in data.policies[area].require_approval

allowed contains rule if some rule in data.policies.everywhere.allow

allowed contains rule if some rule in data.policies[area].allow

counted contains one if some one in data.policies.everywhere.counts

counted contains one if some one in data.policies[area].counts

flowing contains fact if some fact in data.policies.everywhere.flow

flowing contains fact if some fact in data.policies[area].flow

denials contains {"rule": terms.name(rule), "text": terms.text(rule)} if some rule in denied

denials contains {"rule": terms.name(rule), "text": fault} if {
	some rule in held
	some fault in faults.in_approval(rule)
}

denials contains {"rule": terms.name(rule), "text": fault} if {
	some rule in (held | allowed)
	some fault in faults.in_permission(rule)
}

denials contains {"rule": "policy-fault", "text": $"{place} is not a set of rules"} if some place in misshapen

denials contains {"rule": "policy-fault", "text": "the rules that ask for approval have no channel in common"} if {
	terms.no_common_channel(held)
}

denials contains {"rule": "policy-fault", "text": fault} if {
	some one in counted
	fault := classification.fault(one)
}

denials contains {"rule": "policy-fault", "text": $"flow: {fact} is not a known fact about data"} if {
	some fact in flowing
	not fact in classification.flow_facts
}

# Text that is not JSON reaches a policy as no input at all.
denials contains {"rule": "policy-fault", "text": "the request names no action"} if not named

named if is_string(input.action.name)

# A rule written as a plain value matches nothing above and would be overlooked: a denial that does not deny.
misshapen contains "guardrails.deny" if {
	rules := data.guardrails.deny
	not is_set(rules)
}

misshapen contains "policies.everywhere.deny" if {
	rules := data.policies.everywhere.deny
	not is_set(rules)
}

misshapen contains "policies.everywhere.require_approval" if {
	rules := data.policies.everywhere.require_approval
	not is_set(rules)
}

misshapen contains "policies.everywhere.allow" if {
	rules := data.policies.everywhere.allow
	not is_set(rules)
}

misshapen contains $"policies.{area}.deny" if {
	rules := data.policies[area].deny
	not is_set(rules)
}

misshapen contains $"policies.{area}.require_approval" if {
	rules := data.policies[area].require_approval
	not is_set(rules)
}

misshapen contains $"policies.{area}.allow" if {
	rules := data.policies[area].allow
	not is_set(rules)
}

misshapen contains "policies.everywhere.counts" if {
	rules := data.policies.everywhere.counts
	not is_set(rules)
}

misshapen contains $"policies.{area}.counts" if {
	rules := data.policies[area].counts
	not is_set(rules)
}

misshapen contains "policies.everywhere.flow" if {
	rules := data.policies.everywhere.flow
	not is_set(rules)
}

misshapen contains $"policies.{area}.flow" if {
	rules := data.policies[area].flow
	not is_set(rules)
}

# Asked only for a person who wants to break the glass: an ordinary answer says nothing of it.
breaking contains rule if some rule in data.policies.everywhere.break_glass

breaking contains rule if some rule in data.policies[area].break_glass

# A guardrail that cannot be read counts as one that forbids.
guarded if some _ in data.guardrails.deny

guarded if "guardrails.deny" in misshapen

exceptions := {"break_glass": {"rules": sort(breaking), "guarded": true}} if {
	guarded
} else := {"break_glass": {"rules": sort(breaking), "guarded": false}}

# METADATA
# entrypoint: true
decision := answer if not input.break_glass

else := object.union(answer, exceptions)

answer := verdict if not classified

else := object.union(verdict, classification.members(counted, flowing))

classified if some _ in counted

classified if some _ in flowing

verdict := {
	"effect": "deny",
	"reasons": sort(denials),
	"risk": terms.risk(denied, "high"),
	"obligations": [],
} if {
	count(denials) > 0
} else := {
	"effect": "require_approval",
	"reasons": terms.reasons(held),
	"risk": terms.risk(held, "medium"),
	"approval": terms.approval(held),
	"obligations": terms.obligations(held | allowed),
	"grant": terms.grant(held | allowed),
} if {
	count(held) > 0
} else := object.union(
	{
		"effect": "allow",
		"reasons": terms.reasons(allowed),
		"risk": terms.risk(allowed, "low"),
		"obligations": terms.obligations(allowed),
	},
	terms.grant_if_any(allowed),
) if {
	count(allowed) > 0
} else := {
	"effect": "deny",
	"reasons": [{"rule": "no-rule", "text": "no rule allows this"}],
	"risk": {"level": "medium", "factors": []},
	"obligations": [],
}
