package countersign_test

import data.countersign

asked := {
	"action": {"name": "shop.buy", "properties": {}},
	"resource": {"type": "cart", "id": "cart-1"},
	"subject": {"type": "agent", "id": "release-bot"},
}

seat(group, count) := {"group": group, "count": count}

held(more) := object.union({"rule": "ask", "reason": "asks", "seats": [seat("dba", 1)]}, more)

allowing := {{"rule": "fine", "reason": "is fine"}}

answer(guardrails, everywhere, shop) := said if {
	said := countersign.decision with input as asked
		with data.guardrails as guardrails
		with data.policies as {"everywhere": everywhere, "shop": shop}
}

shop(rules) := answer({}, {}, rules)

test_nothing_said_is_denied if shop({}).reasons == [{"rule": "no-rule", "text": "no rule allows this"}]

test_nothing_said_denies if shop({}).effect == "deny"

test_other_areas_are_not_consulted if {
	said := countersign.decision with input as asked with data.policies as {"shopping": {"allow": allowing}}
	said.effect == "deny"
}

test_an_action_without_dots_is_routed_by_its_resource if {
	said := countersign.decision with input as object.union(asked, {"action": {"name": "buy"}})
		with data.policies as {"cart": {"allow": allowing}}
	said.effect == "allow"
}

test_input_that_is_not_json_is_denied_even_by_a_policy_that_allows_all if {
	said := countersign.decision with data.policies as {"everywhere": {"allow": allowing}}
	said.effect == "deny"
	said.reasons[0].rule == "policy-fault"
}

test_an_allowance_allows if {
	said := shop({"allow": allowing})
	said.effect == "allow"
	not said.grant
	said.risk == {"level": "low", "factors": []}
}

test_one_denial_beats_every_allowance_and_approval if {
	said := shop({"allow": allowing, "require_approval": {held({})}, "deny": {{"rule": "no", "reason": "never"}}})
	said.effect == "deny"
	said.reasons == [{"rule": "no", "text": "never"}]
}

test_a_guardrail_beats_everything if {
	said := answer({"deny": {{"rule": "g", "reason": "never"}}}, {"allow": allowing}, {"allow": allowing})
	said.effect == "deny"
}

test_what_holds_everywhere_denies_asks_and_allows_in_every_area if {
	answer({}, {"deny": {{"rule": "no", "reason": "never"}}}, {"allow": allowing}).reasons == [{"rule": "no", "text": "never"}]
	answer({}, {"require_approval": {held({})}}, {"allow": allowing}).effect == "require_approval"
	answer({}, {"allow": allowing}, {}).effect == "allow"
}

test_approval_beats_allowance if shop({"allow": allowing, "require_approval": {held({})}}).effect == "require_approval"

test_a_denial_without_words_still_denies if shop({"allow": allowing, "deny": {{}}}).effect == "deny"

test_a_denial_that_is_only_text_still_denies if {
	said := shop({"allow": allowing, "deny": {"because"}})
	said.reasons == [{"rule": "unnamed", "text": "because"}]
}

test_a_denial_that_is_not_a_set_still_denies if {
	every value in [true, false, {"rule": "no"}, ["no"], "no", null] {
		shop({"allow": allowing, "deny": value}).reasons[0].rule == "policy-fault"
		answer({}, {"allow": allowing, "deny": value}, {}).reasons[0].rule == "policy-fault"
		answer({"deny": value}, {"allow": allowing}, {}).reasons[0].rule == "policy-fault"
	}
}

test_an_approval_that_is_not_a_set_is_not_overlooked if {
	shop({"allow": allowing, "require_approval": true}).effect == "deny"
	answer({}, {"require_approval": true}, {"allow": allowing}).effect == "deny"
}

test_an_allowance_that_is_not_a_set_is_not_overlooked if {
	every value in [true, null, ["yes"], {"rule": "yes"}] {
		answer({}, {"allow": value}, {"allow": allowing}).effect == "deny"
		answer({}, {"allow": allowing}, {"allow": value}).effect == "deny"
	}
}

test_nobody_to_ask_means_no if {
	every seats in [[], {}, "dba", null, 1, [{"group": "", "count": 1}], [{"count": 1}], [seat("dba", 0)], [seat("dba", 1.5)]] {
		shop({"allow": allowing, "require_approval": {held({"seats": seats})}}).effect == "deny"
	}
	shop({"require_approval": {{"rule": "ask", "reason": "asks"}}}).reasons == [{
		"rule": "ask",
		"text": "the rule asks for approval but names nobody who could give it",
	}]
}

test_terms_that_can_not_be_read_deny if {
	every more in [
		{"expires_in": "soon"}, {"expires_in": "0m"}, {"expires_in": -5}, {"risk": "huge"}, {"score": 200},
		{"channels": "slack"}, {"redact": [1]}, {"exclude": "dana"}, {"reason_required": "yes"}, {"step_up": 1},
		{"obligations": [{"no": "id"}]}, {"grant": {"uses": 0}}, {"grant": {"expires_in": "x"}}, {"grant": true},
		{"expires_in": 1.5}, {"expires_in": 0},
	] {
		shop({"require_approval": {held(more)}}).effect == "deny"

		# Terms that do not come about must not leave an allowance alone.
		shop({"allow": allowing, "require_approval": {held(more)}}).reasons[0].rule == "ask"
	}
}

test_lists_may_be_written_as_sets_and_times_as_seconds if {
	said := shop({"require_approval": {held({
		"seats": {seat("dba", 1)}, "channels": {"slack"}, "redact": {"/a"}, "expires_in": 90,
	})}})
	said.approval.seats == [seat("dba", 1)]
	said.approval.channels == ["slack"]
	said.approval.redact == ["/a"]
	said.approval.expires_in == 90
}

test_an_allowance_that_can_not_be_read_denies if {
	every rule in [
		"yes", {}, {"rule": "x"}, {"rule": "x", "reason": "y", "risk": "none"}, {"rule": 1, "reason": "y"},
		{"rule": "x", "reason": ["y"]},
	] {
		shop({"allow": {rule}}).effect == "deny"
	}
}

test_the_strictest_quorum_of_each_group_counts if {
	said := shop({"require_approval": {
		held({"rule": "a", "seats": [seat("dba", 1), seat("ops", 1)]}),
		held({"rule": "b", "seats": [seat("dba", 2)]}),
	}})
	said.approval.seats == [seat("dba", 2), seat("ops", 1)]
}

test_a_group_named_twice_by_one_rule_fills_two_seats if {
	said := shop({"require_approval": {held({"seats": [seat("dba", 1), {"group": "dba"}]})}})
	said.approval.seats == [seat("dba", 2)]
}

test_the_shortest_time_and_the_highest_risk_count if {
	said := shop({"require_approval": {
		held({"rule": "a", "risk": "medium", "expires_in": "2d"}),
		held({"rule": "b", "risk": "critical", "expires_in": "15m", "score": 90}),
	}})
	said.approval.expires_in == 900
	said.risk == {"level": "critical", "factors": ["b"], "score": 90}
}

test_an_hour_is_given_when_nothing_is_said if shop({"require_approval": {held({})}}).approval.expires_in == 3600

test_exclusions_and_redactions_add_up if {
	said := shop({"require_approval": {
		held({"rule": "a", "exclude": ["x"], "redact": ["/a"]}),
		held({"rule": "b", "exclude": ["y"], "redact": ["/b"], "reason_required": true, "step_up": true}),
	}})
	said.approval.exclude == ["x", "y"]
	said.approval.redact == ["/a", "/b"]
	said.approval.reason_required
	said.approval.step_up
}

test_only_channels_that_every_rule_accepts_remain if {
	said := shop({"require_approval": {
		held({"rule": "a", "channels": ["slack", "teams"]}),
		held({"rule": "b", "channels": ["slack"]}),
		held({"rule": "c"}),
	}})
	said.approval.channels == ["slack"]
}

test_no_common_channel_means_no if {
	said := shop({"require_approval": {held({"rule": "a", "channels": ["slack"]}), held({"rule": "b", "channels": ["teams"]})}})
	said.effect == "deny"
}

test_a_grant_lives_ten_minutes_and_is_used_once_unless_said if {
	shop({"require_approval": {held({})}}).grant == {"expires_in": 600, "uses": 1}
	shop({"require_approval": {held({"grant": {"expires_in": "1h"}})}}).grant == {"expires_in": 3600, "uses": 1}
}

test_the_strictest_grant_counts if {
	said := shop({"require_approval": {
		held({"rule": "a", "grant": {"expires_in": "1h", "uses": 5}}),
		held({"rule": "b", "grant": {"expires_in": "5m", "uses": 7}}),
	}})
	said.grant == {"expires_in": 300, "uses": 5}
}

test_an_allowance_may_carry_a_grant_and_obligations if {
	said := shop({"allow": {{"rule": "a", "reason": "b", "grant": {"uses": 3}, "obligations": ["mask", {"id": "log"}]}}})
	said.grant == {"expires_in": 600, "uses": 3}
	said.obligations == [{"id": "log"}, {"id": "mask"}]
}

test_obligations_of_an_allowance_survive_an_approval if {
	said := shop({
		"allow": {{"rule": "a", "reason": "b", "obligations": ["mask"]}},
		"require_approval": {held({})},
	})
	said.obligations == [{"id": "mask"}]
}

test_reasons_come_in_the_order_of_their_rules if {
	said := shop({"deny": {{"rule": "z", "reason": "1"}, {"rule": "a", "reason": "2"}, {"rule": "m", "reason": "3"}}})
	[reason.rule | some reason in said.reasons] == ["a", "m", "z"]
}

test_what_an_action_counts_for_goes_along_with_every_verdict if {
	counting := {{"counter": "refunds", "amount": 40}, {"counter": "calls"}}
	every more in [{}, {"allow": allowing}, {"deny": {"no"}}, {"require_approval": {held({})}}] {
		said := shop(object.union(more, {"counts": counting}))
		said.counts == [{"amount": 0, "counter": "calls"}, {"amount": 40, "counter": "refunds"}]
	}
}

test_what_everywhere_counts_is_counted_too if {
	said := answer({}, {"counts": {{"counter": "calls"}}, "flow": {"way_out"}}, {"allow": allowing})
	said.effect == "allow"
	said.counts == [{"amount": 0, "counter": "calls"}]
	said.flow == ["way_out"]
}

test_the_flow_of_data_goes_along_with_every_verdict if {
	every more in [{}, {"allow": allowing}, {"deny": {"no"}}, {"require_approval": {held({})}}] {
		shop(object.union(more, {"flow": {"way_out", "irreversible"}})).flow == ["irreversible", "way_out"]
	}
}

test_a_verdict_that_counts_nothing_says_nothing_of_it if {
	said := shop({"allow": allowing})
	not said.counts
	not said.flow
}

test_a_count_that_can_not_be_read_denies if {
	every one in [
		"refunds", {}, {"counter": ""}, {"counter": "Re"}, {"counter": 1}, {"counter": "a b"},
		{"counter": "r", "amount": -1}, {"counter": "r", "amount": "5"}, {"counter": "r", "amount": null},
	] {
		said := shop({"allow": allowing, "counts": {one}})
		said.effect == "deny"
		said.reasons[0].rule == "policy-fault"
		not said.counts
	}
}

test_an_unknown_fact_about_data_denies if {
	every fact in ["wayout", "", 1, null] {
		said := shop({"allow": allowing, "flow": {fact}})
		said.effect == "deny"
		said.reasons[0].rule == "policy-fault"
		not said.flow
	}
}

test_counts_and_flow_that_are_not_sets_are_not_overlooked if {
	every member in ["counts", "flow"] {
		every value in [["way_out"], {"way_out": true}, "way_out", true] {
			shop({"allow": allowing, member: value}).reasons[0].rule == "policy-fault"
			answer({}, {member: value}, {"allow": allowing}).reasons[0].rule == "policy-fault"
		}
	}
}

test_a_rule_may_offer_several_quorums_and_every_rule_must_be_satisfied if {
	said := shop({"require_approval": {
		held({"rule": "a", "seats": [seat("dba", 2)], "alternatives": [[seat("security", 1)]]}),
		held({"rule": "b", "seats": [seat("ops", 1)]}),
	}})
	said.approval.seats == [seat("dba", 2), seat("ops", 1)]
	said.approval.choices == [[[seat("dba", 2)], [seat("security", 1)]]]
	said.approval.fixed == [seat("ops", 1)]
}

test_rules_without_a_choice_offer_none if {
	said := shop({"require_approval": {held({})}})
	every member in ["choices", "fixed", "deny_quorum", "escalate", "late_members", "session"] {
		not member in object.keys(said.approval)
	}
}

test_another_rule_never_makes_denying_harder if {
	shop({"require_approval": {held({"deny_quorum": 3})}}).approval.deny_quorum == 3
	shop({"require_approval": {held({"rule": "a", "deny_quorum": 3}), held({"rule": "b", "deny_quorum": 2})}}).approval.deny_quorum == 2
	said := shop({"require_approval": {held({"rule": "a", "deny_quorum": 3}), held({"rule": "b"})}})
	not said.approval.deny_quorum
}

test_an_escalation_takes_the_place_of_its_own_rule_only if {
	said := shop({"require_approval": {
		held({"rule": "a", "escalate": [{"after": "10m", "seats": [seat("security", 1)]}]}),
		held({"rule": "b", "seats": [seat("ops", 2)]}),
	}})
	said.approval.escalate == [{"after": 600, "seats": [seat("ops", 2), seat("security", 1)]}]
}

test_late_members_may_vote_only_where_every_rule_says_so if {
	shop({"require_approval": {held({"late_members": true})}}).approval.late_members
	said := shop({"require_approval": {held({"rule": "a", "late_members": true}), held({"rule": "b"})}})
	not said.approval.late_members
}

test_quorums_and_escalations_that_can_not_be_read_deny if {
	every more in [
		{"alternatives": []}, {"alternatives": [seat("dba", 1)]}, {"alternatives": [[]]}, {"alternatives": [[{"group": "x", "count": 0}]]},
		{"alternatives": "security"}, {"deny_quorum": 0}, {"deny_quorum": "2"}, {"late_members": "yes"}, {"escalate": {}},
		{"escalate": [{"after": "soon", "seats": [seat("x", 1)]}]}, {"escalate": [{"after": "5m"}]},
		{"escalate": [{"after": "5m", "seats": []}]}, {"escalate": ["5m"]},
	] {
		shop({"require_approval": {held(more)}}).effect == "deny"
	}
}

test_one_approval_does_for_several_actions_only_where_every_rule_lets_it if {
	a := {"count": 5, "vary": ["/arguments/amount", "/resource/id"], "limits": [{"pointer": "/arguments/amount", "each": 50}]}
	b := {"count": 9, "expires_in": "5m", "vary": ["/action/properties/amount"], "limits": [{"pointer": "/arguments/amount", "total": 90}]}
	shop({"require_approval": {held({"session": a})}}).approval.session == {
		"expires_in": 900, "count": 5, "vary": ["/action/properties/amount", "/resource/id"], "limits": a.limits,
	}
	shop({"require_approval": {held({"rule": "a", "session": a}), held({"rule": "b", "session": b})}}).approval.session == {
		"expires_in": 300, "count": 5, "vary": ["/action/properties/amount"], "limits": sort(array.concat(a.limits, b.limits)),
	}
	said := shop({"require_approval": {held({"rule": "a", "session": a}), held({"rule": "b"})}})
	not said.approval.session
	shop({"require_approval": {held({"session": {"count": 1}})}}).approval.session == {"expires_in": 900, "count": 1, "vary": [], "limits": []}
}

test_leave_for_a_session_that_is_too_wide_or_can_not_be_read_denies if {
	every more in [
		true, {}, {"count": 0}, {"count": "5"}, {"count": 5, "expires_in": "2h"}, {"count": 5, "expires_in": 3601}, {"count": 5, "expires_in": "soon"},
		{"count": 5, "vary": "/arguments/x"}, {"count": 5, "vary": [7]}, {"count": 5, "vary": [""]}, {"count": 5, "vary": ["/action/name"]},
		{"count": 5, "vary": ["/arguments"]}, {"count": 5, "vary": ["/arguments/"]}, {"count": 5, "vary": ["/subject/id"]},
		{"count": 5, "vary": ["/resource/type"]}, {"count": 5, "vary": ["/context/ticket"]}, {"count": 5, "vary": ["x/resource/id"]},
		{"count": 5, "limits": {}}, {"count": 5, "limits": ["/arguments/x"]}, {"count": 5, "limits": [{"each": 5}]},
		{"count": 5, "limits": [{"pointer": "amount", "each": 5}]}, {"count": 5, "limits": [{"pointer": "/arguments/x", "each": "5"}]},
		{"count": 5, "limits": [{"pointer": "/arguments/x", "total": -1}]}, {"count": 5, "limits": [{"pointer": "/arguments/x", "most": 1}]},
	] {
		shop({"require_approval": {held({"session": more})}}).effect == "deny"
	}
	shop({"require_approval": {held({"session": {"count": 5, "expires_in": "1h"}})}}).effect == "require_approval"
}
