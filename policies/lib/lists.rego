# METADATA
# title: Lists of words
# description: >-
#   Words in one text, with single spaces between them: easy to read and to edit, and found in far less time than it takes
#   to build a set of them for every request.
# scope: package
package lib.lists

has(list, word) if contains(concat("", [" ", list, " "]), concat("", [" ", word, " "]))

has_any(list, some_words) if {
	some word in some_words
	has(list, word)
}
