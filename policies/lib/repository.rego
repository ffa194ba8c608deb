# METADATA
# title: Repositories
# description: >-
#   Which repository and which branches an action is about. A repository is ours only by its name, at a host where that name
#   is ours; a branch is an ordinary one only by its name. What is not stated, or could be read in two ways, is neither.
# scope: package
package lib.repository

import data.lib.several

usual := "abcdefghijklmnopqrstuvwxyz0123456789-._/"

# Every repository that is named, however: acme/web, https://github.com/acme/web.git, git@github.com:acme/web.git.
named contains input.resource.id if input.resource.type in {"project", "repo", "repository"}

named contains input.action.properties[name] if some name in {"project", "remote_url", "repo_url", "repository", "url"}

named contains input.action.properties.repo if not input.action.properties.owner

named contains $"{owner}/{repo}" if {
	owner := input.action.properties.owner
	repo := input.action.properties.repo
}

default ours := false

ours if {
	count(named) > 0
	every one in named {
		is_ours(one)
	}
}

# Somebody outside reads it. A repository that is not ours may be read by anybody.
default seen_outside := false

seen_outside if not ours

seen_outside if {
	some one in named
	path(one) in data.company.public_repositories
}

is_ours(one) if {
	some prefix in data.company.repositories
	startswith(path(one), prefix)
}

# The owner and the name. Undefined for what is not plainly a repository, or is at another host.
path(text) := given if {
	given := at_host(bare(text))
	trim(given, usual) == ""
	count(split(given, "/")) > 1
	not contains(given, "..")
	not contains(given, "//")
}

bare(text) := trim_suffix(trim_suffix(shortened, "/"), ".git") if {
	lowered := lower(text)
	shortened := trim_prefix(trim_prefix(trim_prefix(lowered, "https://"), "ssh://"), "git@")
}

at_host(text) := text if not contains(first(text), ".")

at_host(text) := trim_prefix(spelled, $"{host}/") if {
	spelled := replace(text, ":", "/")
	some host in data.company.code_hosts
	startswith(spelled, $"{host}/")
}

first(text) := split(replace(text, ":", "/"), "/")[0]

# Every branch that is written to: the right side of a refspec, without what git puts before it.
branches contains branch(one) if {
	some name in {"base", "base_branch", "branch", "branches", "into", "ref", "refs", "refspec", "remote_branch", "target", "target_branch", "to"}
	some one in several.of(input.action.properties[name])
}

branches contains branch(input.resource.id) if input.resource.type in {"branch", "ref"}

default branch(_) := "head"

branch(text) := trim_prefix(trim_prefix(trim_prefix(last, "refs/heads/"), "heads/"), "origin/") if {
	sides := split(trim_prefix(lower(text), "+"), ":")
	last := trim_space(sides[count(sides) - 1])
}

# Only what is plainly an ordinary branch is one: not what others build on, nor a tag, a pattern, or HEAD.
default ordinary := false

ordinary if {
	count(branches) > 0
	every one in branches {
		is_ordinary(one)
	}
}

is_ordinary(one) if {
	one != ""
	trim(one, usual) == ""
	one != "head"
	not startswith(one, "refs/")
	not split(one, "/")[0] in protected
	not protected_here(one)
}

protected_here(one) if one in data.company.protected_branches

protected := {
	"develop", "development", "gh-pages", "hotfix", "live", "main", "master", "prod", "production", "release", "releases",
	"stable", "staging", "trunk",
}

# A plus before a refspec is a force, whatever the flags say.
forced if {
	some name in {"branch", "branches", "ref", "refs", "refspec"}
	some one in several.of(input.action.properties[name])
	startswith(one, "+")
}

forced if {
	some flag in {"force", "force_if_includes", "force_push", "force_with_lease", "mirror"}
	input.action.properties[flag] != false
}
