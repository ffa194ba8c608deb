# METADATA
# title: Environment
# description: >-
#   Where a resource lives. What an agent claims about a resource never lowers what is asked: a resource is in production
#   unless its id begins with the name of another environment, is plainly spelt, and nothing in the request speaks of
#   production. The names are those in company/data.json; without them everything is production.
# scope: package
package lib.environment

import data.lib.names

# Arguments that say where an action runs. They raise only: a tool may not look at them at all.
places := {
	"account", "account_id", "catalog", "cluster", "cluster_name", "connection", "context", "database", "datasource", "db",
	"env", "environment", "host", "hostname", "instance", "kube_context", "namespace", "profile", "project", "project_id",
	"resource_group", "schema", "server", "stack", "stage", "subscription", "target", "tier", "vpc", "workspace",
}

production if not elsewhere

elsewhere if {
	names.first(input.resource.id) in data.company.elsewhere
	plainly_spelt(input.resource.id)
	not speaks_of_production
}

# No quotes, no spaces, no way back up the path: an id that could be read in two ways is not elsewhere.
plainly_spelt(id) if {
	regex.match(`^[0-9A-Za-z][-0-9A-Za-z_.:/@*]*$`, id)
	not contains(id, "..")
	not contains(id, "//")
	not contains(id, "/.")
}

speaks_of_production if mentions_production(input.resource.id)

speaks_of_production if {
	some place in places
	mentions_production(input.action.properties[place])
}

speaks_of_production if {
	some place in places
	mentions_production(input.resource.properties[place])
}

# One of its words is the name of a production environment: dev/prod-copy, eu_production, PROD.
mentions_production(text) if {
	some part in names.parts(replace(replace(text, "-", "."), "_", "."))
	part in data.company.production
}
