# METADATA
# title: Classified data
# description: >-
#   Whether what is read is said to be more than internal. Said by the arguments or by the resource, it counts; said by
#   neither, an area goes by what it knows itself.
# scope: package
package lib.classified

harmless := {"internal", "public"}

members := {"classification", "data_classification", "sensitivity"}

given contains input.action.properties[name] if some name in members

given contains input.resource.properties[name] if some name in members

sensitive if {
	some one in given
	not is_harmless(one)
}

is_harmless(one) if lower(one) in harmless
