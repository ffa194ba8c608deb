# METADATA
# title: Flow of data
# description: >-
#   An agent that has read what strangers wrote may be doing what they want. One that has also read sensitive data, and now
#   sends something out, may be handing it over. No single one of these steps is an attack, so no tool is asked about for
#   its name: the combination is.
# scope: package
package lib.flow

import data.lib.history

# The rules for an action whose own package says `facts` about it. `group` answers for what the action cannot undo. An area
# with a way out has one line for this: `require_approval contains rule if some rule in flow.rules(...)`.
rules(facts, group) := (leak(facts) | departure(facts)) | steered(facts, group)

# All three at once. Somebody from security decides, not the area: its people would see an ordinary message or upload.
leak(facts) := {{
	"rule": "steered-leak",
	"reason": $"sends something out after reading what strangers wrote ({untrusted}) and sensitive data ({sensitive(facts)})",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
	"expires_in": "30m",
	"grant": {"expires_in": "5m", "uses": 1},
}} if {
	"way_out" in facts
	untrusted
	sensitive(facts)
} else := set()

departure(facts) := {{
	"rule": "sensitive-leaves",
	"reason": $"sends something out after reading sensitive data ({sensitive(facts)})",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
}} if {
	"way_out" in facts
	sensitive(facts)
	not untrusted
} else := set()

# Said of a leak already, which is the graver of the two.
steered(facts, group) := {{
	"rule": "steered-irreversible",
	"reason": $"cannot be undone, and the session has read what strangers wrote ({untrusted})",
	"risk": "high",
	"seats": [{"group": group, "count": 1}],
}} if {
	"irreversible" in facts
	untrusted
	count(leak(facts)) == 0
} else := set()

untrusted := told(history.flow("untrusted_read"))

sensitive(_) := told(history.flow("sensitive_read"))

# An action that reads and sends at once needs no step before it.
sensitive(facts) := "in this very action" if {
	"sensitive_read" in facts
	not history.flow("sensitive_read")
}

# What was read, and when, as the record has it.
told(fact) := $"{object.get(fact, "action", "an action")} {object.get(fact, "resource", "of something")} at {object.get(fact, "at", "some time")}"
