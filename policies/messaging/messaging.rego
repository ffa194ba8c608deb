# METADATA
# title: Messages
# description: >-
#   Messages to colleagues need nobody. A message to anybody else speaks for the company, so operations countersigns it, and
#   security with them when it goes to many.
# scope: package
package policies.messaging

# METADATA
# title: Drafts
# description: A draft reaches nobody.
allow contains {"rule": "messaging-draft", "reason": "reaches nobody"} if {
	input.action.name in {"messaging.draft", "messaging.list", "messaging.read"}
}

# METADATA
# title: Message to colleagues
# description: It stays inside the company.
allow contains {"rule": "internal-message", "reason": "goes to colleagues only"} if {
	input.action.name == "messaging.send"
	count(recipients) > 0
	every one in recipients {
		is_colleague(one)
	}
}

# METADATA
# title: Message to others
# description: It speaks for the company to people outside. Whoever can not be told apart from them counts as one of them.
require_approval contains {
	"rule": "external-message",
	"reason": $"sends a message to {count(outsiders)} recipients outside the company",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	input.action.name == "messaging.send"
	count(outsiders) > 0
}

# METADATA
# title: Mass message
# description: A mistake that reaches more than 50 people is in the news.
require_approval contains {
	"rule": "mass-message",
	"reason": $"sends a message to {count(outsiders)} recipients outside the company at once",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
} if {
	input.action.name == "messaging.send"
	count(outsiders) > 50
}

# METADATA
# title: Unclear recipients
# description: A message that does not say to whom it goes may go to anybody.
require_approval contains {
	"rule": "unclear-recipients",
	"reason": "sends a message without saying to whom",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	input.action.name == "messaging.send"
	count(recipients) == 0
}

# Everywhere a message may carry an address. An address missed here would be mail that nobody is asked about.
recipients := {one |
	some field in ["to", "cc", "bcc", "recipients"]
	some one in listed(input.action.properties[field])
}

listed(given) := given if {
	is_array(given)
} else := [given]

outsiders := {one | some one in recipients; not is_colleague(one)}

# One plain address of ours: anything that could hold a second address in it is somebody else's.
is_colleague(one) if {
	[name, "acme.example"] = split(one, "@")
	name != ""
	trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._+-") == ""
}
