/** Which models a turn may ask, and how each is reached: the registry's entries, or what the keys found allow. */
import type { ModelSettings } from '../../adapters/models/settings.ts';
import { parseDuration } from '../../base/duration.ts';
import type { Environment } from '../../base/environment.ts';
import type { Config, ModelEntry } from '../../contract/config.ts';
import type { ModelChoice, Price } from '../../contract/manifest.ts';
import { PROVIDER_NAMES, PROVIDERS, providerOf } from '../../contract/providers.ts';
import { DEMO } from './check.ts';
import { headerOf } from './header.ts';

/** Asked where OPENAI_API_KEY is set and nothing is configured. */
export const DEFAULT_OPENAI_MODEL = PROVIDERS.openai.default_model;

const DEFAULT_MAX_OUTPUT_TOKENS = 16_384;
const OLLAMA_HOST = '127.0.0.1:11434';
const OPENAI_HOST = new URL(PROVIDERS.openai.base_url).hostname;

export interface ChosenModels {
  /** The model that answers, then its fallbacks in order. */
  choices: ModelChoice[];
  /** Sums long conversations up, where that isn't the model that answers. */
  compactor?: ModelChoice;
  /** How each of them is reached, the model that answers first. Never journaled: they hold keys. */
  settings: ModelSettings[];
  /** Nothing is configured and no key was found: the built-in script answers. */
  offline_demo: boolean;
}

/** Chooses by `--model`, `models.default`, and the keys that there are. */
export function chooseModels(config: Config, environment: Environment, options: { model?: string } = {}): ChosenModels {
  const { entry, offline } = chooseEntry(config, environment, options.model ?? config.models.default);
  const fallbacks = config.models.fallback
    .map((name) => findEntry(config, name) ?? DEMO_ENTRY)
    .filter(({ name }) => name !== entry.name);
  const entries = [entry, ...fallbacks];
  const compactor = findEntry(config, config.models.purposes.compact);
  const isOther = compactor !== undefined && compactor.name !== entry.name;
  const reached = isOther && !entries.includes(compactor) ? [...entries, compactor] : entries;
  return {
    choices: entries.map(choiceOf),
    ...(isOther && { compactor: choiceOf(compactor) }),
    settings: reached.map((each) => settingsOf(each, environment)),
    offline_demo: offline,
  };
}

/** Names of the models that there are, the one first that answers when nobody names any. */
export function modelNames(config: Config, environment: Environment): string[] {
  const { choices } = chooseModels(config, environment);
  const aliases = config.models.registry.flatMap((entry) => entry.aliases ?? []);
  return [...new Set([...[...choices.slice(0, 1), ...config.models.registry].map(({ name }) => name), ...aliases])];
}

/** The variable that must be set before a model can be asked; undefined when nothing is missing. */
export function missingKey({ api_key, api_key_env }: ModelSettings): string | undefined {
  return api_key === undefined ? api_key_env : undefined;
}

const DEMO_ENTRY: ModelEntry = { name: DEMO, provider: 'script' };
const OPENAI_ENTRY: ModelEntry = { name: DEFAULT_OPENAI_MODEL, provider: 'openai' };

function chooseEntry(
  config: Config,
  environment: Environment,
  name: string | undefined,
): { entry: ModelEntry; offline: boolean } {
  const known = name === undefined ? undefined : (findEntry(config, name) ?? (name === DEMO ? DEMO_ENTRY : undefined));
  if (known) return { entry: known, offline: false };
  const standard = standardEntry(config, environment);
  if (name === undefined) return { entry: standard ?? DEMO_ENTRY, offline: standard === undefined };
  return { entry: sameServiceAs(standard, name), offline: false };
}

/** What answers when nobody names a model: the default, else the first entry that has its key, else a built-in model by its key. */
function standardEntry(config: Config, environment: Environment): ModelEntry | undefined {
  const { registry } = config.models;
  const usable = registry.find((entry) => missingKey(settingsOf(entry, environment)) === undefined);
  const configured = findEntry(config, config.models.default) ?? usable ?? registry[0];
  return configured ?? entriesByKey(environment)[0];
}

/** The built-in models of the providers whose key is in the environment, the one first that answers by default. */
export function entriesByKey(environment: Environment): ModelEntry[] {
  return PROVIDER_NAMES.flatMap((provider) => {
    const { default_model, key } = providerOf(provider)!;
    return default_model !== undefined && key !== undefined && environment[key]
      ? [{ name: default_model, provider }]
      : [];
  });
}

function findEntry(config: Config, name: string | undefined): ModelEntry | undefined {
  const { registry } = config.models;
  if (name === undefined) return undefined;
  return registry.find((entry) => entry.name === name) ?? registry.find(({ aliases }) => aliases?.includes(name));
}

/** A model that the registry doesn't have is asked where the standard one is; price and sizes are the model's own. */
function sameServiceAs(standard: ModelEntry | undefined, name: string): ModelEntry {
  if (standard === undefined || standard.provider === 'script') return { ...OPENAI_ENTRY, name };
  const { model: _model, price: _price, context: _context, max_output: _output, ...service } = standard;
  return { ...service, name };
}

function choiceOf({ name, provider, model, context, max_output, price }: ModelEntry): ModelChoice {
  return {
    name,
    provider,
    model: model ?? name,
    max_output_tokens: max_output ?? DEFAULT_MAX_OUTPUT_TOKENS,
    ...(context !== undefined && { context }),
    ...(price !== undefined && { price: priceOf(price) }),
  };
}

/** USD a million tokens become micro-USD a million tokens. */
function priceOf({ input, output, cached = input }: NonNullable<ModelEntry['price']>): Price {
  const micro = (usd: number): number => Math.round(usd * 1_000_000);
  return { input: micro(input), output: micro(output), cached: micro(cached) };
}

function settingsOf(entry: ModelEntry, environment: Environment): ModelSettings {
  const { name, provider, script, headers, proxy, ca } = entry;
  const base_url = baseUrlOf(entry, environment);
  return {
    name,
    provider,
    ...wireOf(entry, base_url),
    ...(base_url !== undefined && { base_url }),
    ...keyOf(entry, environment),
    ...moreKeysOf(entry, environment),
    ...(headers && { headers: Object.fromEntries(headers.map(headerOf)) }),
    ...(proxy !== undefined && { proxy }),
    ...(ca !== undefined && { ca }),
    ...timeoutsOf(entry),
    ...(script !== undefined && { script }),
  };
}

function moreKeysOf(
  { more_key_envs = [] }: ModelEntry,
  environment: Environment,
): Pick<ModelSettings, 'more_api_keys'> {
  const more_api_keys = more_key_envs.flatMap((variable) => environment[variable] || []);
  return more_api_keys.length > 0 ? { more_api_keys } : {};
}

const TIMEOUTS = ['connect_timeout', 'first_token_timeout', 'request_timeout', 'total_timeout'] as const;

function timeoutsOf(entry: ModelEntry): Partial<Record<`${(typeof TIMEOUTS)[number]}_ms`, number>> {
  const given = TIMEOUTS.filter((name) => entry[name] !== undefined);
  return Object.fromEntries(given.map((name) => [`${name}_ms`, parseDuration(entry[name]!)!]));
}

/** Compatible services know the older format. */
function wireOf({ provider, wire }: ModelEntry, base_url: string | undefined): Pick<ModelSettings, 'wire'> {
  const { wires } = providerOf(provider)!;
  if (wires === undefined) return {};
  const isOpenai =
    wires[0] === 'responses' && (base_url === undefined || URL.parse(base_url)?.hostname === OPENAI_HOST);
  return { wire: wire ?? (isOpenai ? 'responses' : 'chat') };
}

function baseUrlOf({ provider, base_url }: ModelEntry, environment: Environment): string | undefined {
  if (base_url !== undefined) return base_url;
  if (provider === 'ollama') return `${ollamaOrigin(environment)}/v1`;
  const { base_url_variable } = providerOf(provider)!;
  return base_url_variable === undefined ? undefined : environment[base_url_variable] || undefined;
}

function keyOf(entry: ModelEntry, environment: Environment): Pick<ModelSettings, 'api_key' | 'api_key_env'> {
  if (entry.provider === 'script') return {};
  if (entry.api_key) return { api_key: entry.api_key };
  const variable = entry.api_key_env ?? providerOf(entry.provider)!.key;
  if (variable === undefined) return {}; // Ollama asks for none
  const api_key = environment[variable];
  return { api_key_env: variable, ...(api_key && { api_key }) };
}

/** Where Ollama listens: `OLLAMA_HOST` as Ollama itself reads it (a host, host and port, or URL), else its usual port. */
export function ollamaOrigin(environment: Environment): string {
  const given = environment['OLLAMA_HOST']?.trim() || OLLAMA_HOST;
  const url = URL.parse(given.includes('://') ? given : `http://${given}`);
  if (url === null) return `http://${OLLAMA_HOST}`;
  if (url.port === '' && !given.includes('://')) url.port = '11434';
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'; // it listens everywhere; we ask here
  return url.origin;
}
