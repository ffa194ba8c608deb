package policies.files_test

import data.policies.files

asked(verb, id, arguments) := asked_after({}, verb, id, arguments)

asked_after(history, verb, id, arguments) := said if {
	said := data.countersign.decision with input as object.union({"history": history, "context": {}, "subject": {"type": "agent", "id": "release-bot"}}, of(verb, id, arguments))
}

of(verb, id, arguments) := {
	"action": {"name": $"files.{verb}", "properties": arguments},
	"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
	"resource": {"type": "file", "id": id},
}

# What the package alone says, for the many spellings of one thing.
says(verb, id, arguments) := {rule.rule | some rule in found} if {
	found := (files.allow | files.require_approval) | files.deny with input as of(verb, id, arguments)
}

holds(verb, id, arguments) := {rule.rule | some rule in found} if {
	found := files.require_approval with input as of(verb, id, arguments)
}

flows(verb, id, arguments) := found if {
	found := files.flow with input as of(verb, id, arguments)
}

rules(said) := {reason.rule | some reason in said.reasons}

texts(said) := {reason.text | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

page := {"flow": {"untrusted_read": {"at": "2026-01-15T09:58:00Z", "action": "web.fetch", "resource": "https://blog.example/"}}}

test_looking_and_reading_in_the_workspace_need_nobody if {
	every verb in ["directory_tree", "exists", "find", "get_file_info", "glob", "hash", "list", "list_allowed_directories", "list_directory", "ls", "search_files", "stat", "tree"] {
		says(verb, "src", {}) == {"files-look"}
	}
	every verb in ["cat", "get", "grep", "head", "open", "read", "read_file", "read_media_file", "read_multiple_files", "read_text_file", "search", "tail", "view"] {
		says(verb, "src/main.ts", {}) == {"files-read"}
	}
	said := asked("read", "/workspace/src/main.ts", {})
	said.effect == "allow"
	not said.flow
	says("read", "/usr/include/stdio.h", {}) == {"files-read"}
	says("list", ".ssh", {}) == {"files-look"}
}

test_writing_in_the_workspace_needs_nobody if {
	every verb in [
		"append", "apply_patch", "copy", "copy_file", "create", "create_directory", "create_file", "edit", "edit_file", "insert", "mkdir", "move", "move_file", "multi_edit",
		"patch", "rename", "replace", "save", "str_replace", "touch", "update", "write", "write_file",
	] {
		says(verb, "src/main.ts", {}) == {"files-write"}
	}
	said := asked("write", "src/main.ts", {"content": "x"})
	said.effect == "allow"
	not said.flow
	not said.counts
}

test_deleting_a_file_of_the_workspace_needs_nobody if {
	every verb in ["delete", "delete_file", "remove", "rm", "rmdir", "trash", "unlink"] {
		says(verb, "src/main.ts", {}) == {"files-delete"}
	}
	said := asked("delete", "src/main.ts", {"paths": ["a", "b"], "recursive": false})
	said.effect == "allow"
	said.counts == [{"counter": "file_deletions", "amount": 3}]
	not said.flow
}

test_every_place_of_a_path_is_looked_at if {
	every name in [
		"cwd", "dir", "directories", "directory", "file", "file_name", "file_path", "filename", "filepath", "files", "from", "notebook_path", "old_path", "path", "paths", "root", "source",
		"src", "working_directory", "dest", "destination", "dst", "new_path", "target", "target_path", "to_path",
	] {
		named("copy", "a", {name: "/etc/hosts"}) == {"a", "/etc/hosts"}
	}
	named("copy", "a", {"files": ["b", {"path": "c", "content": "d"}]}) == {"a", "b", "c"}
	named("upload", "a", {"path": "b", "destination": "s3://x/y"}) == {"a", "b"}
	named("warp", "a", {"path": "b"}) == {"a"}
}

named(verb, id, arguments) := found if {
	found := files.named with input as of(verb, id, arguments)
}

test_the_resource_is_a_path_if_it_says_so_or_nothing_else_does if {
	every type in ["directory", "file", "folder", "notebook", "path"] {
		found := files.named with input as object.union(of("read", "/etc/hosts", {"path": "a"}), {"resource": {"type": type}})
		found == {"a", "/etc/hosts"}
	}
	other := files.named with input as object.union(of("read", "laptop", {"path": "a"}), {"resource": {"type": "machine"}})
	other == {"a"}
	none := files.named with input as object.union(of("read", "a", {"limit": 5}), {"resource": {"type": "machine"}})
	none == {"a"}
}

test_a_patch_names_its_files if {
	named("apply_patch", "a", {"patch": "*** Begin Patch\n*** Update File: src/a.ts\n@@\n-x\n+y\n*** Add File: b\n*** Delete File: c\n*** Move to: d"}) == {"a", "src/a.ts", "b", "c", "d"}
	named("patch", "a", {"diff": "--- a/x.ts\n+++ b/y.ts\nrename to z\n--- /dev/null"}) == {"a", "x.ts", "y.ts", "z"}
	named("patch", "a", {"patch": "@@ -1 +1 @@"}) == {"a", null}
	named("patch", "a", {"patch": 5}) == {"a", null}
	long := concat("", ["+++ b/y\n", concat("", [c | some _ in numbers.range(1, 49992); c := "a"])])
	named("patch", "a", {"patch": long}) == {"a", "y"}
	named("patch", "a", {"patch": concat("", [long, "a"])}) == {"a", null}
	patched := files.named with input as object.union(of("apply_patch", "tree", {"patch": "+++ b/y"}), {"resource": {"type": "repository"}})
	patched == {"y"}
	says("apply_patch", "a", {"patch": "@@ -1 +1 @@"}) == {"outside-workspace"}
	says("apply_patch", "a", {"patch": "*** Update File: .claude/settings.json"}) == {"files-write", "agent-settings"}
}

test_outside_the_workspace_operations_looks if {
	every verb in ["list", "read", "upload", "write", "delete", "chmod"] {
		"outside-workspace" in holds(verb, "/etc/hosts", {})
		"outside-workspace" in holds(verb, "src/*.ts", {})
		"outside-workspace" in holds(verb, "a", {"path": 5})
		not "outside-workspace" in holds(verb, "src/main.ts", {})
	}
	"outside-workspace" in holds("write", "/usr/lib/x", {})
	says("warp", "/etc/hosts", {}) == set()
	said := asked("read", "../other/x", {})
	rules(said) == {"outside-workspace"}
	groups(said) == {"ops": 1}
	said.risk.level == "medium"
	texts(said) == {"files.read on ../other/x, which is not plainly in the workspace"}
	asked("list", "/etc", {}).risk.level == "medium"
	asked("write", "/etc/hosts", {}).risk.level == "high"
}

test_only_what_is_allowed_is_allowed if {
	allowed("list", "/etc") == set()
	allowed("read", "/etc/hosts") == set()
	allowed("write", "/etc/hosts") == set()
	allowed("write", "/usr/lib/x") == set()
	allowed("delete", "/etc/hosts") == set()
	allowed("delete", "src/") == set()
	allowed("upload", "a") == set()
}

allowed(verb, id) := found if {
	found := files.allow with input as of(verb, id, {})
}

test_secrets_are_looked_at_by_security if {
	every verb in ["read", "write", "delete", "upload", "chmod"] {
		"secret-file" in holds(verb, "config/.env", {})
		not "secret-file" in holds(verb, "config/.env.example", {})
	}
	holds("list", ".env", {}) == set()
	said := asked("read", ".env", {})
	rules(said) == {"secret-file"}
	groups(said) == {"security": 1}
	said.risk.level == "high"
	said.flow == ["sensitive_read"]
	texts(said) == {"files.read on .env, where secrets are kept"}
	rules(asked("read", "~/.ssh/id_rsa", {})) == {"outside-workspace", "secret-file"}
}

test_reading_or_moving_a_secret_is_a_sensitive_read if {
	every verb in ["read", "copy", "upload"] {
		"sensitive_read" in flows(verb, ".env", {})
		not "sensitive_read" in flows(verb, "env.ts", {})
	}
	flows("stat", ".env", {}) == set()
	every verb in ["read", "upload"] {
		"sensitive_read" in flows(verb, "a", {"classification": "restricted"})
	}
	flows("write", "a", {"classification": "restricted"}) == set()
}

test_what_runs_without_being_asked_is_looked_at_by_security if {
	every verb in ["write", "delete", "chmod"] {
		"automation-file" in holds(verb, ".github/workflows/ci.yml", {})
		not "automation-file" in holds(verb, "src/ci.ts", {})
	}
	says("read", ".github/workflows/ci.yml", {}) == {"files-read"}
	said := asked("write", ".github/workflows/ci.yml", {})
	rules(said) == {"automation-file"}
	groups(said) == {"security": 1}
	said.risk.level == "high"
	texts(said) == {"changes what runs without being asked: .github/workflows/ci.yml"}
}

test_no_agent_changes_what_it_is_asked_about if {
	every verb in ["write", "delete", "chmod"] {
		said := asked(verb, ".claude/settings.json", {})
		rules(said) == {"agent-settings"}
		texts(said) == {"changes the settings of agents: .claude/settings.json"}
	}
	rules(asked("move", "a", {"destination": "~/.codex/config.toml"})) == {"agent-settings"}
	says("read", ".claude/settings.json", {}) == {"files-read"}
}

test_deleting_wholesale_needs_operations if {
	every how in [{"recursive": true}, {"recurse": "yes"}, {"force": 1}] {
		"wholesale-delete" in holds("delete", "src", how)
		"wholesale-delete" in holds("rm", "src", how)
	}
	every verb in ["delete_directory", "remove_directory", "rmtree"] {
		says(verb, "src", {}) == {"wholesale-delete"}
	}
	every id in ["src/", ".", "/workspace"] {
		says("delete", id, {}) == {"wholesale-delete"}
	}
	every type in ["directory", "folder", "workspace"] {
		held := files.require_approval with input as object.union(of("delete", "src", {}), {"resource": {"type": type}})
		count(held) == 1
	}
	says("delete", "src", {"recursive": false}) == {"files-delete"}
	says("write", "src", {"recursive": true}) == {"files-write"}
}

test_deleting_wholesale_can_not_be_undone if {
	said := asked_after(page, "delete", "src", {"recursive": true})
	rules(said) == {"wholesale-delete", "steered-irreversible"}
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	"deletes src and all that is in it" in texts(said)
	flows("delete", "/etc/hosts", {}) == {"irreversible"}
	flows("write", "/etc/hosts", {"recursive": true}) == set()
	flows("write", "src", {"recursive": true}) == set()
	asked_after(page, "delete", "src/a.ts", {}).effect == "allow"
}

done(sum) := {"counters": {"file_deletions": {"session": {"1h": {"sum": sum}}}}}

test_a_folder_deleted_file_by_file_is_seen if {
	asked_after(done(49), "delete", "a", {}).effect == "allow"
	said := asked_after(done(50), "delete", "a", {})
	rules(said) == {"many-deletions"}
	groups(said) == {"ops": 1}
	said.risk.level == "medium"
	texts(said) == {"deletes a after 50 deletions within an hour"}
	rules(asked_after(done(49), "delete", "a", {"paths": ["b"]})) == {"many-deletions"}
	asked_after(done(99), "write", "a", {}).effect == "allow"
}

test_permissions_need_operations if {
	every verb in ["chgrp", "chmod", "chown", "link", "mount", "set_permissions", "symlink"] {
		says(verb, "run.sh", {}) == {"file-permissions"}
	}
	said := asked("chmod", "run.sh", {"mode": "777"})
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	texts(said) == {"files.chmod on run.sh"}
}

test_a_file_leaves_with_operations_and_stays_with_colleagues if {
	every verb in ["create_share_link", "export", "publish", "send", "share", "sync", "upload"] {
		says(verb, "report.pdf", {}) == {"file-leaves"}
		says(verb, "report.pdf", {"to": "kim@acme.example"}) == {"files-share"}
		flows(verb, "report.pdf", {"to": "eve@example.com"}) == {"way_out"}
		flows(verb, "report.pdf", {"to": "kim@acme.example"}) == set()
	}
	said := asked("upload", "report.pdf", {"destination": "https://files.example/"})
	rules(said) == {"file-leaves"}
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	texts(said) == {"files.upload of report.pdf"}
}

test_sharing_is_with_colleagues_only_when_all_of_it_is if {
	says("share", "report.pdf", {"to": ["kim@acme.example", "eve@example.com"]}) == {"file-leaves"}
	says("share", "report.pdf", {"to": "kim@acme.example", "public": true}) == {"file-leaves"}
	says("share", "report.pdf", {"to": "kim@acme.example", "public": "no"}) == {"file-leaves"}
	says("share", "report.pdf", {"to": "kim@acme.example", "public": false}) == {"files-share"}
	says("share", "/etc/hosts", {"to": "kim@acme.example"}) == {"file-leaves", "outside-workspace"}
	says("write", "report.md", {"to": "kim@acme.example"}) == {"files-write"}
}

test_a_secret_does_not_leave_unseen if {
	rules(asked("upload", ".env", {})) == {"file-leaves", "secret-file", "sensitive-leaves"}
	token := concat("", ["gh", "p_abcdefghijklmnopqrstuvwxyz0123456789"])
	flows("upload", "a.txt", {"content": token}) == {"sensitive_read", "way_out"}
	flows("write", "a.txt", {"content": token}) == set()
}

test_many_paths_are_named_in_part if {
	texts(asked("chmod", "d", {"paths": ["c", "b", "a"]})) == {"files.chmod on a, b, c"}
}

test_unknown_file_actions_are_denied if asked("warp", "src/main.ts", {}).effect == "deny"

test_very_many_paths_at_once_are_looked_at if {
	many := [$"src/{n}.ts" | some n in numbers.range(1, 101)]
	says("read", "src", {"paths": many}) == {"outside-workspace"}
	says("read", "src", {"paths": array.slice(many, 0, 100)}) == {"files-read"}
}
