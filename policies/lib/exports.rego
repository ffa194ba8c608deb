# METADATA
# title: What a request does with data
# description: >-
#   What is said about a set of data, how much of it is meant, and what the action's name claims to do with it. Said to be
#   harmless is harmless only when everything that is known agrees: the arguments, the resource, its name, and the columns.
# scope: package
package lib.exports

import data.lib.amount
import data.lib.lists
import data.lib.names
import data.lib.verbs

looks := "browse catalog catalogue count describe discover inspect lineage list metadata profile schema schemas stat stats status"

reads := "fetch get peek preview query read sample scan search select show view"

moves := concat(" ", [
	"archive backup copy download dump email export extract mail move post publish push replicate send stream sync transfer unload",
	"upload",
])

shares := "expose invite link links public share shared sharing"

unshares := "revoke unpublish unshare"

deletes := "clear delete destroy drop erase expire forget purge remove truncate wipe"

loads := "import ingest load overwrite restore"

labels := "classify declassify label reclassify tag"

nouns := concat(" ", [
	"a access all batch bulk by column columns create data dataset datasets file files for from in into of on record records report",
	"reports row rows set subset table tables the to with",
])

# Nothing in the name is unknown, so that nothing unknown is done unasked.
recognised if verbs.only(concat(" ", [looks, reads, moves, shares, nouns]))

# The gravest word of the name decides: data.read_and_export exports, and data.list_deleted is not known at all.
does := "labels" if verbs.says(labels)

else := "deletes" if verbs.says(deletes)

else := "unshares" if {
	verbs.says(unshares)
	verbs.only(concat(" ", [unshares, shares, nouns]))
}

else := "shares" if verbs.says(shares)

else := "moves" if verbs.says(moves)

else := "loads" if verbs.says(loads)

else := "reads" if {
	verbs.says(reads)
	verbs.only(concat(" ", [reads, looks, nouns]))
}

else := "looks" if {
	verbs.says(looks)
	verbs.only(concat(" ", [looks, nouns]))
}

# Said by the arguments and by the resource; where they differ, both count.
said contains one if {
	some member in members
	some one in listed(input.action.properties[member])
}

said contains one if {
	some member in members
	some one in listed(input.resource.properties[member])
}

members := ["classification", "data_classification", "sensitivity"]

listed(value) := value if is_array(value)

else := [value]

plain(one) := replace(replace(names.plain(one), "_", " "), "-", " ")

classification := concat(" and ", sort({plain(one) | some one in said; is_string(one)})) if {
	some one in said
	is_string(one)
} else := "unknown"

harmless if {
	count(said) > 0
	every one in said {
		plain(one) in {"internal", "public"}
	}
	count(telling) == 0
}

restricted if {
	some one in said
	plain(one) in {"restricted", "secret", "strictly confidential", "top secret", "highly confidential"}
}

# Names that say more than the classification does: a table of customers, a column of salaries.
telling contains name if {
	name := names.last(input.resource.id)
	some list in data.db.sensitive
	lists.has_any(list, split(name, "_"))
}

telling contains name if {
	some member in ["columns", "fields"]
	some column in listed(input.action.properties[member])
	name := names.last(column)
	some list in [data.db.columns, data.db.credentials]
	lists.has(list, name)
}

telling contains name if {
	some name in {names.last(input.resource.id)}
	lists.has(data.db.credentials, name)
}

row_names := {"count", "estimated_rows", "limit", "max_rows", "num_rows", "record_count", "records", "row_count", "rows"}

rows := amount.most(row_names)

shown_rows := rows

default shown_rows := "an unstated number of"

# A dump carries everything, whatever number stands beside it.
dump if {
	some member in ["file_format", "format", "type"]
	lists.has("backup bak database dump mdb mysqldump pg_dump snapshot sql sqlite sqlite3", names.plain(input.action.properties[member]))
}

few if {
	rows <= 1000
	not dump
}

# Whoever has the link has the data.
anybody if {
	some member in ["access", "acl", "audience", "scope", "share_with", "sharing", "to", "visibility", "who", "with"]
	some value in listed(input.action.properties[member])
	names.plain(value) in {
		"*", "all", "anonymous", "anyone", "anyone with the link", "anyone_with_link", "anyonewithlink", "everyone", "open",
		"public", "public-read", "public-read-write", "public_read", "world",
	}
}

anybody if {
	some member in ["allow_anonymous", "anonymous", "anyone_with_link", "is_public", "public", "public_link"]
	input.action.properties[member] in {true, "true", 1, "yes"}
}

anybody if lists.has_any("expose public", verbs.words)
