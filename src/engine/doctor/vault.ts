import { toRuntimeError } from '../../contract/errors.ts';
import type { Config } from '../../contract/config.ts';
import { readVault } from '../../store/vault/vault-file.ts';
import { filedPassphrase } from '../vault/passphrase-file.ts';
import { usedSecrets } from '../vault/used-secrets.ts';
import type { Finding } from './finding.ts';

/** Nothing where there is no vault and nobody needs one. */
export function examineVault(home: string, config: Config): Finding[] {
  const named = usedSecrets(config);
  try {
    const vault = readVault(home);
    if (vault === undefined && named.length === 0) return [];
    const names = new Set(vault?.entries.map(({ name }) => name));
    const missing = named.filter(({ name }) => !names.has(name));
    if (missing.length > 0) {
      return missing.map(({ name, by }) =>
        problem(`${by} needs ${name}, which is not in the vault`, `runtime vault put ${name}`),
      );
    }
    filedPassphrase({ home, config });
    const count = vault!.entries.length;
    return [{ check: 'vault', status: 'ok', message: `${count} ${count === 1 ? 'secret' : 'secrets'} in vault.json` }];
  } catch (thrown) {
    const { message, next } = toRuntimeError(thrown);
    return [problem(message, next)];
  }
}

function problem(message: string, next: string): Finding {
  return { check: 'vault', status: 'problem', message, next };
}
