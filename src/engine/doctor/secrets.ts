import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { daemonTokenPath } from '../../store/daemon-token.ts';
import { tokensPath } from '../../store/tokens.ts';
import { vaultPath } from '../../store/vault/vault-path.ts';
import { webhookSecretPath } from '../../store/webhook-secret.ts';
import type { Finding } from './finding.ts';

const OF_OTHERS = 0o077;

/** The files that let do something to whoever has read them: they are for the home's owner alone, in a closed home, too. */
export function examineSecrets(home: string): Finding[] {
  const paths = [
    daemonTokenPath(home),
    ...authFiles(home),
    webhookSecretPath(home),
    join(home, 'daemon.env'),
    vaultPath(home),
  ];
  return paths.filter(isOpen).map((path) => ({
    check: 'secrets',
    status: 'problem',
    message: `others may read or change ${path}`,
    next: `chmod 600 ${path}`,
  }));
}

/** Tokens and logins. */
function authFiles(home: string): string[] {
  const folder = dirname(tokensPath(home));
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => join(folder, name)); // prettier-ignore
  } catch {
    return [];
  }
}

/** One that isn't there, or can't be looked at, is told of by whoever needs it. */
function isOpen(path: string): boolean {
  try {
    return (statSync(path).mode & OF_OTHERS) !== 0;
  } catch {
    return false;
  }
}
