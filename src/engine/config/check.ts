/** Rules between keys, and those that a schema can't carry. Run after the validator: every value has its type. */
import { parseDuration } from '../../base/duration.ts';
import { unfitForSecret } from '../../adapters/tools/exec-command/command-environment.ts';
import { isHttpUrl, withScheme } from '../../base/http-url.ts';
import { nearest } from '../../base/nearest.ts';
import type { Config, ModelEntry } from '../../contract/config.ts';
import { providerOf } from '../../contract/providers.ts';
import { allKeys } from './keys.ts';
import { getAt } from './tree.ts';

/** What is wrong at a path of names and list positions. */
export interface Complaint {
  path: readonly PropertyKey[];
  message: string;
}

/** The built-in offline model. It needs no entry in the registry. */
export const DEMO = 'demo';

/** What models that aren't asked by a key, or not over a network, don't have. */
const KEYS = ['api_key', 'api_key_env', 'api_key_vault'] as const;
const HAS_NONE: Partial<Record<ModelEntry['provider'], readonly ('base_url' | (typeof KEYS)[number] | 'wire')[]>> = {
  script: ['base_url', ...KEYS, 'wire'],
  replay: ['base_url', ...KEYS, 'wire'],
  'openai-codex': [...KEYS, 'wire'],
};

export function checkConfig(config: Config): Complaint[] {
  return [
    ...checkChoice(config),
    ...checkRegistry(config),
    ...checkDurations(config),
    ...checkTelemetry(config),
    ...checkLogin(config),
    ...checkSecrets(config),
  ];
}

function checkChoice({ models }: Config): Complaint[] {
  const names = [...models.registry.flatMap(({ name, aliases = [] }) => [name, ...aliases]), DEMO];
  const asked: [PropertyKey[], string][] = models.fallback.map((name, index) => [['models', 'fallback', index], name]);
  for (const [purpose, name] of Object.entries(models.purposes)) asked.push([['models', 'purposes', purpose], name]);
  if (models.default !== undefined) asked.unshift([['models', 'default'], models.default]);
  return asked
    .filter(([, name]) => !names.includes(name))
    .map(([path, name]) => {
      const near = nearest(name, names);
      return { path, message: `models.registry has no "${name}"${near ? `; did you mean "${near}"?` : ''}` };
    });
}

function checkRegistry({ models }: Config): Complaint[] {
  const names = models.registry.map(({ name }) => name);
  const aliases = models.registry.flatMap((entry) => entry.aliases ?? []);
  return models.registry.flatMap((entry, index) => {
    const at = (word: string, message: string): Complaint => ({ path: ['models', 'registry', index, word], message });
    const complaints: Complaint[] = [];
    if (names.indexOf(entry.name) < index) complaints.push(at('name', `a second model named "${entry.name}"`));
    for (const alias of entry.aliases ?? []) {
      const taken = names.includes(alias) || aliases.filter((one) => one === alias).length > 1;
      if (taken) complaints.push(at('aliases', `another model is called "${alias}", too`));
    }
    complaints.push(...checkEntry(entry, at));
    return complaints;
  });
}

/** RFC 9110, 5.1 and 5.5. */
const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/;

function checkEntry(entry: ModelEntry, at: (word: string, message: string) => Complaint): Complaint[] {
  const complaints: Complaint[] = [];
  if (entry.provider === 'script' && entry.script === undefined && entry.name !== DEMO)
    complaints.push(at('script', 'a script model needs a script file'));
  if (entry.provider === 'replay' && entry.replay === undefined)
    complaints.push(at('replay', 'a replay model needs the id of a session, or an exported file'));
  for (const word of HAS_NONE[entry.provider] ?? []) {
    if (entry[word] !== undefined) complaints.push(at(word, `a model with \`provider: ${entry.provider}\` has none`));
  }
  for (const word of ['script', 'replay'] as const) {
    if (entry[word] !== undefined && entry.provider !== word)
      complaints.push(at(word, `only a model with \`provider: ${word}\` has one`));
  }
  const { wires } = providerOf(entry.provider)!;
  if (entry.wire !== undefined && entry.provider !== 'script' && !wires?.includes(entry.wire)) {
    complaints.push(
      at(
        'wire',
        wires ? `${entry.provider} speaks ${wires.join(', ')}` : `${entry.provider} has one format only: leave it out`,
      ),
    );
  }
  const [first, second] = KEYS.filter((word) => entry[word] !== undefined);
  if (second !== undefined) complaints.push(at(second, `give ${first} or ${second}, not both`));
  if (entry.base_url !== undefined && !isHttpUrl(entry.base_url)) {
    const meant = withScheme(entry.base_url);
    complaints.push(at('base_url', `expected a URL that begins with http:// or https://, as ${meant}`));
  }
  if (entry.context !== undefined && entry.max_output !== undefined && entry.max_output > entry.context) {
    complaints.push(at('max_output', `more than the context of ${entry.context} tokens`));
  }
  for (const word of ['connect_timeout', 'first_token_timeout', 'request_timeout', 'total_timeout'] as const) {
    if (entry[word] !== undefined && parseDuration(entry[word]) === 0) {
      complaints.push(at(word, 'must be longer than nothing'));
    }
  }
  if (entry.proxy !== undefined && entry.proxy !== 'none' && !isHttpUrl(entry.proxy)) {
    complaints.push(at('proxy', 'expected a URL that begins with http:// or https://, or none'));
  }
  for (const header of entry.headers ?? []) {
    if (!HEADER.test(header)) complaints.push(at('headers', 'expected headers as "Name: value", without line breaks'));
  }
  return complaints;
}

function checkSecrets({ tools: { exec_command } }: Config): Complaint[] {
  return Object.keys(exec_command.secrets).flatMap((variable) => {
    const isPassed = exec_command.env.includes(variable);
    const why = isPassed ? 'tools.exec_command.env passes that one to every command' : unfitForSecret(variable);
    return why === undefined ? [] : [{ path: ['tools', 'exec_command', 'secrets', variable], message: why }];
  });
}

/** Tokens go to the issuer, and what the browser brings back is for this machine alone. */
function checkLogin({ auth: { codex } }: Config): Complaint[] {
  const complaints: Complaint[] = [];
  const at = (word: string, message: string): void => void complaints.push({ path: ['auth', 'codex', word], message });
  const issuer = URL.parse(codex.issuer);
  if (issuer?.protocol !== 'https:' && !(issuer?.protocol === 'http:' && LOOPBACK.test(issuer.hostname)))
    at('issuer', 'expected a URL that begins with https://');
  const redirect = URL.parse(codex.redirect_uri);
  if (redirect?.protocol !== 'http:' || !LOOPBACK.test(redirect.hostname) || redirect.port === '')
    at('redirect_uri', 'expected a URL on this machine with a port, as http://localhost:1455/auth/callback');
  if (codex.token_path === 'auth/tokens.json') at('token_path', 'that file holds the tokens of the daemon');
  return complaints;
}

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

function checkTelemetry({ telemetry: { endpoint } }: Config): Complaint[] {
  if (!endpoint || isHttpUrl(endpoint)) return [];
  return [{ path: ['telemetry', 'endpoint'], message: 'expected a URL that begins with http:// or https://' }];
}

/** Where it means that there is no limit. */
const MAY_BE_ZERO = /^budget\.(?!turn\.)/;

function checkDurations(config: Config): Complaint[] {
  const complaints: Complaint[] = [];
  for (const { path, kind } of allKeys) {
    const words = path.split('.');
    if (kind === 'duration' && !MAY_BE_ZERO.test(path) && parseDuration(getAt(config, words) as string) === 0) {
      complaints.push({ path: words, message: 'must be longer than nothing' });
    }
  }
  const { timeout, max_timeout } = config.tools.exec_command;
  if (parseDuration(timeout)! > parseDuration(max_timeout)!) {
    complaints.push({ path: ['tools', 'exec_command', 'timeout'], message: `longer than max_timeout, ${max_timeout}` });
  }
  return complaints;
}
