# METADATA
# title: Data export
# description: >-
#   Small exports of harmless data inside the company need nobody. Personal data, large exports and anything that leaves the
#   company are countersigned by a data owner, and by security where it leaves.
# scope: package
package policies.data

import data.lib.amount

harmless := {"internal", "public"}

inside := {"s3://acme-internal/", "warehouse:"}

# METADATA
# title: Catalogue
# description: Looking at the catalogue moves no data.
allow contains {"rule": "data-catalogue", "reason": "looks at the catalogue only"} if {
	input.action.name in {"data.describe", "data.list"}
}

# METADATA
# title: Small internal export
# description: Up to 1,000 rows of data anybody here may see, to a place of our own.
allow contains {"rule": "small-export", "reason": "exports at most 1,000 harmless rows inside the company"} if {
	input.action.name == "data.export"
	few
	is_harmless
	destination_inside
}

# METADATA
# title: Sensitive data
# description: Data about people, or of unknown kind, is handed out by those who answer for it.
require_approval contains {
	"rule": "sensitive-export",
	"reason": $"exports {amount.shown("rows")} rows classified {classification} from {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "data-owners", "count": 1}],
} if {
	input.action.name == "data.export"
	not is_harmless
}

# METADATA
# title: Large export
# description: Harmless rows in large numbers are not harmless any more.
require_approval contains {
	"rule": "large-export",
	"reason": $"exports {amount.shown("rows")} rows from {input.resource.id}",
	"risk": "medium",
	"seats": [{"group": "data-owners", "count": 1}],
} if {
	input.action.name == "data.export"
	not few
}

# METADATA
# title: Data leaves the company
# description: What has left can not be called back.
require_approval contains {
	"rule": "outside-export",
	"reason": $"sends {amount.shown("rows")} rows from {input.resource.id} to {destination}",
	"risk": "high",
	"seats": [{"group": "data-owners", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
} if {
	input.action.name == "data.export"
	not destination_inside
}

# METADATA
# title: Restricted data stays
# description: Restricted data never leaves the company through an agent.
deny contains {"rule": "restricted-stays", "reason": "restricted data must not leave the company"} if {
	input.action.name == "data.export"
	some given in classifications
	given in {"restricted", "secret"}
	not destination_inside
}

# METADATA
# title: Deletion of a data set
# description: A data set is deleted by those who answer for it.
require_approval contains {
	"rule": "data-delete",
	"reason": $"deletes {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "data-owners", "count": 1}],
} if {
	input.action.name == "data.delete"
}

few if amount.argument("rows") <= 1000

# Said by the arguments and by the resource; where they differ, both count.
classifications contains lower(input.action.properties.classification)

classifications contains lower(input.resource.properties.classification)

is_harmless if {
	count(classifications) > 0
	every given in classifications {
		given in harmless
	}
}

classification := concat(" and ", classifications) if {
	count(classifications) > 0
} else := "unknown"

destination := given if {
	given := input.action.properties.destination
	is_string(given)
} else := "an unstated place"

destination_inside if {
	some place in inside
	startswith(destination, place)
	not contains(destination, "..")
}
