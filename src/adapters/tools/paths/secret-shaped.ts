/** Folders whose contents are secrets, and files that are, by their names alone. */
const FOLDERS = new Set(['.ssh', '.aws', '.gnupg', '.kube', '.azure', '.gcloud', '.password-store']);

const FILES = new Set([
  '.netrc', '_netrc', '.npmrc', '.pypirc', '.pgpass', '.htpasswd', '.git-credentials', '.dockercfg', '.vault-token',
  'shadow', 'gshadow',
]); // prettier-ignore

const PATTERNS = [
  /^\.env(?:[.\-_].*)?$/,
  /^\.envrc$/,
  /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/,
  /\.(?:pem|key|p12|pfx|jks|keystore|ppk|kdbx)$/,
  /^(?:.*[._-])?(?:tokens?|secrets?|credentials?|passwords?)(?:\.(?:json|ya?ml|toml|ini|txt))?$/,
];

/** Whether a path's name says that it holds a secret. Asked of the path as given and of the real one. */
export function isSecretShaped(path: string): boolean {
  const names = path.toLowerCase().split('/');
  const file = names.at(-1)!;
  return (
    names.some((name) => FOLDERS.has(name)) ||
    FILES.has(file) ||
    PATTERNS.some((pattern) => pattern.test(file)) ||
    path.endsWith('.docker/config.json') ||
    /^\/proc\/.*\/environ$/.test(path)
  );
}
