package lib.shell_test

import data.lib.shell

commands(args) := found if found := shell.commands with input as {"action": {"properties": args}}

unclear(args) if shell.unclear with input as {"action": {"properties": args}}

runs(line) := commands({"command": line})

test_words_quotes_and_separators_are_read if {
	runs("ls -la src") == [["ls", "-la", "src"]]
	runs("grep 'a b' \"c d\" x | wc -l") == [["grep", "a b", "c d", "x"], ["wc", "-l"]]
	runs("a && b || c; d") == [["a"], ["b"], ["c"], ["d"]]
	runs("a;") == [["a"]]
	runs("ls 2>/dev/null") == [["ls"]]
	runs("make 2>&1 | tail -5") == [["make"], ["tail", "-5"]]
	runs("  ls\npwd  ") == [["ls"], ["pwd"]]
}

test_a_program_with_arguments_is_one_command if {
	commands({"command": "ls", "args": ["-la", "a b"]}) == [["ls", "-la", "a b"]]
	commands({"argv": ["git", "log", "--format=%h x"]}) == [["git", "log", "--format=%h x"]]
	commands({"cmd": ["rm", "-rf", "x; ls"]}) == [["rm", "-rf", "x; ls"]]
	every line in [{"command": "ls"}, {"cmd": "ls"}, {"script": "ls"}, {"code": "ls"}] {
		commands(line) == [["ls"]]
		not unclear(line)
	}
}

test_what_a_shell_would_do_more_with_is_unclear if {
	every line in [
		"echo $HOME", "echo `id`", "echo $(id)", "ls > x", "ls >> x", "cat < x", "(ls)", "{ ls; }", "ls &", "a=1 $a", "ls # x", "r'm' x", "'r'm x",
		"\"a$b\"", "\"a`b`\"", "'a", "\"a", "a\\b", "!ls", "ls && && x", "; ls", "", "  ", "|", "l\u200bs", "[ -f x ]", "ls\u0000x", "x'a''b'",
	] {
		unclear({"command": line})
	}
}

test_an_ordinary_line_is_clear if {
	every line in ["ls -la", "git log --oneline | head -5", "npm test", "grep -r \"a b\" src", "ls *.ts"] {
		not unclear({"command": line})
	}
}

test_no_line_or_more_than_one_is_unclear if {
	unclear({})
	unclear({"command": "ls", "script": "rm -rf x"})
	unclear({"command": 7})
	unclear({"command": {}})
	unclear({"argv": []})
	unclear({"argv": ["ls", 7]})
	unclear({"argv": ["ls", "a'b"]})
	unclear({"command": "ls", "args": [null]})
	unclear({"command": concat("", ["ls ", concat("", [x | some _ in numbers.range(1, 4000); x := "a"])])})
}

test_a_program_is_known_without_its_path if {
	found := shell.programs with input as {"action": {"properties": {"command": "/bin/rm x | ./y"}}}
	found == {"rm", "y"}
}

test_a_pipe_is_known_from_a_sequence if {
	shell.piped with input as {"action": {"properties": {"command": "a | b"}}}
	not shell.piped with input as {"action": {"properties": {"command": "a || b; c"}}}
}

test_what_another_program_runs_counts_as_run if {
	found := shell.programs with input as {"action": {"properties": {"command": "ls | sudo -u root /bin/rm x; cat y"}}}
	found == {"cat", "ls", "rm", "root", "sudo", "x"}
}

test_a_line_of_very_many_pieces_is_unclear if {
	most := concat(" ", [c | some _ in numbers.range(1, 125); c := "a"])
	count(runs(most)[0]) == 125
	not unclear({"command": most})
	unclear({"command": concat(" ", [most, "a", "a"])})
}
