/** Where secrets lie in a person's home: for what confines commands, and for what judges paths. */
import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { below } from './files/below.ts';
import { folded, isSecretShaped, isSecretShapedFolder, withoutCopy } from './secret-shaped.ts';

/** By name. What the name itself gives away (`.ssh`, `.netrc`, `*.pem` …) is found without being listed. */
const NAMED = [
  // keys, tokens and logins of programs
  '.ssh', '.gnupg', '.aws', '.azure', '.kube', '.docker', '.password-store', '.pki', '.oci', '.minikube', '.terraform.d',
  '.boto', '.s3cfg', '.fly', '.vercel', '.netlify', '.wrangler', '.snowflake', '.snowsql',
  '.databrickscfg', '.dbt', '.ngrok2', '.terraformrc', '.pulumi/credentials.json', '.aliyun', '.bluemix', '.linode-cli',
  '.vultr-cli.yaml', '.circleci', '.travis', '.railway', '.supabase', '.heroku', '.twilio-cli', '.cloudflared', '.argocd',
  '.talos', '.helm', '.step', '.doppler', '.infisical', '.lpass', '.sentryclirc', '.arcrc', '.jira.d', '.cvspass',
  '.cargo/credentials', '.cargo/credentials.toml', '.gem/credentials', '.m2/settings.xml', '.m2/settings-security.xml',
  '.gradle/gradle.properties', '.ivy2/.credentials', '.sbt/credentials', '.sbt/.credentials', '.nuget/NuGet',
  '.yarnrc', '.yarnrc.yml', '.bunfig.toml', '.bundle/config', '.condarc', '.pip/pip.conf', '.composer/auth.json',
  '.subversion/auth', '.smbcredentials', '.okta_aws_login_config', '.saml2aws', '.granted',
  '.rclone.conf', '.wgetrc', '.curlrc', '.authinfo', '.authinfo.gpg', '.vnc', '.putty', '.remmina', '.filezilla',
  '.huggingface', '.cache/huggingface/token', '.cache/huggingface/stored_tokens', '.kaggle', '.config/kaggle',
  '.jupyter', '.local/share/jupyter/runtime', '.config/wandb',
  '.config/gcloud', '.config/gh', '.cache/gh', '.config/hub', '.config/glab-cli', '.config/op', '.config/rclone',
  '.config/containers', '.config/git/credentials', '.config/doctl', '.config/heroku', '.config/ngrok', '.config/hcloud',
  '.config/scw', '.config/linode-cli', '.config/hcp', '.config/argocd', '.config/helm', '.config/.wrangler',
  '.local/share/com.vercel.cli', '.config/pypoetry/auth.toml', '.config/composer/auth.json', '.config/configstore',
  '.config/pip/pip.conf', '.config/pnpm', '.config/hatch', '.config/NuGet', '.local/share/uv/credentials',
  '.config/stripe', '.config/fly', '.config/netlify', '.config/granted', '.config/doppler', '.config/bws',
  '.config/curlrc', '.config/environment.d', '.config/sops', '.config/age', '.age',
  '.config/filezilla', '.config/remmina', '.local/share/remmina', '.config/putty', '.local/share/DBeaverData',
  '.config/Nextcloud', '.config/goa-1.0', '.config/syncthing', '.local/state/syncthing', '.local/share/tailscale',
  '.Xauthority', '.ICEauthority', '.dbus', '.local/share/keyrings', '.local/share/kwalletd', '.local/share/pass',
  '.config/Bitwarden', '.config/Bitwarden CLI', '.config/1Password', '.local/share/rbw', '.cache/rbw', '.config/lpass',
  '.local/share/lpass', '.config/rbw', '.config/bitwarden', '.config/borg', '.config/restic', '.config/uv/credentials',
  '.config/tea', '.config/hut', '.config/gnupg', '.local/share/gnupg', '.local/share/gem/credentials', '.ollama/id_ed25519',
  '.tsh', '.erlang.cookie',
  // other agents, and where editors keep what theirs were given
  '.codex', '.claude', '.claude.json', '.gemini', '.openclaw', '.opencode', '.local/share/opencode', '.config/opencode',
  '.cursor', '.config/Cursor', '.aider.conf.yml', '.config/github-copilot', '.continue', '.config/amp', '.local/share/amp',
  '.factory', '.mcp.json', '.mcp-auth', '.config/mcp', '.config/goose', '.local/share/goose', '.local/state/goose',
  '.config/io.datasette.llm', '.config/crush', '.local/share/crush', '.anthropic', '.config/anthropic', '.openai',
  '.config/openai', '.config/Code/User/globalStorage', '.config/Code/User/History', '.config/VSCodium/User/globalStorage',
  '.config/VSCodium/User/History',
  // browsers, mail and messages
  '.mozilla', '.librewolf', '.zen', '.thunderbird', '.config/google-chrome', '.config/chromium', '.config/BraveSoftware',
  '.config/microsoft-edge', '.config/vivaldi', '.config/opera', '.local/share/qutebrowser', '.config/epiphany',
  '.local/share/epiphany', '.w3m', '.elinks', '.lynx_cookies', '.config/Slack', '.config/discord', '.config/Signal',
  '.config/Element', '.config/evolution', '.local/share/TelegramDesktop', '.local/share/evolution', '.purple', '.irssi',
  '.weechat', '.config/weechat', '.local/share/weechat', '.config/hexchat', 'Mail', 'Maildir', '.mail', '.maildir',
  '.local/share/mail', '.mutt', '.muttrc', '.config/mutt', '.neomuttrc', '.config/neomutt', '.msmtprc', '.config/msmtp',
  '.mbsyncrc', '.fetchmailrc', '.offlineimaprc', 'snap/firefox', 'snap/chromium', '.var/app',
  // money
  '.bitcoin', '.ethereum', '.electrum', '.monero', '.config/solana', '.config/Exodus', '.near-credentials', '.gnucash',
  // what was typed
  '.bash_history', '.zsh_history', '.zhistory', '.ksh_history', '.tcsh_history', '.histfile', '.history', '.sh_history',
  '.python_history', '.ipython', '.irb_history', '.pry_history', '.node_repl_history', '.psql_history', '.mysql_history',
  '.sqlite_history', '.rediscli_history', '.dbshell', '.mongodb', '.lesshst', '.viminfo', '.wget-hsts',
  '.local/share/nvim/shada', '.local/state/nvim', '.local/share/atuin', '.local/share/fish', '.local/state/bash',
  '.local/state/zsh', '.zsh_sessions', '.config/zsh/.zsh_history', '.config/zsh/.zsh_sessions', '.local/state/python', '.local/state/psql',
  '.local/state/node', '.local/state/less', '.config/nushell/history.txt', '.config/nushell/history.sqlite3',
  '.config/nushell/history.sqlite3-wal', '.local/share/powershell/PSReadLine',
  // macOS
  'Library/Keychains', 'Library/Mail', 'Library/Messages', 'Library/Cookies', 'Library/Safari',
  'Library/Application Support/Google', 'Library/Application Support/Firefox',
  'Library/Application Support/com.apple.TCC', 'Library/Application Support/Slack',
]; // prettier-ignore

const KNOWN = new Set(NAMED.map(folded));

/**
 * Paths of what holds secrets in a home: those of known names, there or not, and, directly in it or in `.config`, copies of these and
 * what is named like a secret: of folders only what can hardly be anything else, as `design-tokens` is somebody's project.
 * `locked`: what counts of one of these two that is there but can't be read, as nobody sees what it holds then.
 * @throws what `locked` throws
 */
export function secretsIn(home: string, locked: (folder: string, error: unknown) => string[]): string[] {
  const found = ['', '.config'].flatMap((within) => {
    const folder = join(home, within);
    const counts = (entry: Dirent): boolean => isShaped(entry) || isCopyOfKnown(join(within, entry.name));
    try {
      return existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).filter(counts).map(({ name }) => join(folder, name)) : []; // prettier-ignore
    } catch (error) {
      return locked(folder, error);
    }
  });
  return [...NAMED.map(below(home)), ...found];
}

function isShaped(entry: Dirent): boolean {
  return (entry.isDirectory() ? isSecretShapedFolder : isSecretShaped)(entry.name);
}

function isCopyOfKnown(path: string): boolean {
  const original = withoutCopy(path);
  return original !== folded(path) && KNOWN.has(original);
}
