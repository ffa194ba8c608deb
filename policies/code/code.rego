# METADATA
# title: Code
# description: >-
#   Work on branches of our own repositories needs nobody. What everybody builds on is changed with operations. What runs
#   with the rights of a pipeline, holds secrets, or lets others in is decided by security. History that others have is
#   never rewritten, and no agent's approval counts for a person's.
# scope: package
package policies.code

import data.lib.credentials
import data.lib.flow as session
import data.lib.path
import data.lib.repository
import data.lib.several

looks := {
	"blame", "branches", "compare", "diff", "get", "get_commit", "get_diff", "get_file", "get_file_contents",
	"get_issue", "get_pull_request", "get_run_logs", "list", "list_branches", "list_commits", "list_issues",
	"list_pull_requests", "list_runs", "log", "read", "search", "search_code", "search_issues", "show", "status", "view",
}

local_work := {"add", "branch", "checkout", "clone", "commit", "create_branch", "fetch", "init", "pull", "rebase", "stash"}

pushes := {
	"commit_files", "create_file", "create_or_update_file", "delete_file", "force_push", "push", "push_files",
	"update_file", "upload_file",
}

discussions := {
	"add_comment", "add_issue_comment", "add_labels", "close_issue", "close_pull_request", "comment", "create_issue",
	"create_pull_request", "create_review", "open_issue", "open_pull_request", "request_review", "review",
	"submit_review", "update_issue", "update_pull_request",
}

approvals := {"approve", "approve_deployment", "approve_pull_request", "approve_run", "approve_workflow_run"}

merges := {"enable_auto_merge", "merge", "merge_branch", "merge_pull_request", "rebase_merge", "squash_merge"}

runs := {"dispatch_workflow", "run_pipeline", "run_workflow", "trigger_pipeline", "trigger_workflow"}

reruns := {"cancel_run", "cancel_workflow", "rerun", "rerun_failed_jobs", "rerun_workflow", "retry_job"}

pipeline_secrets := {
	"create_secret", "create_variable", "delete_secret", "delete_variable", "get_secret", "set_secret", "set_variable",
	"update_secret", "update_variable",
}

openings := {
	"add_collaborator", "add_deploy_key", "add_member", "add_webhook", "change_visibility", "create_deploy_key",
	"create_runner_token", "create_webhook", "delete_branch_protection", "invite_collaborator", "set_branch_protection",
	"set_visibility", "transfer_repository", "update_branch_protection", "update_repository", "update_settings",
}

removals := {
	"archive_repository", "delete_branch", "delete_environment", "delete_release", "delete_repository", "delete_tag",
}

tags := {"create_release", "create_tag", "push_tag", "release", "tag"}

publications := {"npm_publish", "publish", "publish_image", "publish_package", "push_image", "upload_package"}

installations := {"add_dependency", "add_package", "install", "install_package", "update_dependencies", "upgrade"}

# The last part of the action's name: code.github.push_files pushes.
verb := parts[count(parts) - 1] if parts := split(input.action.name, ".")

# METADATA
# title: Looking
# description: It changes nothing. What others wrote may still move the agent, which is remembered.
allow contains {"rule": "code-look", "reason": "changes nothing"} if verb in looks

# METADATA
# title: Local work
# description: Nobody else has it before it is pushed.
allow contains {"rule": "code-local", "reason": "changes a working copy only"} if verb in local_work

# METADATA
# title: Push to a branch
# description: It is reviewed before anybody builds on it.
allow contains {"rule": "branch-push", "reason": "pushes to an ordinary branch"} if {
	verb in pushes
	repository.ours
	repository.ordinary
	count(files) > 0
}

# METADATA
# title: Discussion
# description: Issues, pull requests and reviews in our own repositories are how work is talked about.
allow contains {"rule": "discussion", "reason": "takes part in the discussion of our own code"} if {
	verb in discussions
	repository.ours
}

# METADATA
# title: Merge into a branch
# description: It is reviewed before anybody builds on it.
allow contains {"rule": "branch-merge", "reason": "merges into an ordinary branch"} if {
	verb in merges
	repository.ours
	repository.ordinary
}

# METADATA
# title: Running again
# description: What ran before runs again, or stops.
allow contains {"rule": "run-again", "reason": "runs again what ran before, or stops it"} if verb in reruns

# METADATA
# title: Known packages
# description: They come from where ours always come from.
allow contains {"rule": "known-package", "reason": "installs from a source that is used here"} if {
	verb in installations
	known_packages
}

# METADATA
# title: Push to a protected branch
# description: Others build on it at once. A branch that is not named may be that one.
require_approval contains {
	"rule": "protected-push",
	"reason": $"pushes to {shown_branches} of {shown_repository}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in pushes
	not repository.ordinary
}

# METADATA
# title: Push that does not say what it changes
# description: Among the files may be a pipeline that runs as soon as they are pushed.
require_approval contains {
	"rule": "unlisted-push",
	"reason": $"pushes to {shown_repository} without saying which files",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in pushes
	count(files) == 0
}

# METADATA
# title: Force push
# description: What somebody else pushed to the branch is gone.
require_approval contains {
	"rule": "force-push",
	"reason": $"rewrites {shown_branches} of {shown_repository}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	forces
}

# METADATA
# title: History that others have
# description: Whoever has it has what was reviewed. Afterwards nobody can tell what was.
deny contains {"rule": "history-stays", "reason": $"rewrites {shown_branches} of {shown_repository}, which others build on"} if {
	forces
	not repository.ordinary
}

# METADATA
# title: Pipelines and owners
# description: They run with secrets the agent does not have, or decide who has to agree.
require_approval contains {
	"rule": "pipeline-change",
	"reason": $"changes what runs or who must agree: {shown_files}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	verb in pushes
	some file in files
	path.automation(file)
}

# METADATA
# title: Secrets in code
# description: What was pushed once is in every copy.
require_approval contains {
	"rule": "secret-push",
	"reason": $"pushes files that keep secrets: {shown_files}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	verb in pushes
	some file in files
	path.secret(file)
}

# METADATA
# title: Credentials stay out of code
# description: A key that was pushed is a key that somebody has.
deny contains {"rule": "credential-leaves", "reason": "holds what looks like a key or a token"} if {
	verb in ((pushes | discussions) | publications)
	credentials.within(input.action.properties)
}

# METADATA
# title: Settings of agents
# description: An agent that changes what it is asked about is not asked any more.
deny contains {"rule": "agent-settings", "reason": $"changes the settings of agents: {shown_files}"} if {
	verb in pushes
	some file in files
	path.agent_settings(file)
}

# METADATA
# title: Other people's repositories
# description: It speaks for the company, to people outside, and cannot be taken back.
require_approval contains {
	"rule": "foreign-repository",
	"reason": $"{input.action.name} in {shown_repository}, which is not ours",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	verb in (pushes | discussions)
	not repository.ours
}

# METADATA
# title: Merge
# description: What is merged there goes to customers. That it was reviewed is for the host of the code to say, not for an agent.
require_approval contains {
	"rule": "merge",
	"reason": $"merges {input.resource.id} into {shown_branches}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in merges
	not branch_merge
}

# METADATA
# title: Merge past the review
# description: Reviews and checks are there for the day on which somebody wants to pass them by.
require_approval contains {
	"rule": "unreviewed-merge",
	"reason": $"merges {input.resource.id} past its review or checks",
	"risk": "critical",
	"seats": [{"group": "ops", "count": 1}, {"group": "security", "count": 1}],
	"reason_required": true,
} if {
	verb in merges
	unreviewed
}

# METADATA
# title: Approval by an agent
# description: Four eyes are those of two people.
deny contains {"rule": "approval-by-agent", "reason": "an agent's approval stands for nobody's review"} if approves

# METADATA
# title: Running a pipeline
# description: It runs with the rights of the pipeline, and what it is given decides what it does.
require_approval contains {
	"rule": "pipeline-run",
	"reason": $"runs {input.resource.id}",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in runs
}

# METADATA
# title: Secrets of pipelines
# description: Whoever sets one decides what is deployed with it; whoever reads one has it.
require_approval contains {
	"rule": "pipeline-secret",
	"reason": $"{input.action.name} of {input.resource.id}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	verb in pipeline_secrets
}

# METADATA
# title: Letting others in
# description: Who may read or write the code, and who must agree to a change, is what all other rules stand on.
require_approval contains {
	"rule": "repository-access",
	"reason": $"{input.action.name} on {shown_repository}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}, {"group": "ops", "count": 1}],
	"reason_required": true,
} if {
	verb in openings
}

# METADATA
# title: Removing
# description: A branch or a repository may hold what is nowhere else.
require_approval contains {
	"rule": "code-removal",
	"reason": $"{input.action.name} of {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in removals
}

# METADATA
# title: Release
# description: Others take it for finished, and machines install it.
require_approval contains {
	"rule": "release",
	"reason": $"releases {input.resource.id}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in (tags | publications)
}

# METADATA
# title: Publication
# description: What is in a registry that everybody reads is installed by strangers within minutes, and stays in their caches.
require_approval contains {
	"rule": "publication",
	"reason": $"publishes {input.resource.id} to {shown_registry}",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	verb in publications
	not to_our_registry
}

# METADATA
# title: Unknown package source
# description: A package runs its own code when it is installed. One from elsewhere is code that elsewhere chose.
require_approval contains {
	"rule": "unknown-source",
	"reason": $"installs {shown_packages} from a source that is not used here",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	verb in installations
	not known_packages
}

# METADATA
# title: Data in the session
# description: What strangers wrote does not choose what is installed, published or removed; sensitive data is not pushed out.
require_approval contains rule if some rule in session.rules(flow, "ops")

flow contains "untrusted_read" if {
	verb in looks
	repository.seen_outside
}

flow contains "sensitive_read" if {
	verb in pushes
	some file in files
	path.secret(file)
}

flow contains "sensitive_read" if verb == "get_secret"

flow contains "way_out" if {
	verb in ((pushes | discussions) | tags)
	repository.seen_outside
}

flow contains "way_out" if {
	verb in publications
	not to_our_registry
}

flow contains "way_out" if verb in openings

flow contains "irreversible" if verb in ((publications | installations) | removals)

flow contains "irreversible" if forces

forces if verb == "force_push"

forces if {
	verb in pushes
	repository.forced
}

branch_merge if {
	repository.ours
	repository.ordinary
	not unreviewed
}

unreviewed if {
	some flag in {"admin", "bypass", "bypass_rules", "force", "ignore_checks", "no_verify", "override", "skip_checks", "skip_review"}
	input.action.properties[flag] != false
}

# Claims count when they make it worse.
unreviewed if input.resource.properties.approvals == 0

unreviewed if input.resource.properties.reviewed == false

unreviewed if {
	given := input.resource.properties.checks
	given != "success"
}

approves if verb in approvals

approves if {
	verb in discussions
	some name in {"action", "event", "state", "vote"}
	startswith(lower(input.action.properties[name]), "approve")
}

# The files that a push says it changes.
named contains object.get(one, "path", one) if {
	some name in {"changed_files", "file", "file_path", "files", "path", "paths"}
	some one in several.of(input.action.properties[name])
}

named contains one if {
	some name in {"changed_files", "file", "file_path", "files", "path", "paths"}
	some one in several.of(input.action.properties[name])
	not is_object(one)
}

unread contains one if {
	some one in named
	not path.read(one)
}

# With one that cannot be read, none is: it may be any file.
files contains path.read(one) if {
	count(unread) == 0
	some one in named
}

to_our_registry if input.action.properties.registry in data.company.registries

packages contains one if {
	some name in {"dependencies", "dependency", "name", "names", "package", "packages"}
	some one in several.of(input.action.properties[name])
}

known_packages if {
	count(packages) > 0
	every one in packages {
		is_plain_package(one)
	}
	every source in sources {
		source in data.company.package_sources
	}
}

sources contains lower(input.action.properties[name]) if some name in {"extra_index_url", "index", "index_url", "registry", "repository", "source", "url"}

sources contains null if {
	some name in {"extra_index_url", "index", "index_url", "registry", "repository", "source", "url"}
	not is_string(input.action.properties[name])
	not is_null(object.get(input.action.properties, name, null))
}

# react, @acme/ui, react@19.0.0, requests==2.32.0. With a slash more, a colon or a dot in front it is a place.
is_plain_package(one) if {
	trim(one, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@/=<>~^[]") == ""
	not substring(one, 0, 1) in {"-", "."}
	not split(one, ".")[count(split(one, ".")) - 1] in {"gz", "tgz", "whl", "zip"}
	not contains(trim_prefix(one, scope(one)), "/")
}

default scope(_) := ""

scope(one) := $"{split(one, "/")[0]}/" if startswith(one, "@")

default shown_repository := "an unstated repository"

shown_repository := sort([one | some one in repository.named; is_string(one)])[0]

default shown_branches := "an unstated branch"

shown_branches := concat(", ", sort(repository.branches)) if count(repository.branches) > 0

shown_files := concat(", ", array.slice(sort([file.text | some file in files]), 0, 3))

shown_packages := concat(", ", array.slice(sort([one | some one in packages; is_string(one)]), 0, 3))

default shown_registry := "an unstated registry"

shown_registry := substring(input.action.properties.registry, 0, 120)
