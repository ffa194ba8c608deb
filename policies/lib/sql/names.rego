# METADATA
# title: Names in SQL
# description: Which tables a statement touches, which other names it uses, and which functions it calls.
# scope: package
package lib.sql.names

import data.lib.lists
import data.lib.sql.words

# Tables stand behind these words, or in the list behind FROM.
before_tables := {"exists", "from", "into", "join", "only", "overwrite", "table", "truncate", "update", "using"}

# Words that end the list behind FROM.
list_enders := [" where ", " group ", " order ", " having ", " limit ", " union ", " set ", " returning ", " window ", " on "]

tables(segments) := {words.shown(word) |
	some segment in segments
	some word in candidates(segment)
	words.is_name(word)
	not lists.has(data.lib.sql.noise, word)
}

candidates(segment) := ({word | all_words := split(segment, " "); some i, word in all_words; all_words[i - 1] in before_tables} | listed_after_from(segment)) | described(segment)

described(segment) := {split(segment, " ")[1]} if regex.match(`^(?:describe|desc|explain) [^ ]+$`, segment)

else := set()

listed_after_from(segment) := {split(trim_space(item), " ")[0] |
	some i, list in split(concat("", [" ", segment, " "]), " from ")
	i > 0
	contains(list, ",")
	some item in split(ended(list), ",")
}

ended(list) := substring(list, 0, min({at | some word in list_enders; at := indexof(list, word); at >= 0} | {count(list)}))

# Every name in it, without what qualifies it: columns, tables, aliases.
all(segments) := {words.bare(word) |
	some segment in segments
	some word in split(segment, " ")
	words.is_name(word)
}

# What stands in front of brackets and is no word of SQL.
functions(segments) := {word |
	some segment in segments
	contains(segment, " {")
	all_words := split(segment, " ")
	some i, word in all_words
	startswith(all_words[i + 1], "{")
	words.is_name(word)
	not lists.has(data.lib.sql.keywords, word)
	not declared(all_words, i)
}

# A table with its columns, a type, an alias or the head of a WITH is followed by brackets and is no call.
declared(all_words, i) if all_words[i - 1] in {"::", "as", "into", "recursive", "references", "table", "update", "with"}

declared(all_words, i) if startswith(all_words[i - 1], "{")

declared(all_words, i) if {
	all_words[i + 2] == "as"
	startswith(all_words[i + 3], "{")
}
