/** The secrets that the program knows by its configuration and environment, and their masking where it is shown. */
import type { Environment } from '../../base/environment.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Config, ModelEntry } from '../../contract/config.ts';
import type { Login } from '../../contract/login.ts';
import { PROVIDER_NAMES, providerOf } from '../../contract/providers.ts';
import { telemetryHeaders } from '../telemetry/settings.ts';
import { headerOf } from './header.ts';
import { hasLogin, readLogin } from '../../store/logins.ts';
import { allKeys } from './keys.ts';
import { filedPassphrase } from '../vault/passphrase-file.ts';
import { runtimeHome } from './home.ts';
import type { LoadedConfig } from './load.ts';
import { codexLoginPath } from './login-path.ts';
import { getAt, isObject } from './tree.ts';

/** Variables that hold credentials, whatever the configuration says. Tools never inherit them. */
const SECRET_VARIABLES = [...PROVIDER_NAMES.flatMap((name) => providerOf(name)!.key ?? []), 'RUNTIME_TOKEN'];

/** Names of headers that carry credentials; what stands in others is none. */
const SECRET_HEADER = /auth|key|token|secret|cookie/i;

/** Shorter texts (`none`, `ollama`) are no secrets, and would be found in ordinary words. */
const SHORTEST_SECRET = 8;

const MASK = '********';

/** What holds of the configuration, and what its file says: a key that a flag replaces still stands there. */
export type Told = Pick<LoadedConfig, 'config' | 'inFile'>;

/** The values that must never be stored or shown, each with the name that stands in its place. */
export function secretsOf({ config, inFile }: Told, environment: Environment): { name: string; value: string }[] {
  const registry: Entry[] = [...config.models.registry, ...entriesIn(inFile)];
  const variables = new Set([
    ...SECRET_VARIABLES,
    ...registry.flatMap(({ api_key_env, more_key_envs = [] }) => [
      ...(api_key_env ? [api_key_env] : []),
      ...more_key_envs,
    ]),
  ]);
  const names = new Map<string, string>();
  const add = (name: string, value = ''): void => {
    if (value.length >= SHORTEST_SECRET && !names.has(value)) names.set(value, name);
  };
  for (const name of variables) add(name, environment[name]);
  for (const { name, api_key, base_url = '', proxy = '', headers = [] } of registry) {
    add(`api_key of ${name}`, api_key);
    add(`password of ${name}`, URL.parse(base_url)?.password);
    add(`password of the proxy of ${name}`, URL.parse(proxy)?.password);
    for (const [header, value] of headers.map(headerOf)) {
      if (SECRET_HEADER.test(header)) add(`header ${header} of ${name}`, value);
    }
  }
  for (const endpoint of [
    config.telemetry.endpoint || environment['OTEL_EXPORTER_OTLP_ENDPOINT'],
    textOf(getAt(inFile, ['telemetry', 'endpoint'])),
  ]) {
    add('password of telemetry.endpoint', URL.parse(endpoint ?? '')?.password);
  }
  for (const [name, value] of Object.entries(telemetryHeaders(environment))) add(`telemetry header ${name}`, value);
  return Array.from(names, ([value, name]) => ({ name, value }));
}

/** What a model's entry may say where secrets stand. */
type Entry = { [K in 'name' | 'api_key' | 'api_key_env' | 'base_url' | 'proxy']?: string | undefined } & Pick<
  ModelEntry,
  'more_key_envs' | 'headers'
>;

/** The models that a file names, of which nobody has looked whether they are valid. */
function entriesIn(inFile: JsonObject): Entry[] {
  const registry = getAt(inFile, ['models', 'registry']);
  return (Array.isArray(registry) ? registry : []).filter(isObject).map((entry) => ({
    name: textOf(entry['name']),
    api_key: textOf(entry['api_key']),
    api_key_env: textOf(entry['api_key_env']),
    base_url: textOf(entry['base_url']),
    proxy: textOf(entry['proxy']),
    more_key_envs: textsOf(entry['more_key_envs']),
    headers: textsOf(entry['headers']),
  }));
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

/** The tokens of a login, likewise. */
export function loginSecrets({ access_token, refresh_token = '' }: Login): { name: string; value: string }[] {
  return [
    { name: 'access token of openai-codex', value: access_token },
    { name: 'refresh token of openai-codex', value: refresh_token },
  ].filter(({ value }) => value.length >= SHORTEST_SECRET);
}

/** Those of configuration and environment, of the login that is kept, and what opens the vault where a file says that. */
export function knownSecrets(told: Told, environment: Environment): { name: string; value: string }[] {
  const { config } = told;
  return [...secretsOf(told, environment), ...keptLogin(config, environment), ...keptPassphrase(config, environment)];
}

function keptPassphrase(config: Config, environment: Environment): { name: string; value: string }[] {
  try {
    const value = filedPassphrase({ home: runtimeHome(environment), config });
    return value === undefined || value.length < SHORTEST_SECRET ? [] : [{ name: 'passphrase of the vault', value }];
  } catch {
    return []; // who needs the vault says what is wrong with it
  }
}

function keptLogin(config: Config, environment: Environment): { name: string; value: string }[] {
  const path = codexLoginPath(config, environment);
  try {
    const login = hasLogin(path) ? readLogin(path) : undefined;
    return login ? loginSecrets(login) : [];
  } catch {
    return []; // who needs the login says what is wrong with it
  }
}

/** A copy in which no secret stands. Masking it again changes nothing. */
export function maskSecrets(config: Config): Config {
  const secretItems = (allKeys.find(({ path }) => path === 'models.registry')?.items ?? []).filter((key) => key.secret);
  const masked = structuredClone(config);
  for (const entry of masked.models.registry) {
    const fields = entry as Record<string, unknown>;
    for (const { path } of secretItems) if (fields[path]) fields[path] = MASK;
    if (entry.base_url !== undefined) entry.base_url = maskPassword(entry.base_url);
    if (entry.proxy !== undefined) entry.proxy = maskPassword(entry.proxy);
    if (entry.headers) entry.headers = entry.headers.map(maskHeader);
  }
  const { endpoint } = masked.telemetry;
  if (endpoint !== undefined) masked.telemetry.endpoint = maskPassword(endpoint);
  return masked;
}

function maskHeader(header: string): string {
  const [name] = headerOf(header);
  return SECRET_HEADER.test(name) ? `${name}: ${MASK}` : header;
}

function maskPassword(text: string): string {
  const url = URL.parse(text);
  if (!url?.password) return text;
  url.password = MASK;
  return url.href;
}
