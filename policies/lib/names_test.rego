package lib.names_test

import data.lib.names

# Space without width, joiners, marks of direction, soft hyphens, tags and variation selectors: nobody sees them.
unseen := ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e", "\u2066", "\u180e", "\ufe0f", "\u3164", "\u0000", "\u001b"]

test_every_spelling_of_a_name_is_one_name if {
	every spelling in [
		"audit_log", "AUDIT_LOG", "\"audit_log\"", "`audit_log`", "[audit_log]", "'Audit_Log'", " audit_log ", "audit_log\n",
		"audit_log\u00a0", "\u3000audit_log",
	] {
		names.plain(spelling) == "audit_log"
	}
}

test_what_nobody_sees_is_not_part_of_a_name if {
	every one in unseen {
		names.plain(concat(one, ["au", "dit_log"])) == "audit_log"
	}
}

test_what_is_not_text_has_no_name if {
	every value in [1, null, true, [], {}] {
		not names.plain(value)
		not names.parts(value)
		not names.suspicious(value)
	}
}

test_a_path_has_the_same_parts_however_it_is_written if {
	every path in [
		"prod.public.users", "prod/public/users", "PROD.\"public\".[Users]", "prod . public . users", "/prod//public/users/",
		"prod:public:users", "prod\\public\\users", "prod.public.users;", "prod.public.users,", "prod#public@users",
		"prod|public=(users)", "prod\tpublic\nusers",
	] {
		names.parts(path) == ["prod", "public", "users"]
	}
}

test_a_quoted_separator_still_separates if names.parts("\"prod.audit_log\"") == ["prod", "audit_log"]

test_the_ends_of_a_path_are_found if {
	names.first("Prod.\"Orders\"") == "prod"
	names.last("Prod.\"Orders\" ") == "orders"
	names.last("orders") == "orders"
}

test_nothing_has_no_ends if {
	not names.first("")
	not names.last(" . ")
}

test_unseen_characters_are_suspicious if {
	every one in unseen {
		names.suspicious(concat(one, ["au", "dit_log"]))
	}
}

test_letters_of_another_alphabet_are_suspicious if {
	every name in [
		"\u0430udit_log", "audit_l\u043eg", "\u03bfrders", "o\u0585", "\uff41udit", "\ud835\udc1audit", "\u24d0udit",
		"aud\u0131t", "\u017fecrets", "\u212aeys", "a\u0301udit", "\u02b0osts", "\u1d00udit", "\ua4d0\ua4f8", "\uab64udit",
	] {
		names.suspicious(name)
	}
}

test_ordinary_names_are_not_suspicious if {
	every name in ["prod.orders", "k\u00e4ufe", "Gr\u00f6\u00dfe", "\u043a\u043b\u0438\u0435\u043d\u0442\u044b", "prod.\u03c0\u03b5\u03bb\u03ac\u03c4\u03b7\u03c2", "\u9867\u5ba2", "a\"b`c'[d]", ""] {
		not names.suspicious(name)
	}
}
