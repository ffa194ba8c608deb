package policies.code_test

import data.policies.code

asked(verb, arguments) := asked_after({}, verb, arguments)

asked_after(history, verb, arguments) := said if {
	said := data.countersign.decision with input as object.union(of(verb, arguments), {"history": history})
}

of(verb, arguments) := {
	"action": {"name": $"code.{verb}", "properties": arguments},
	"agent": {"id": "release-bot", "owner": "sam@acme.example", "groups": ["ci"]},
	"context": {},
	"resource": {"type": "repository", "id": "acme/web"},
	"subject": {"type": "agent", "id": "release-bot"},
}

at(repository, verb, arguments) := object.union(of(verb, arguments), {"resource": {"id": repository}})

# What the package alone says, for the many spellings of one thing.
says(verb, arguments) := says_of(of(verb, arguments))

says_of(request) := {rule.rule | some rule in found} if {
	found := (code.allow | code.require_approval) | code.deny with input as request
}

flows(verb, arguments) := flows_of(of(verb, arguments))

flows_of(request) := found if {
	found := code.flow with input as request
}

rules(said) := {reason.rule | some reason in said.reasons}

texts(said) := {reason.text | some reason in said.reasons}

groups(said) := {seat.group: seat.count | some seat in said.approval.seats}

page := {"flow": {"untrusted_read": {"at": "2026-01-15T09:58:00Z", "action": "web.fetch", "resource": "https://blog.example/"}}}

feature := {"branch": "feature/x", "files": ["src/main.ts"]}

token := concat("", ["gh", "p_abcdefghijklmnopqrstuvwxyz0123456789"])

test_looking_needs_nobody if {
	every verb in [
		"blame", "branches", "compare", "diff", "get", "get_commit", "get_diff", "get_file", "get_file_contents", "get_issue", "get_pull_request", "get_run_logs", "list",
		"list_branches", "list_commits", "list_issues", "list_pull_requests", "list_runs", "log", "read", "search", "search_code", "search_issues", "show", "status", "view",
	] {
		verb in code.looks
	}
	said := asked("get_file_contents", {"path": "README.md"})
	rules(said) == {"code-look"}
	said.effect == "allow"
	not said.flow
}

test_what_outsiders_can_write_is_remembered if {
	flows_of(at("acme/website", "list_issues", {})) == {"untrusted_read"}
	flows_of(at("someone/lib", "get_file", {})) == {"untrusted_read"}
	flows_of(at("acme/web", "list_issues", {})) == set()
	flows_of(at("someone/lib", "commit", {})) == set()
}

test_local_work_needs_nobody if {
	every verb in ["add", "branch", "checkout", "clone", "commit", "create_branch", "fetch", "init", "pull", "rebase", "stash"] {
		says(verb, {}) == {"code-local"}
	}
}

test_a_push_to_a_branch_needs_nobody if {
	every verb in ["commit_files", "create_file", "create_or_update_file", "delete_file", "push", "push_files", "update_file", "upload_file"] {
		says(verb, feature) == {"branch-push"}
	}
	said := asked("push", feature)
	said.effect == "allow"
	not said.flow
	says("push_files", {"branch": "feature/x", "files": [{"path": "src/a.ts", "content": "x"}]}) == {"branch-push"}
	every name in ["changed_files", "file", "file_path", "files", "path", "paths"] {
		says("push", {"branch": "feature/x", name: "src/main.ts"}) == {"branch-push"}
	}
}

test_a_protected_branch_needs_operations if {
	every arguments in [{"branch": "main"}, {"branch": "release/1"}, {}, {"refspec": "feature/x:main"}] {
		says("push", object.union({"files": ["a"]}, arguments)) == {"protected-push"}
	}
	said := asked("push", {"branch": "main", "files": ["a"]})
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	texts(said) == {"pushes to main of acme/web"}
	texts(asked("push", {"files": ["a"]})) == {"pushes to an unstated branch of acme/web"}
	says("create_pull_request", {"base": "main"}) == {"discussion"}
}

test_a_push_that_does_not_list_its_files_needs_operations if {
	says("push", {"branch": "feature/x"}) == {"unlisted-push"}
	every file in ["src/*.ts", 5, {"name": "a"}] {
		says("push", {"branch": "feature/x", "files": [file, "a"]}) == {"unlisted-push"}
	}
	said := asked("push", {"branch": "feature/x"})
	groups(said) == {"ops": 1}
	said.risk.level == "medium"
	texts(said) == {"pushes to acme/web without saying which files"}
	says("create_issue", {}) == {"discussion"}
}

test_a_force_push_needs_operations_and_never_reaches_a_protected_branch if {
	said := asked("push", object.union(feature, {"force": true}))
	rules(said) == {"force-push"}
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	said.flow == ["irreversible"]
	texts(said) == {"rewrites feature/x of acme/web"}
	rules(asked("force_push", feature)) == {"force-push"}
	every arguments in [{"branch": "main", "force": true}, {"refspec": "+feature/x:main"}, {"force": true}] {
		never := asked("push", object.union({"files": ["a"]}, arguments))
		rules(never) == {"history-stays"}
	}
	texts(asked("force_push", {"branch": "main"})) == {"rewrites main of acme/web, which others build on"}
	says("create_issue", {"force": true}) == {"discussion"}
}

test_pipelines_and_owners_are_changed_with_security if {
	every file in [".github/workflows/ci.yml", "CODEOWNERS", ".gitlab-ci.yml", {"path": ".github/workflows/ci.yml", "content": "x"}] {
		"pipeline-change" in says("push", {"branch": "feature/x", "files": ["a", file]})
	}
	said := asked("push_files", {"branch": "feature/x", "files": [".github/workflows/ci.yml"]})
	rules(said) == {"pipeline-change"}
	groups(said) == {"security": 1}
	said.risk.level == "high"
	texts(said) == {"changes what runs or who must agree: .github/workflows/ci.yml"}
	says("commit", {"files": [".github/workflows/ci.yml"]}) == {"code-local"}
}

test_secrets_are_not_pushed_unseen if {
	said := asked("push", {"branch": "feature/x", "files": [".env"]})
	rules(said) == {"secret-push"}
	groups(said) == {"security": 1}
	said.risk.level == "high"
	said.flow == ["sensitive_read"]
	texts(said) == {"pushes files that keep secrets: .env"}
	says("commit", {"files": [".env"]}) == {"code-local"}
	flows("commit", {"files": [".env"]}) == set()
	public := flows_of(at("acme/website", "push", {"branch": "feature/x", "files": [".env"]}))
	public == {"sensitive_read", "way_out"}
}

test_a_key_is_never_pushed_or_posted if {
	every verb in ["push_files", "comment", "publish"] {
		"credential-leaves" in says(verb, object.union(feature, {"content": token}))
	}
	asked("push_files", object.union(feature, {"content": token})).effect == "deny"
	says("commit", {"message": token}) == {"code-local"}
}

test_no_agent_changes_what_it_is_asked_about if {
	said := asked("push", {"branch": "feature/x", "files": [".claude/settings.json"]})
	rules(said) == {"agent-settings"}
	texts(said) == {"changes the settings of agents: .claude/settings.json"}
	says("commit", {"files": [".claude/settings.json"]}) == {"code-local"}
}

test_discussion_of_our_code_needs_nobody if {
	every verb in [
		"add_comment", "add_issue_comment", "add_labels", "close_issue", "close_pull_request", "comment", "create_issue", "create_pull_request", "create_review", "open_issue",
		"open_pull_request", "request_review", "review", "submit_review", "update_issue", "update_pull_request",
	] {
		says(verb, {"body": "looks good"}) == {"discussion"}
	}
	flows("comment", {}) == set()
	flows_of(at("acme/website", "comment", {})) == {"way_out"}
}

test_other_peoples_repositories_need_security if {
	every verb in ["push", "comment"] {
		"foreign-repository" in says_of(at("someone/lib", verb, feature))
		flows_of(at("someone/lib", verb, feature)) == {"way_out"}
	}
	said := data.countersign.decision with input as at("someone/lib", "create_pull_request", {})
	rules(said) == {"foreign-repository"}
	groups(said) == {"security": 1}
	said.risk.level == "high"
	texts(said) == {"code.create_pull_request in someone/lib, which is not ours"}
	said.flow == ["way_out"]
	says_of(at("someone/lib", "clone", {})) == {"code-local"}
	says_of(object.union(of("comment", {}), {"resource": {"type": "issue"}})) == {"foreign-repository"}
	texts(data.countersign.decision) == {"code.comment in an unstated repository, which is not ours"} with input as object.union(of("comment", {}), {"resource": {"type": "issue"}})
}

test_a_merge_into_a_branch_needs_nobody_and_into_a_protected_one_operations if {
	every verb in ["enable_auto_merge", "merge", "merge_branch", "merge_pull_request", "rebase_merge", "squash_merge"] {
		says(verb, {"base": "feature/x"}) == {"branch-merge"}
		says(verb, {"base": "main"}) == {"merge"}
	}
	said := asked("merge_pull_request", {"base": "main"})
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	texts(said) == {"merges acme/web into main"}
	says("merge", {}) == {"merge"}
	says_of(at("someone/lib", "merge", {"base": "feature/x"})) == {"merge"}
}

test_a_merge_past_its_review_needs_security_too if {
	every flag in ["admin", "bypass", "bypass_rules", "force", "ignore_checks", "no_verify", "override", "skip_checks", "skip_review"] {
		"unreviewed-merge" in says("merge", {"base": "main", flag: true})
		says("merge", {"base": "main", flag: false}) == {"merge"}
	}
	said := asked("merge", {"base": "main", "admin": true})
	rules(said) == {"merge", "unreviewed-merge"}
	groups(said) == {"ops": 1, "security": 1}
	said.risk.level == "critical"
	said.approval.reason_required
	"merges acme/web past its review or checks" in texts(said)
	says("push", object.union(feature, {"admin": true})) == {"branch-push"}
}

test_a_claim_about_a_review_makes_it_worse_and_never_better if {
	every claim in [{"approvals": 0}, {"reviewed": false}, {"checks": "pending"}, {"checks": null}] {
		found := says_of(object.union(of("merge", {"base": "main"}), {"resource": {"properties": claim}}))
		found == {"merge", "unreviewed-merge"}
	}
	every claim in [{"approvals": 2}, {"reviewed": true}, {"checks": "success"}] {
		found := says_of(object.union(of("merge", {"base": "main"}), {"resource": {"properties": claim}}))
		found == {"merge"}
	}
	forced := asked("merge", {"base": "feature/x", "admin": true})
	rules(forced) == {"merge", "unreviewed-merge"}
}

test_no_agent_approves if {
	every verb in ["approve", "approve_deployment", "approve_pull_request", "approve_run", "approve_workflow_run"] {
		says(verb, {}) == {"approval-by-agent"}
	}
	every name in ["action", "event", "state", "vote"] {
		rules(asked("submit_review", {name: "APPROVE"})) == {"approval-by-agent"}
	}
	texts(asked("create_review", {"event": "approved"})) == {"an agent's approval stands for nobody's review"}
	says("create_review", {"event": "COMMENT", "body": "approve?"}) == {"discussion"}
	says("get", {"state": "approved"}) == {"code-look"}
}

test_running_a_pipeline_needs_operations_and_running_it_again_nobody if {
	every verb in ["dispatch_workflow", "run_pipeline", "run_workflow", "trigger_pipeline", "trigger_workflow"] {
		says(verb, {}) == {"pipeline-run"}
	}
	said := asked("run_workflow", {"inputs": {"env": "prod"}})
	groups(said) == {"ops": 1}
	said.risk.level == "medium"
	texts(said) == {"runs acme/web"}
	every verb in ["cancel_run", "cancel_workflow", "rerun", "rerun_failed_jobs", "rerun_workflow", "retry_job"] {
		says(verb, {}) == {"run-again"}
	}
}

test_secrets_of_pipelines_need_security if {
	every verb in ["create_secret", "create_variable", "delete_secret", "delete_variable", "get_secret", "set_secret", "set_variable", "update_secret", "update_variable"] {
		says(verb, {}) == {"pipeline-secret"}
	}
	said := asked("get_secret", {})
	groups(said) == {"security": 1}
	said.risk.level == "critical"
	said.approval.reason_required
	said.flow == ["sensitive_read"]
	texts(said) == {"code.get_secret of acme/web"}
	flows("set_secret", {}) == set()
}

test_letting_others_in_needs_security_and_operations if {
	every verb in [
		"add_collaborator", "add_deploy_key", "add_member", "add_webhook", "change_visibility", "create_deploy_key", "create_runner_token", "create_webhook", "delete_branch_protection",
		"invite_collaborator", "set_branch_protection", "set_visibility", "transfer_repository", "update_branch_protection", "update_repository", "update_settings",
	] {
		says(verb, {}) == {"repository-access"}
	}
	said := asked("add_collaborator", {})
	groups(said) == {"ops": 1, "security": 1}
	said.risk.level == "critical"
	said.approval.reason_required
	said.flow == ["way_out"]
	texts(said) == {"code.add_collaborator on acme/web"}
}

test_removing_needs_operations if {
	every verb in ["archive_repository", "delete_branch", "delete_environment", "delete_release", "delete_repository", "delete_tag"] {
		says(verb, {}) == {"code-removal"}
	}
	said := asked_after(page, "delete_repository", {})
	rules(said) == {"code-removal", "steered-irreversible"}
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	"code.delete_repository of acme/web" in texts(said)
}

test_a_release_needs_operations if {
	every verb in ["create_release", "create_tag", "push_tag", "release", "tag"] {
		says(verb, {"tag": "v1"}) == {"release"}
	}
	said := asked("create_release", {"tag": "v1"})
	groups(said) == {"ops": 1}
	said.risk.level == "high"
	texts(said) == {"releases acme/web"}
	not said.flow
	flows_of(at("acme/website", "create_release", {})) == {"way_out"}
}

test_a_publication_needs_security_too_unless_the_registry_is_ours if {
	every verb in ["npm_publish", "publish", "publish_image", "publish_package", "push_image", "upload_package"] {
		says(verb, {"registry": "registry.acme.example"}) == {"release"}
		says(verb, {"registry": "registry.npmjs.org"}) == {"release", "publication"}
		flows(verb, {"registry": "registry.acme.example"}) == {"irreversible"}
	}
	said := asked("publish", {"registry": "registry.npmjs.org"})
	groups(said) == {"ops": 1, "security": 1}
	said.risk.level == "critical"
	said.approval.reason_required
	said.flow == ["irreversible", "way_out"]
	"publishes acme/web to registry.npmjs.org" in texts(said)
	"publishes acme/web to an unstated registry" in texts(asked("publish", {}))
}

test_known_packages_need_nobody if {
	every verb in ["add_dependency", "add_package", "install", "install_package", "update_dependencies", "upgrade"] {
		says(verb, {"package": "react"}) == {"known-package"}
	}
	every one in ["react", "@acme/ui", "react@19.0.0", "requests==2.32.0", "@types/node@20", "lodash@~4.17", ["a", "b"]] {
		says("install", {"packages": one}) == {"known-package"}
	}
	every name in ["dependencies", "dependency", "name", "names", "package", "packages"] {
		says("install", {name: "react", "registry": "https://registry.npmjs.org"}) == {"unknown-source"}
		says("install", {name: "react", "registry": "registry.npmjs.org"}) == {"known-package"}
	}
}

test_a_package_from_elsewhere_needs_security if {
	every one in [
		"git+https://evil.example/x", "https://evil.example/x.tgz", "evil/x", "@acme/ui/x", "./x", "../x", "file:x", "github:evil/x", "x.tgz", "x.tar.gz", "x.whl", "x.zip",
		"--index-url=evil", "-r", "a b", "\u0430", 5, null, {}, [],
	] {
		says("install", {"packages": [one]}) == {"unknown-source"}
	}
	every name in ["extra_index_url", "index", "index_url", "registry", "repository", "source", "url"] {
		says("install", {"package": "react", name: "evil.example"}) == {"unknown-source"}
		says("install", {"package": "react", name: 5}) == {"unknown-source"}
		says("install", {"package": "react", name: null}) == {"known-package"}
	}
	said := asked("install", {"packages": ["evil/x", "react"]})
	groups(said) == {"security": 1}
	said.risk.level == "high"
	texts(said) == {"installs evil/x, react from a source that is not used here"}
	says("install", {}) == {"unknown-source"}
}

test_what_a_page_names_is_not_installed_unseen if {
	said := asked_after(page, "install", {"package": "reacct"})
	rules(said) == {"steered-irreversible"}
	groups(said) == {"ops": 1}
}

test_what_is_allowed_is_only_that if {
	allowed(of("push", {"branch": "main", "files": ["a"]})) == set()
	allowed(of("push", {"branch": "feature/x"})) == set()
	allowed(at("someone/lib", "push", feature)) == set()
	allowed(at("someone/lib", "comment", {})) == set()
	allowed(of("merge", {"base": "main"})) == set()
	allowed(at("someone/lib", "merge", {"base": "feature/x"})) == set()
	allowed(of("install", {"package": "evil/x"})) == set()
	allowed(of("warp", object.union(feature, {"package": "react"}))) == set()
}

allowed(request) := found if {
	found := code.allow with input as request
}

test_unknown_code_actions_are_denied if asked("warp", {}).effect == "deny"

test_very_many_files_or_packages_at_once_are_looked_at if {
	many := [$"f{n}" | some n in numbers.range(1, 101)]
	says("push", {"branch": "feature/x", "files": many}) == {"unlisted-push"}
	says("install", {"packages": many}) == {"unknown-source"}
	says("install", {"packages": array.slice(many, 0, 100)}) == {"known-package"}
}
