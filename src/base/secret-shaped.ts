/** Folders whose contents are secrets, and files that are, by their names alone. */
const FOLDERS = new Set(['.ssh', '.aws', '.gnupg', '.kube', '.azure', '.gcloud', '.password-store']);

const FILES = new Set([
  '.netrc', '_netrc', '.npmrc', '.pypirc', '.pgpass', '.htpasswd', '.git-credentials', '.dockercfg', '.vault-token',
  '.my.cnf', '.mylogin.cnf', '.vault_pass', '.vault-pass', '.vault_pass.txt', '.vault-pass.txt', 'shadow', 'gshadow',
]); // prettier-ignore

/** Files that are by the folder they lie in, too. */
const PLACED = new Set(['.docker/config.json']);

/** What a patch is about to put in the place of another file, whatever that is; it may be left when the program is killed. */
export const STAGED_FILE = /^\.runtime-patch-[0-9a-f]{16}\.tmp$/;

/** Nothing but a secret has such a name. */
const PLAIN = [
  STAGED_FILE,
  /^\.env(?:[.\-_].*)?$/,
  /^\.dev\.vars(?:\..*)?$/,
  /^\.envrc$/,
  /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/,
];

/** Settings and states of programs, with what these log in by. Folders may be called so, and tests have such of their own. */
const SETTINGS = [/.\.env$/, /\.tfvars(?:\.json)?$/, /\.tfstate(?:\.\d+)?$/, /^(?:.*[._-])?kubeconfig(?:\.ya?ml)?$/];

const EXAMPLE = /(?:^|[._-])(?:example|sample|template)(?:\.env|\.tfvars(?:\.json)?)?$/;

const KEYS = /\.(?:pem|key|p12|pfx|jks|keystore|ppk|kdbx)$/;

/** Keys by names that others have as well. */
const ACCOUNTS = [/^(?:.*[._-])?service[_-]?account.*\.json$/, /(?<!public)[_-]key\.json$/];
const NAMED_KEY = /^id_(?:rsa|dsa|ecdsa|ed25519)[_-][^.]+$/;

const PATTERNS = [
  KEYS,
  ...ACCOUNTS,
  NAMED_KEY,
  /^(?:.*[._-])?(?:my|ssh|deploy|private|rsa|dsa|ecdsa|ed25519)[_-]?key$/,
  /^(?:.*[._-])?(?:tokens?|secrets?|credentials?|passwords?)(?:\.(?:json|ya?ml|toml|ini|txt))?$/,
];

/** Of these only the content tells whether it is a private key, or holds one: `deploy_key`, `hotkey`, `public.pem`. */
const UNSURE = [...ACCOUNTS, NAMED_KEY, /(?:^|[^.])key$/, /^(?:.*[._-])?public(?:[._-].*)?\.(?:pem|key)$/];

/** What editors and people add to the name of a file of which they keep another. */
const COPY = /(?:~|\.(?:bak|backup|old|orig|save))$/;

/** What chezmoi puts before the names of what it keeps for a home; code may begin so, too: `dot_env.py`. */
const CHEZMOI = /^(?:(?:encrypted|private|readonly|exact|executable|empty)_)*(?:dot_)?/;
const CODE = /\.(?:[cm]?[jt]sx?|py|rb|go|rs|php|java|kt|swift|dart|lua|exs?|cs|cc?|cpp|h)$/;

/**
 * What a file is by its name: `plain`, hardly ever another's than a secret's; `settings`, with secrets in it but for those of tests;
 * `key`, keys or certificates; `unsure`, a private key if its content is one; or `shaped`, as may well be something else's: `tokens.json`.
 */
export type SecretKind = 'plain' | 'settings' | 'key' | 'unsure' | 'shaped';

export function secretKind(name: string): SecretKind | undefined {
  const names = namesOf(name);
  if (isExample(name)) return undefined;
  if (isPlain(names)) return 'plain';
  if (matches(names, SETTINGS)) return 'settings';
  if (matches(names, UNSURE)) return 'unsure';
  if (matches(names, [KEYS])) return 'key';
  return matches(names, PATTERNS) ? 'shaped' : undefined;
}

/** Whether by its name a file is what others fill in: `.env.example`. */
export function isExample(name: string): boolean {
  return EXAMPLE.test(withoutCopy(name));
}

/** Whether a path's name says that it holds a secret. Asked of the path as given and of the real one. */
export function isSecretShaped(path: string): boolean {
  const names = path.split('/');
  const file = names.at(-1)!;
  const kind = secretKind(file);
  return (
    names.some(isSecretFolder) ||
    (kind === 'unsure' ? matches(namesOf(file), PATTERNS) : kind !== undefined) ||
    isSecretByPlace(path) ||
    /^\/proc\/(?:.*\/)?(?:environ|mem|kcore)$/.test(path)
  );
}

/** Whether a name, that of a file or folder, is hardly ever another's than a secret's: no `.pem`, no `tokens.json`. */
export function isPlainlySecret(name: string): boolean {
  return isSecretFolder(name) || secretKind(name) === 'plain';
}

export function isSecretFolder(name: string): boolean {
  return namesOf(name).some((one) => FOLDERS.has(one));
}

/** Whether the name of a folder says so: of `design-tokens`, a package, it doesn't. */
export function isSecretShapedFolder(name: string): boolean {
  const own = withoutCopy(name);
  return isSecretFolder(name) || isPlain([own]) || /^\.?(?:secrets?|credentials?|passwords?)$/.test(folded(name));
}

/** Whether a file is one by its name and that of its folder. */
export function isSecretByPlace(path: string): boolean {
  const [folder = [], file = []] = path.split('/').slice(-2).map(namesOf);
  return folder.some((one) => file.some((other) => PLACED.has(`${one}/${other}`)));
}

/** A name, folded, without what says that this is a copy. */
export function withoutCopy(name: string): string {
  return folded(name).replace(COPY, '');
}

/** Printable, and no capital: most names. */
const IS_FOLDED = /^[ -@[-~]*$/;

/** Some disks take names for the same that differ by case, or by characters that nobody sees: `.ſsh` is `.ssh` there. */
export function folded(name: string): string {
  if (IS_FOLDED.test(name)) return name;
  return name
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '')
    .toUpperCase()
    .toLowerCase();
}

/** Of what a name is one, or a copy: by itself, and by what chezmoi makes of it. */
function namesOf(name: string): string[] {
  const own = withoutCopy(name);
  if (!own.includes('_') || CODE.test(own)) return [own];
  return [own, own.replace(CHEZMOI, (before) => (before.endsWith('dot_') ? '.' : ''))];
}

function isPlain(names: readonly string[]): boolean {
  return names.some((name) => FILES.has(name)) || matches(names, PLAIN);
}

function matches(names: readonly string[], patterns: readonly RegExp[]): boolean {
  return patterns.some((pattern) => names.some((name) => pattern.test(name)));
}
