# METADATA
# title: Paths
# description: >-
#   What a file is, by its path alone: within a workspace, a secret, something that runs without being asked, or the
#   settings of an agent. Nothing here knows where a symbolic link leads. Capital letters are no difference, as they are
#   none on many disks.
# scope: package
package lib.path

usual := `^[-A-Za-z0-9._~/@+=,: ()#&!%^]*$`

# A path as everything below takes it: text, parts in lower case without empty ones and dots, name, ending. Undefined for what
# shells and programs would read differently: patterns, variables, backslashes, and letters that only look like others.
read(text) := {"text": text, "parts": parts, "name": name, "ending": ending(name)} if {
	count(text) > 0
	count(text) <= 500
	regex.match(usual, text)
	parts := [part | some part in split(lower(text), "/"); not part in {"", "."}]
	name := last(parts)
}

default last(_) := ""

last(parts) := parts[count(parts) - 1]

default ending(_) := ""

ending(name) := pieces[count(pieces) - 1] if {
	pieces := split(name, ".")
	count(pieces) > 1
}

# Under a workspace, and never up from it: where `..` leads behind a link is anybody's guess.
inside(file) if {
	not ".." in file.parts
	not startswith(file.text, "/")
	not startswith(file.text, "~")
	not contains(file.text, ":")
}

inside(file) if {
	not ".." in file.parts
	some workspace in data.company.workspaces
	startswith($"{file.text}/", $"{workspace}/")
}

# Installed software, which everybody may read.
installed(file) if {
	startswith(file.text, "/")
	not ".." in file.parts
	file.parts[0] in {"lib", "opt", "usr"}
}

secret_folders := {
	".aws", ".azure", ".docker", ".gcloud", ".gnupg", ".kube", ".password-store", ".secrets", ".ssh", ".vault", "gcloud",
	"keychains", "private", "secrets",
}

secret_names := {
	".bash_history", ".dockercfg", ".env", ".envrc", ".git-credentials", ".htpasswd", ".my.cnf", ".netrc", ".npmrc",
	".pgpass", ".pypirc", ".vault-token", ".zsh_history", "_netrc", "authorized_keys", "cookies", "credentials",
	"credentials.json", "environ", "gshadow", "id_dsa", "id_ecdsa", "id_ed25519", "id_rsa", "kubeconfig", "login data",
	"master.key", "secrets.json", "secrets.toml", "secrets.yaml", "secrets.yml", "service-account.json", "shadow",
	"sudoers", "token", "wallet.dat",
}

secret_endings := {
	"asc", "gpg", "jks", "kdbx", "key", "keystore", "ovpn", "p12", "pem", "pfx", "ppk", "tfstate", "tfvars",
}

# .env.production is a secret, .env.example is there to be read.
examples := {"dist", "example", "sample", "template"}

secret(file) if {
	some part in file.parts
	part in secret_folders
}

secret(file) if file.name in secret_names

secret(file) if file.ending in secret_endings

secret(file) if {
	startswith(file.name, ".env.")
	not file.ending in examples
}

# What a machine runs when nobody looks: pipelines, hooks, start-up files, tasks of an editor.
automation_folders := {
	".buildkite", ".circleci", ".devcontainer", ".git", ".github", ".gitlab", ".husky", ".vscode", "cron.d", "hooks",
	"init.d", "launchagents", "launchdaemons", "systemd",
}

automation_names := {
	".bash_profile", ".bashrc", ".drone.yml", ".envrc", ".gitconfig", ".gitlab-ci.yml", ".gitmodules", ".npmrc",
	".pre-commit-config.yaml", ".profile", ".travis.yml", ".woodpecker.yml", ".yarnrc.yml", ".zprofile", ".zshenv",
	".zshrc", "azure-pipelines.yml", "bitbucket-pipelines.yml", "codeowners", "crontab", "jenkinsfile", "sitecustomize.py",
}

automation(file) if {
	some part in file.parts
	part in automation_folders
}

automation(file) if file.name in automation_names

# What an agent is asked about, and which tools it has.
agent_folders := {".claude", ".codex", ".countersign", ".cursor", ".gemini"}

agent_names := {".claude.json", ".mcp.json", "claude_desktop_config.json", "copilot-hooks.json", "mcp.json", "mcp_settings.json"}

agent_settings(file) if {
	some part in file.parts
	part in agent_folders
}

agent_settings(file) if file.name in agent_names

# .github/hooks holds what is asked before an agent acts.
agent_settings(file) if {
	some i
	file.parts[i] == ".github"
	file.parts[i + 1] == "hooks"
}
