package lib.path_test

import data.lib.path

inside(text) if path.inside(path.read(text)) with data.company as {"workspaces": ["/workspace", "/home/bot/work"]}

secret(text) if path.secret(path.read(text))

automation(text) if path.automation(path.read(text))

agent_settings(text) if path.agent_settings(path.read(text))

test_a_path_is_read_once_for_everything if {
	path.read("./src//Main.TS") == {"text": "./src//Main.TS", "parts": ["src", "main.ts"], "name": "main.ts", "ending": "ts"}
	path.read("README") == {"text": "README", "parts": ["readme"], "name": "readme", "ending": ""}
	path.read("/") == {"text": "/", "parts": [], "name": "", "ending": ""}
}

test_what_programs_read_differently_is_not_read if {
	every text in ["", "src/*.ts", "a?b", "$HOME/x", "src\\main", "`x`", "a\nb", "\u0430.txt", "a;b", "a|b", "'a'", "\"a\"", "{a,b}", "[ab]", "a>b", "a\u0000b", 5, null, ["a"]] {
		not path.read(text)
	}
	not path.read(concat("", [c | some _ in numbers.range(1, 501); c := "a"]))
	path.read(concat("", [c | some _ in numbers.range(1, 500); c := "a"]))
}

test_a_workspace_holds_what_is_under_it if {
	every text in ["src/main.ts", "./a", ".", "a b/c", "/workspace", "/workspace/a", "/home/bot/work/x/y", "a..b/c", "...", "a~"] {
		inside(text)
	}
	every text in ["/", "/etc/hosts", "/workspaces/a", "/workspace/../etc/passwd", "../a", "a/../../b", "a/..", "~", "~/a", "~kim/a", "C:/Windows", "/home/bot", "/WORKSPACE/a"] {
		not inside(text)
	}
}

test_without_a_company_only_relative_paths_are_inside if {
	path.inside(path.read("a")) with data.company as {}
	not path.inside(path.read("/workspace/a")) with data.company as {}
}

test_installed_software_may_be_read if {
	every text in ["/usr/lib/node/x.js", "/opt/a", "/lib/x"] {
		path.installed(path.read(text))
	}
	every text in ["/etc/hosts", "usr/lib", "/usr/../etc/shadow", "/home/usr", "/"] {
		not path.installed(path.read(text))
	}
}

test_secrets_are_known_by_folder_name_and_ending if {
	every text in [
		"~/.ssh/config", "/root/.AWS/config", "x/secrets/db", "private/a", ".kube/config", ".docker/config.json", ".azure/x", ".gnupg/x", ".gcloud/x", ".config/gcloud/x",
		".password-store/a", ".secrets/a", ".vault/a", "Library/Keychains/a",
	] {
		secret(text)
	}
	every text in [
		".env", "app/.ENV", ".env.production", ".env.local", "id_rsa", "/etc/shadow", "/etc/sudoers", "/etc/gshadow", "config/master.key", ".npmrc", ".netrc", "_netrc", ".pgpass",
		"/proc/1/environ", "credentials", "credentials.json", "terraform.tfstate", "prod.tfvars", "server.pem", "a.key", "a.p12", "a.pfx", "a.jks", "a.kdbx", "a.gpg", "a.asc", "a.ppk", "a.ovpn",
	] {
		secret(text)
	}
	every text in [
		".bash_history", ".dockercfg", ".envrc", ".git-credentials", ".htpasswd", ".my.cnf", ".pypirc", ".vault-token", ".zsh_history", "authorized_keys", "cookies", "id_dsa", "id_ecdsa",
		"id_ed25519", "kubeconfig", "login data", "secrets.json", "secrets.toml", "secrets.yaml", "secrets.yml", "service-account.json", "token", "wallet.dat", "a.keystore",
	] {
		secret(text)
	}
}

test_what_is_there_to_be_read_is_no_secret if {
	every text in [".env.example", ".env.sample", ".env.template", ".env.dist", "src/env.ts", "docs/keys.md", "key", "pem", "environment", "src/token.ts", "README", "tests/secretary.md", "my.env"] {
		not secret(text)
	}
}

test_what_runs_without_being_asked_is_known if {
	every text in [
		".github/workflows/ci.yml", ".gitlab/ci/x.yml", ".circleci/config.yml", ".buildkite/x", ".git/hooks/pre-commit", ".git/config", ".husky/pre-push", ".vscode/tasks.json",
		".devcontainer/x", "/etc/cron.d/x", "/etc/systemd/x", "/etc/init.d/x", "hooks/post-merge", "Library/LaunchAgents/a", "Library/LaunchDaemons/a",
	] {
		automation(text)
	}
	every text in [
		"Jenkinsfile", ".gitlab-ci.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", ".drone.yml", ".travis.yml", ".woodpecker.yml", ".pre-commit-config.yaml", ".envrc", "CODEOWNERS",
		"~/.bashrc", ".zshrc", ".profile", ".bash_profile", ".zprofile", ".zshenv", ".gitconfig", ".gitmodules", ".npmrc", ".yarnrc.yml", "crontab", "sitecustomize.py",
	] {
		automation(text)
	}
	every text in ["src/main.ts", "docs/github.md", "git/config", ".gitignore", "package.json", "Makefile"] {
		not automation(text)
	}
}

test_the_settings_of_agents_are_known if {
	every text in [
		".claude/settings.json", "~/.codex/config.toml", ".cursor/hooks.json", ".gemini/settings.json", ".countersign/x", ".mcp.json", "mcp.json", "~/.claude.json",
		"claude_desktop_config.json", "mcp_settings.json", "copilot-hooks.json", ".github/hooks/x.json",
	] {
		agent_settings(text)
	}
	every text in [".github/workflows/ci.yml", "hooks/.github", "src/claude.ts", "CLAUDE.md"] {
		not agent_settings(text)
	}
}
