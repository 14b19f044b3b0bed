/** By which keys and logins models can be asked here: those of the registry, and those that are found without one. */
import { CODEX_ENTRY, entriesByKey, missingKey, reachOf } from '../config/models.ts';
import { codexLoginPath } from '../config/login-path.ts';
import type { Environment } from '../../base/environment.ts';
import type { Config, ModelEntry } from '../../contract/config.ts';
import { hasLogin, usableLogin } from '../../store/logins.ts';
import { isInVault } from '../vault/vault-names.ts';

export interface Account {
  provider: ModelEntry['provider'];
  /** Host of the endpoint; absent where nothing is asked over a network. */
  host?: string;
  key: 'there' | 'missing' | 'not needed';
  /** Where the key comes from, never what it is: a variable, `config`, `login`, or a name in the vault. */
  from?: string;
  /** Of a login: when it ends unless it is renewed, whose it is, and what for. */
  login?: { expires_at: number; email?: string; plan?: string };
  /** Names in the registry. */
  models: string[];
}

/** Every one once; those of the registry in its order. */
export function accounts(config: Config, environment: Environment): Account[] {
  const found = new Map<string, Account>();
  for (const entry of accountEntries(config, environment)) {
    const account = accountOf(entry, config, environment);
    const key = [account.provider, account.host, account.from].join(' ');
    const known = found.get(key) ?? account;
    if (config.models.registry.includes(entry)) known.models.push(entry.name);
    found.set(key, known);
  }
  return [...found.values()];
}

/** An entry for each way to a model that there is: the registry's, and those that a key or login allows without one. */
export function accountEntries(config: Config, environment: Environment): ModelEntry[] {
  return [...config.models.registry, ...foundEntries(config, environment)];
}

/** By the keys in the environment, and by the login. */
function foundEntries(config: Config, environment: Environment): ModelEntry[] {
  const login = hasLogin(codexLoginPath(config, environment));
  return [...entriesByKey(environment), ...(login ? [CODEX_ENTRY] : [])];
}

function accountOf(entry: ModelEntry, config: Config, environment: Environment): Account {
  const { provider } = entry;
  const { host, settings } = reachOf(entry, environment);
  const place = { provider, ...(host !== undefined && { host }), models: [] };
  if (provider === 'openai-codex') {
    return { ...place, ...loginOf(codexLoginPath(config, environment)), from: 'login' };
  }
  const { api_key_env, api_key_vault } = settings;
  const from = entry.api_key ? 'config' : api_key_vault === undefined ? api_key_env : `vault: ${api_key_vault}`;
  const isGone = api_key_vault !== undefined && !isInVault(api_key_vault, environment);
  const missing = isGone || missingKey(settings) !== undefined;
  const key = from === undefined ? 'not needed' : missing ? 'missing' : 'there';
  return { ...place, key, ...(from !== undefined && { from }) };
}

/** One that can't be read is none: the other accounts are shown all the same, and `runtime doctor` tells of it. */
function loginOf(path: string): Pick<Account, 'key' | 'login'> {
  const login = usableLogin(path);
  if (login === undefined) return { key: 'missing' };
  const { expires_at, email, plan } = login;
  return {
    key: 'there',
    login: { expires_at, ...(email !== undefined && { email }), ...(plan !== undefined && { plan }) },
  };
}
