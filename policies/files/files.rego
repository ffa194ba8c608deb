# METADATA
# title: Files
# description: >-
#   Work within a workspace needs nobody. Outside it, operations looks; where secrets are kept, and at what runs without
#   being asked, security does. The settings of agents are never changed by an agent.
# scope: package
package policies.files

import data.lib.address
import data.lib.classified
import data.lib.credentials
import data.lib.flow as session
import data.lib.history
import data.lib.path
import data.lib.several

looks := {
	"directory_tree", "exists", "find", "get_file_info", "glob", "hash", "list", "list_allowed_directories",
	"list_directory", "ls", "search_files", "stat", "tree",
}

reads := {
	"cat", "get", "grep", "head", "open", "read", "read_file", "read_media_file", "read_multiple_files",
	"read_text_file", "search", "tail", "view",
}

writes := {
	"append", "apply_patch", "copy", "copy_file", "create", "create_directory", "create_file", "edit", "edit_file",
	"insert", "mkdir", "move", "move_file", "multi_edit", "patch", "rename", "replace", "save", "str_replace", "touch",
	"update", "write", "write_file",
}

removals := {
	"delete", "delete_directory", "delete_file", "remove", "remove_directory", "rm", "rmdir", "rmtree", "trash", "unlink",
}

permissions := {"chgrp", "chmod", "chown", "link", "mount", "set_permissions", "symlink"}

departures := {"create_share_link", "export", "publish", "send", "share", "sync", "upload"}

# The last part of the action's name: files.workspace.read reads.
verb := parts[count(parts) - 1] if parts := split(input.action.name, ".")

# METADATA
# title: Looking
# description: Names and sizes of what is in the workspace, or installed.
allow contains {"rule": "files-look", "reason": "looks at names only"} if {
	verb in looks
	readable
}

# METADATA
# title: Reading
# description: What is in the workspace is there to be worked with.
allow contains {"rule": "files-read", "reason": "reads what is in the workspace or installed"} if {
	verb in reads
	readable
}

# METADATA
# title: Writing
# description: What is in the workspace is there to be worked with, and is under version control.
allow contains {"rule": "files-write", "reason": "writes in the workspace"} if {
	verb in writes
	within
}

# METADATA
# title: Deleting a file
# description: One file of the workspace comes back from version control.
allow contains {"rule": "files-delete", "reason": "deletes single files in the workspace"} if {
	verb in removals
	within
	not wholesale
}

# METADATA
# title: Sharing with colleagues
# description: It stays inside the company.
allow contains {"rule": "files-share", "reason": "shares with colleagues only"} if {
	verb in departures
	with_colleagues
}

# METADATA
# title: Outside the workspace
# description: >-
#   What else is on the machine belongs to somebody else. A path that programs read in different ways may be anywhere.
require_approval contains {
	"rule": "outside-workspace",
	"reason": $"{input.action.name} on {shown}, which is not plainly in the workspace",
	"risk": outside_risk,
	"seats": [{"group": "ops", "count": 1}],
} if {
	away
}

# METADATA
# title: Secrets
# description: A key or a password that was read once is in the session for good.
require_approval contains {
	"rule": "secret-file",
	"reason": $"{input.action.name} on {shown}, where secrets are kept",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	verb in (known - looks)
	some file in files
	path.secret(file)
}

# METADATA
# title: What runs without being asked
# description: Pipelines, hooks and start-up files run with more rights than the agent has, and nobody looks when they do.
require_approval contains {
	"rule": "automation-file",
	"reason": $"changes what runs without being asked: {shown}",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	changes
	some file in files
	path.automation(file)
}

# METADATA
# title: Settings of agents
# description: An agent that changes what it is asked about is not asked any more.
deny contains {"rule": "agent-settings", "reason": $"changes the settings of agents: {shown}"} if {
	changes
	some file in files
	path.agent_settings(file)
}

# METADATA
# title: Deleting wholesale
# description: A folder may hold work of hours that is nowhere else yet.
require_approval contains {
	"rule": "wholesale-delete",
	"reason": $"deletes {shown} and all that is in it",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in removals
	wholesale
}

# METADATA
# title: Many deletions
# description: A folder that is deleted file by file is deleted.
require_approval contains {
	"rule": "many-deletions",
	"reason": $"deletes {shown} after {done} deletions within an hour",
	"risk": "medium",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in removals
	done := history.spent("file_deletions", "1h")
	done + count(files) > 50
}

# METADATA
# title: Permissions
# description: Who may read, write or run a file, or that another name leads to it, is seen by nobody afterwards.
require_approval contains {
	"rule": "file-permissions",
	"reason": $"{input.action.name} on {shown}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	verb in permissions
}

# METADATA
# title: A file leaves
# description: What has left cannot be called back.
require_approval contains {
	"rule": "file-leaves",
	"reason": $"{input.action.name} of {shown}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	leaves
}

# METADATA
# title: Data in the session
# description: Sensitive files do not leave unseen, nor are folders deleted because a page said so.
require_approval contains rule if some rule in session.rules(flow, "ops")

counts contains {"counter": "file_deletions", "amount": count(files)} if verb in removals

flow contains "sensitive_read" if {
	verb in ((reads | departures) | writes)
	some file in files
	path.secret(file)
}

flow contains "sensitive_read" if {
	verb in (reads | departures)
	classified.sensitive
}

flow contains "sensitive_read" if {
	leaves
	credentials.within(input.action.properties)
}

flow contains "way_out" if leaves

flow contains "irreversible" if {
	verb in removals
	wholesale
}

flow contains "irreversible" if {
	verb in removals
	away
}

known := ((looks | reads) | (writes | removals)) | (permissions | departures)

changes if verb in ((writes | removals) | permissions)

leaves if {
	verb in departures
	not with_colleagues
}

with_colleagues if {
	count(address.recipients) > 0
	count(address.outsiders) == 0
	not input.action.properties.public
	readable
}

default within := false

within if {
	count(unread) == 0
	every file in files {
		path.inside(file)
	}
}

default readable := false

readable if {
	count(unread) == 0
	every file in files {
		is_readable(file)
	}
}

is_readable(file) if path.inside(file)

is_readable(file) if path.installed(file)

away if {
	verb in ((looks | reads) | departures)
	readable == false
}

away if {
	changes
	within == false
}

# Everything that goes at once: folders, and the workspace itself.
wholesale if verb in {"delete_directory", "remove_directory", "rmtree"}

wholesale if {
	some flag in {"force", "recurse", "recursive"}
	given := input.action.properties[flag]
	given != false
}

wholesale if input.resource.type in {"directory", "folder", "workspace"}

wholesale if {
	some file in files
	endswith(file.text, "/")
}

wholesale if {
	some file in files
	count(file.parts) == 0
}

wholesale if {
	some file in files
	file.text in data.company.workspaces
}

# Every path among the arguments, where the action works included. Without any, the resource is the path.
sources := {
	"cwd", "dir", "directories", "directory", "file", "file_name", "file_path", "filename", "filepath", "files", "from",
	"notebook_path", "old_path", "path", "paths", "root", "source", "src", "working_directory",
}

# Where something goes. For what leaves, that is no path.
targets := {"dest", "destination", "dst", "new_path", "target", "target_path", "to_path"}

fields := sources if verb in departures

fields := sources | targets if verb in (known - departures)

named contains one if {
	some field in fields
	some value in several.of(input.action.properties[field])
	one := object.get(value, "path", value)
}

named contains value if {
	some field in fields
	some value in several.of(input.action.properties[field])
	not is_object(value)
}

named contains input.resource.id if input.resource.type in {"directory", "file", "folder", "notebook", "path"}

named contains input.resource.id if {
	every field in fields {
		not input.action.properties[field]
	}
	count(patches) == 0
}

# The files that a patch says it changes. A patch that names none may change any.
named contains trim_prefix(trim_prefix(one, "a/"), "b/") if {
	some patch in patches
	count(patch) <= 50000
	some line in split(patch, "\n")
	some heading in headings
	startswith(line, heading)
	one := trim_space(trim_prefix(line, heading))
	one != "/dev/null"
}

named contains null if {
	some patch in patches
	not names_files(patch)
}

names_files(patch) if {
	count(patch) <= 50000
	some heading in headings
	indexof(patch, heading) >= 0
}

headings := {"*** Add File: ", "*** Delete File: ", "*** Move to: ", "*** Update File: ", "+++ ", "--- ", "rename to "}

patches contains input.action.properties[name] if some name in {"diff", "patch"}

files contains path.read(one) if some one in named

unread contains one if {
	some one in named
	not path.read(one)
}

default outside_risk := "high"

outside_risk := "medium" if verb in (looks | reads)

shown := concat(", ", array.slice(sort([substring(one, 0, 120) | some one in named]), 0, 3))
