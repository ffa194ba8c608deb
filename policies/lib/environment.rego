# METADATA
# description: >-
#   Where a resource lives, read from its id alone. What an agent claims about a resource never lowers what is asked: a
#   resource is in production unless its id begins with the name of another environment.
# scope: package
package lib.environment

others := {"dev", "local", "preview", "sandbox", "staging", "test"}

production if not elsewhere

elsewhere if {
	first := split(replace(input.resource.id, "/", "."), ".")[0]
	first in others
}
