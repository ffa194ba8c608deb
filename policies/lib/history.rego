# METADATA
# title: History
# description: >-
#   What was allowed before this action, as intake counted it, and what flowed in its session. What was never counted is
#   zero. A limit is asked of everybody it could be split over: the agent, the person behind it, and the session.
# scope: package
package lib.history

spenders := {"principal", "session", "subject"}

# How much of it was allowed: scope is subject, principal, session or area, window is "1h" or "24h".
sum(counter, scope, window) := member(counter, scope, window, "sum")

# How often it was allowed.
count(counter, scope, window) := member(counter, scope, window, "count")

# How often it was denied, by policy or by people.
denies(counter, scope, window) := member(counter, scope, window, "denies")

# How many different resources were allowed.
resources(counter, scope, window) := member(counter, scope, window, "resources")

# The most that the agent, the person behind it or the session has spent, whichever is more.
spent(counter, window) := max({sum(counter, scope, window) | some scope in spenders})

# The most times that any of them did it.
times(counter, window) := max({count(counter, scope, window) | some scope in spenders})

# The first time that data of this kind flowed into the session: at, action, resource, decision_id. Undefined if it did not.
flow(fact) := input.history.flow[fact]

member(counter, scope, window, name) := value if {
	value := input.history.counters[counter][scope][window][name]
	is_number(value)
} else := 0
