/** Where secrets lie, by name. What the name itself gives away (`.ssh`, `.netrc`, `*.pem` …) is found without being listed. */

/** Beneath a user's home. */
export const HOME_SECRETS = [
  // keys, tokens and logins of programs
  '.ssh', '.gnupg', '.aws', '.azure', '.kube', '.docker', '.password-store', '.pki', '.oci', '.minikube', '.terraform.d',
  '.boto', '.s3cfg', '.my.cnf', '.fly', '.vercel', '.netlify', '.wrangler', '.snowflake', '.databrickscfg', '.ngrok2',
  '.cargo/credentials', '.cargo/credentials.toml', '.gem/credentials', '.m2/settings.xml', '.m2/settings-security.xml',
  '.gradle/gradle.properties', '.config/gcloud', '.config/gh', '.config/hub', '.config/glab-cli', '.config/op',
  '.config/rclone', '.config/containers', '.config/git/credentials', '.config/doctl', '.config/heroku', '.config/ngrok',
  '.config/pypoetry/auth.toml', '.config/composer/auth.json', '.composer/auth.json', '.config/configstore',
  '.config/stripe', '.config/fly', '.config/netlify', '.config/sops', '.config/age', '.age',
  '.Xauthority', '.ICEauthority', '.dbus', '.local/share/keyrings', '.local/share/kwalletd', '.local/share/pass',
  // other agents
  '.codex', '.claude', '.claude.json', '.gemini', '.openclaw', '.opencode', '.local/share/opencode', '.config/opencode',
  '.cursor', '.aider.conf.yml', '.config/github-copilot', '.continue',
  // browsers, mail and messages
  '.mozilla', '.thunderbird', '.config/google-chrome', '.config/chromium', '.config/BraveSoftware',
  '.config/microsoft-edge', '.config/vivaldi', '.config/opera', '.config/Slack', '.config/discord', '.config/Signal',
  '.config/Element', '.config/evolution', '.local/share/TelegramDesktop', '.local/share/evolution', 'Mail', 'Maildir',
  '.mail', '.maildir', '.mutt', '.muttrc', '.msmtprc', '.mbsyncrc', '.offlineimaprc', 'snap/firefox', 'snap/chromium',
  '.var/app',
  // money
  '.bitcoin', '.ethereum', '.electrum', '.monero', '.config/solana', '.config/Exodus', '.gnucash',
  // what was typed
  '.bash_history', '.zsh_history', '.histfile', '.history', '.sh_history', '.python_history', '.node_repl_history',
  '.psql_history', '.mysql_history', '.sqlite_history', '.rediscli_history', '.lesshst', '.viminfo', '.wget-hsts',
  '.local/share/fish', '.local/state/bash', '.local/state/zsh',
  // macOS
  'Library/Keychains', 'Library/Mail', 'Library/Messages', 'Library/Cookies', 'Library/Safari',
  'Library/Application Support/Google', 'Library/Application Support/Firefox',
  'Library/Application Support/com.apple.TCC', 'Library/Application Support/Slack',
]; // prettier-ignore

/**
 * Of the machine: homes of others, what only the system's programs need, sockets of services that would act for whoever
 * connects.
 */
export const SYSTEM_SECRETS = [
  '/run', '/var/run', '/home', '/root', '/Users', '/lost+found', '/etc/shadow', '/etc/shadow-', '/etc/gshadow',
  '/etc/gshadow-', '/etc/sudoers', '/etc/sudoers.d', '/etc/ssl/private', '/etc/ssh', '/etc/krb5.keytab',
  '/etc/NetworkManager', '/etc/wireguard', '/etc/openvpn', '/etc/docker', '/etc/kubernetes', '/etc/letsencrypt',
  '/var/spool', '/var/mail', '/var/lib/docker', '/var/lib/containerd', '/var/lib/kubelet', '/var/backups',
  '/sys/kernel/debug', '/sys/kernel/tracing',
  // macOS
  '/Library/Keychains', '/private/etc/master.passwd', '/private/var/root', '/private/var/db/dslocal',
]; // prettier-ignore

/** Of `/run` only what programs themselves lie in (NixOS). */
export const OWN_FOLDERS_IN_RUN = ['/run/current-system', '/run/booted-system', '/run/opengl-driver'];
