/** Folders whose contents are secrets, and files that are, by their names alone. */
const FOLDERS = new Set(['.ssh', '.aws', '.gnupg', '.kube', '.azure', '.gcloud', '.password-store']);

const FILES = new Set([
  '.netrc', '_netrc', '.npmrc', '.pypirc', '.pgpass', '.htpasswd', '.git-credentials', '.dockercfg', '.vault-token',
  'shadow', 'gshadow',
]); // prettier-ignore

/** What a patch is about to put in the place of another file, whatever that is; it may be left when the program is killed. */
export const STAGED_FILE = /^\.runtime-patch-[0-9a-f]{16}\.tmp$/;

/** Nothing but a secret has such a name. */
const PLAIN = [STAGED_FILE, /^\.env(?:[.\-_].*)?$/, /^\.envrc$/, /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/];

const KEYS = /\.(?:pem|key|p12|pfx|jks|keystore|ppk|kdbx)$/;

const PATTERNS = [
  ...PLAIN,
  KEYS,
  /^(?:.*[._-])?(?:tokens?|secrets?|credentials?|passwords?)(?:\.(?:json|ya?ml|toml|ini|txt))?$/,
];

/** What editors and people add to the name of a file of which they keep another. */
const COPY = /(?:~|\.(?:bak|backup|old|orig|save))$/;

/** Whether a path's name says that it holds a secret. Asked of the path as given and of the real one. */
export function isSecretShaped(path: string): boolean {
  const names = path.split('/').map(folded);
  const file = names.at(-1)!.replace(COPY, '');
  return (
    names.some(isSecretFolder) ||
    FILES.has(file) ||
    PATTERNS.some((pattern) => pattern.test(file)) ||
    names.slice(-2).join('/') === '.docker/config.json' ||
    /^\/proc\/(?:.*\/)?(?:environ|mem|kcore)$/.test(path)
  );
}

/** Whether a name, that of a file or folder, is hardly ever another's than a secret's: no `.pem`, no `tokens.json`. */
export function isPlainlySecret(name: string): boolean {
  const file = folded(name).replace(COPY, '');
  return isSecretFolder(name) || FILES.has(file) || PLAIN.some((pattern) => pattern.test(file));
}

/** Whether a file's name is that of keys, or of certificates. */
export function isKeyShaped(name: string): boolean {
  return KEYS.test(folded(name).replace(COPY, ''));
}

export function isSecretFolder(name: string): boolean {
  return FOLDERS.has(folded(name));
}

/** Whether the name of a folder says so: of `design-tokens`, a package, it doesn't. */
export function isSecretShapedFolder(name: string): boolean {
  return isPlainlySecret(name) || /^\.?(?:secrets?|credentials?|passwords?)$/.test(folded(name));
}

/** Some disks take names for the same that differ by case, or by characters that nobody sees: `.ſsh` is `.ssh` there. */
export function folded(name: string): string {
  return name
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '')
    .toUpperCase()
    .toLowerCase();
}
