package countersign.break_glass_test

import data.countersign

rule := {
	"rule": "incident", "reason": "on call in an incident", "groups": ["oncall"], "duration": "15m",
	"notify": ["security"], "review": {"groups": ["security"], "within": "24h"},
}

asked := {
	"action": {"name": "shop.refund"}, "resource": {"type": "order", "id": "1"},
	"break_glass": {"by": "dana", "groups": ["oncall"], "reason": "checkout is down"},
}

test_ordinary_answers_say_nothing_of_it if {
	ordinary := object.remove(asked, ["break_glass"])
	not countersign.decision.break_glass with input as ordinary with data.policies as {"shop": {"break_glass": {rule}}}
}

test_rules_of_the_area_and_of_everywhere_are_told if {
	other := object.union(rule, {"rule": "anywhere"})
	policies := {"shop": {"break_glass": {rule}}, "everywhere": {"break_glass": {other}}, "iam": {"break_glass": {rule}}}
	told := countersign.decision.break_glass with input as asked with data.policies as policies with data.guardrails as {}
	{one.rule | some one in told.rules} == {"incident", "anywhere"}
	told.guarded == false
}

test_without_a_rule_nobody_may if {
	told := countersign.decision.break_glass with input as asked with data.policies as {} with data.guardrails as {}
	told == {"rules": [], "guarded": false}
}

test_a_guardrail_is_told_whatever_else_denies if {
	guardrails := {"deny": {{"rule": "never", "reason": "never"}}}
	told := countersign.decision.break_glass with input as asked
		with data.policies as {"shop": {"break_glass": {rule}}}
		with data.guardrails as guardrails
	told.guarded == true
}

test_a_guardrail_that_can_not_be_read_counts_as_one if {
	told := countersign.decision.break_glass with input as asked
		with data.policies as {}
		with data.guardrails as {"deny": "never"}
	told.guarded == true
}
