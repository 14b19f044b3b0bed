import { expect, test } from 'vitest';
import { isSecretShaped } from './secret-shaped.ts';

test.each([
  '.env', 'a/.env.production', '.ENV', 'id_rsa', '/root/.ssh/config', '.aws/credentials', 'server.pem', 'tls/server.key',
  '.npmrc', 'daemon.token', 'access_token', 'secrets.yaml', 'credentials', '/proc/self/environ', '.docker/config.json',
  '/etc/shadow', '.git-credentials', 'api-tokens.json', '.netrc~', '.npmrc.bak', 'id_rsa.old', 'server.key.orig', '.env~',
])('%s is shaped like a secret', (path) => expect(isSecretShaped(path)).toBe(true)); // prettier-ignore

test.each([
  'src/tokenizer.ts', 'tokens.css', 'environment.ts', 'keyboard.ts', 'id_rsa.pub', 'docs/secrets.md', 'key', 'monkey.ts', 'notes.bak', 'key.bak',
])('%s is not', (path) => expect(isSecretShaped(path)).toBe(false)); // prettier-ignore
