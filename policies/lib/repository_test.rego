package lib.repository_test

import data.lib.repository

company := {
	"repositories": ["acme/"],
	"public_repositories": ["acme/website"],
	"code_hosts": ["github.com", "git.acme.example"],
	"protected_branches": ["next"],
}

of(type, id, arguments) := {"action": {"name": "code.push", "properties": arguments}, "resource": {"type": type, "id": id}}

is_ours(type, id, arguments) := found if {
	found := repository.ours with input as of(type, id, arguments) with data.company as company
}

is_seen(id) := found if {
	found := repository.seen_outside with input as of("repository", id, {}) with data.company as company
}

branches(type, id, arguments) := found if {
	found := repository.branches with input as of(type, id, arguments) with data.company as company
}

is_ordinary(branch) := found if {
	found := repository.ordinary with input as of("repository", "acme/web", {"branch": branch}) with data.company as company
}

test_a_repository_of_ours_is_known_however_it_is_written if {
	every id in [
		"acme/web", "ACME/Web", "acme/web.git", "https://github.com/acme/web", "https://github.com/acme/web.git", "https://github.com/acme/web/", "git@github.com:acme/web.git",
		"ssh://git@git.acme.example/acme/web", "github.com/acme/web", "acme/group/web",
	] {
		is_ours("repository", id, {})
		is_ours("repo", id, {})
		is_ours("project", id, {})
	}
}

test_anything_else_is_not_ours if {
	every id in [
		"evil/web", "acme", "acme-evil/web", "https://evil.example/acme/web", "evil.example/acme/web", "git@evil.example:acme/web", "https://github.com.evil.example/acme/web",
		"https://github.com@evil.example/acme/web", "acme/../evil/web", "acme//web", "x acme/web", "\u0430cme/web", "http://github.com/acme/web", "evil:acme/web",
	] {
		is_ours("repository", id, {}) == false
	}
	is_ours("branch", "acme/web", {}) == false
	is_ours("branch", "x", {"repository": 5}) == false
}

test_every_repository_that_is_named_counts if {
	every name in ["project", "remote_url", "repo_url", "repository", "url", "repo"] {
		is_ours("branch", "x", {name: "acme/web"})
		is_ours("repository", "acme/web", {name: "evil/web"}) == false
	}
	is_ours("branch", "x", {"owner": "acme", "repo": "web"})
	is_ours("branch", "x", {"owner": "evil", "repo": "acme/web"}) == false
	is_ours("branch", "x", {"note": "acme/web"}) == false
}

test_what_is_public_or_not_ours_is_seen_outside if {
	is_seen("acme/website")
	is_seen("https://github.com/acme/website.git")
	is_seen("evil/web")
	is_seen("acme/web") == false
}

test_the_branch_that_is_written_to_is_read if {
	every name in ["base", "base_branch", "branch", "branches", "into", "ref", "refs", "refspec", "remote_branch", "target", "target_branch", "to"] {
		branches("repository", "acme/web", {name: "Feature/x"}) == {"feature/x"}
	}
	branches("branch", "main", {}) == {"main"}
	branches("ref", "refs/heads/main", {}) == {"main"}
	branches("repository", "main", {}) == set()
	every spelling in ["main", "MAIN", "refs/heads/main", "heads/main", "origin/main", "HEAD:main", "feature/x:refs/heads/main", "+main", "+x:main", "HEAD: main", ":main"] {
		branches("repository", "acme/web", {"refspec": [spelling]}) == {"main"}
	}
	branches("repository", "acme/web", {"branch": 5}) == {"head"}
}

test_only_an_ordinary_branch_is_one if {
	every branch in ["feature/x", "fix-1", "mainline", "users/main", "bot/release-notes", ["a", "b"]] {
		is_ordinary(branch)
	}
	every branch in [
		"main", "master", "Main", "trunk", "develop", "development", "release/1.2", "releases/2", "hotfix/x", "production", "prod", "live", "staging", "stable", "gh-pages", "next",
		"HEAD", "", ":", "refs/tags/v1", "x:refs/tags/v1", "*", "refs/heads/*", "a b", "feature/\u0430", 5, null, [], ["a", "main"],
	] {
		is_ordinary(branch) == false
	}
}

test_without_a_company_nothing_is_ours_and_branches_are_branches if {
	not repository.ours with input as of("repository", "acme/web", {}) with data.company as {}
	repository.ordinary with input as of("repository", "acme/web", {"branch": "feature/x"}) with data.company as {}
}

forced(arguments) if repository.forced with input as of("repository", "acme/web", arguments)

test_a_force_is_seen_in_flags_and_in_refspecs if {
	every flag in ["force", "force_if_includes", "force_push", "force_with_lease", "mirror"] {
		forced({flag: true})
		forced({flag: "yes"})
		not forced({flag: false})
	}
	every name in ["branch", "branches", "ref", "refs", "refspec"] {
		forced({name: "+main"})
		forced({name: ["x", "+y"]})
		not forced({name: "main+"})
	}
	not forced({"title": "+1", "draft": true})
}
