package lib.environment_test

import data.lib.environment

at(id) := {"resource": {"id": id}}

arguing(id, arguments) := {"resource": {"id": id}, "action": {"properties": arguments}}

test_a_resource_is_elsewhere_by_the_first_part_of_its_id if {
	every id in ["dev.orders", "staging/web", "test:queue", "DEV.orders", "sandbox", "preview/app-1", "dev/web/*", "dev.a@b"] {
		environment.elsewhere with input as at(id)
		not environment.production with input as at(id)
	}
}

test_whatever_is_not_known_to_be_elsewhere_is_production if {
	every id in ["orders", "production-staging.orders", "staging-eu.orders", "web/staging", "", 5, null, ["dev"], {"dev": 1}] {
		environment.production with input as at(id)
	}
	environment.production with input as {}
}

test_an_id_that_reads_two_ways_is_production if {
	every id in [
		"dev/../live-db", "dev//orders", "dev/./orders", "dev orders", "\"dev\".orders", "dev\\orders", "dev.\u200borders",
		"dev/%2e%2e/orders", "d\u0435v.orders", ".dev/orders", "dev/.hidden",
	] {
		environment.production with input as at(id)
	}
}

test_an_id_that_speaks_of_production_is_production if {
	every id in ["dev.prod.orders", "dev/prod-copy", "staging.eu_production", "test:LIVE", "dev.prd"] {
		environment.production with input as at(id)
	}
	environment.elsewhere with input as at("dev.products")
}

test_arguments_raise if {
	every place in ["cluster", "namespace", "environment", "database", "account", "workspace"] {
		environment.production with input as arguing("dev/web", {place: "acme-prod"})
		environment.elsewhere with input as arguing("dev/web", {place: "acme-dev"})
		environment.production with input as {"resource": {"id": "dev/web", "properties": {place: "Production"}}}
	}
}

test_arguments_never_lower if environment.production with input as arguing("web", {"environment": "dev"})

test_other_arguments_say_nothing_about_the_place if {
	environment.elsewhere with input as arguing("dev/web", {"message": "as in prod"})
}

test_without_a_list_everything_is_production if {
	environment.production with input as at("dev.orders") with data.company as {}
}
