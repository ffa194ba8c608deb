# METADATA
# title: MCP tools
# description: >-
#   Tools of servers that somebody here has looked at, and put into data.json, do what it says there. Whatever else is
#   offered is asked about. What a tool says of itself - its annotations, its description - comes from whoever runs the
#   server: it is believed when it makes the tool look worse, never when it makes it look better.
# scope: package
package policies.mcp

import data.lib.credentials
import data.lib.flow as session
import data.lib.names
import data.lib.path
import data.lib.several

known := data.mcp.servers

segments := split(input.action.name, ".")

carriers := {"call", "call_tool", "tools_call", "invoke"}

# mcp.call names server and tool in its arguments. mcp.<server>.<tool> is the other way to write it.
carried if {
	count(segments) == 2
	segments[1] in carriers
}

server := input.action.properties.server if carried

server := segments[1] if {
	not carried
	count(segments) >= 3
}

tool := input.action.properties.tool if carried

tool := concat(".", array.slice(segments, 2, count(segments))) if {
	not carried
	count(segments) >= 3
}

named if {
	is_string(server)
	is_string(tool)
	server != ""
	tool != ""
}

# Equal to the letter: "Docs", "docs " and a look-alike are other servers.
entry := known[server] if named

reads if tool in entry.reads

changes if tool in entry.changes

listed if reads

listed if changes

# Annotations as in the protocol, wherever the caller has put them.
annotations contains input.resource.properties.annotations

annotations contains input.resource.properties

annotations contains input.context.annotations

annotations contains input.context.tool.annotations

# A hint that is no plain yes or no is the worse one.
says_destructive if {
	some one in annotations
	one.destructiveHint != false
}

says_writing if {
	some one in annotations
	one.readOnlyHint != true
}

says_open_world if {
	some one in annotations
	one.openWorldHint != false
}

# A tool whose description was other when somebody looked at it may be another tool. The digest is made by whoever calls.
changed if {
	expected := data.mcp.digests[server][tool]
	not current == expected
}

current := digest if {
	digest := input.resource.properties.tool_digest
} else := digest if {
	digest := input.context.tool_digest
}

shown := $"{substring(server, 0, 80)}/{substring(tool, 0, 80)}" if named

else := "a tool that is not named"

# METADATA
# title: Known reading tool
# description: Somebody here has looked at it, and it changes nothing.
allow contains {"rule": "mcp-read", "reason": $"{shown} is known to change nothing"} if reads

# METADATA
# title: No tool named
# description: What is not named cannot be looked up.
deny contains {"rule": "mcp-unnamed", "reason": "names no server and tool: give \"server\" and \"tool\", or call it mcp.<server>.<tool>"} if not named

# METADATA
# title: Forbidden server
# description: Somebody here has looked at it and wants none of it.
deny contains {"rule": "mcp-forbidden", "reason": $"the server {server} is not used here"} if {
	some forbidden in data.mcp.forbidden
	names.plain(server) == forbidden
}

# METADATA
# title: Credentials stay inside
# description: A key among the arguments is known to whoever runs the server.
deny contains {"rule": "credential-leaves", "reason": "the arguments hold what looks like a key or a token"} if {
	outside
	credentials.within(input.action.properties)
}

# METADATA
# title: Changing tool
# description: It is known to change something, which somebody looks at first.
require_approval contains {
	"rule": "mcp-change",
	"reason": $"{shown} changes something",
	"risk": risk,
	"seats": [{"group": "ops", "count": 1}],
} if {
	changes
}

# METADATA
# title: Unknown tool
# description: Nobody has looked at it. Servers add tools without being asked.
require_approval contains {
	"rule": "mcp-unknown-tool",
	"reason": $"{shown} is a tool that nobody here has looked at",
	"risk": risk,
	"seats": [{"group": "ops", "count": 1}],
} if {
	entry
	not listed
}

# METADATA
# title: Unknown server
# description: Whoever runs it reads what is sent to it and writes what the agent reads next.
require_approval contains {
	"rule": "mcp-unknown-server",
	"reason": $"{shown} is on a server that nobody here has looked at",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
	"reason_required": true,
} if {
	named
	not entry
}

# METADATA
# title: Name that deceives
# description: A server or tool that looks like a known one, and is another, is there to be taken for it.
require_approval contains {
	"rule": "mcp-deceptive-name",
	"reason": "the name of the server or tool holds characters that people do not see or take for others",
	"risk": "critical",
	"seats": [{"group": "security", "count": 1}],
} if {
	some name in [server, tool]
	names.suspicious(name)
}

# METADATA
# title: Hint against the list
# description: The server says that a tool writes or destroys which is listed as reading. One of the two is out of date.
require_approval contains {
	"rule": "mcp-hint",
	"reason": $"{shown} is listed as reading and says of itself that it {hinted}",
	"risk": "high",
	"seats": [{"group": "ops", "count": 1}],
} if {
	reads
	hinted
}

# METADATA
# title: Tool has changed
# description: Its description is not the one that was looked at, so what the agent was told about it is not either.
require_approval contains {
	"rule": "mcp-tool-changed",
	"reason": $"{shown} is not described as it was when somebody looked at it",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	changed
}

# METADATA
# title: Secrets
# description: A file that keeps secrets keeps them whichever tool opens it.
require_approval contains {
	"rule": "secret-file",
	"reason": $"{shown} on a file where secrets are kept",
	"risk": "high",
	"seats": [{"group": "security", "count": 1}],
} if {
	opens_secret
}

# METADATA
# title: Data in the session
# description: A tool is a way out like any other.
require_approval contains rule if some rule in session.rules(flow, "ops")

opens_secret if {
	some given in [input.action.properties, object.get(input.action.properties, "arguments", {})]
	some name in {"file", "file_path", "filename", "filepath", "files", "path", "paths", "source", "uri"}
	some one in several.of(given[name])
	path.secret(path.read(trim_prefix(one, "file://")))
}

hinted := "destroys" if says_destructive

else := "writes" if says_writing

default risk := "medium"

risk := "high" if says_destructive

outside if entry.outside

outside if {
	named
	not entry
}

outside if says_open_world

flow contains "untrusted_read" if entry.untrusted

flow contains "untrusted_read" if outside

flow contains "sensitive_read" if entry.sensitive

flow contains "sensitive_read" if opens_secret

flow contains "way_out" if {
	outside
	not reads
}

# What a listed reading tool is sent goes out as well, when the server says that it reaches into the world.
flow contains "way_out" if says_open_world

flow contains "irreversible" if says_destructive
