/** Which models a turn may ask, and how each is reached: the registry's entries, or what the keys found allow. */
import { isOfficial as isOfficialAddress } from '../../adapters/models/openai/endpoint.ts';
import type { ModelSettings } from '../../adapters/models/settings.ts';
import { parseDuration } from '../../base/duration.ts';
import type { Environment } from '../../base/environment.ts';
import type { Config, ModelEntry } from '../../contract/config.ts';
import type { ModelChoice } from '../../contract/manifest.ts';
import { PROVIDER_NAMES, type ProviderName, PROVIDERS, providerOf } from '../../contract/providers.ts';
import { hasLogin } from '../../store/logins.ts';
import { DEMO } from './check.ts';
import { headerOf } from './header.ts';
import { type Figures, figuresOf } from './figures.ts';
import { codexLoginPath } from './login-path.ts';

/** Asked where OPENAI_API_KEY is set and nothing is configured. */
export const DEFAULT_OPENAI_MODEL = PROVIDERS.openai.default_model;

/** Asked where there is a login with ChatGPT, and no key. */
export const DEFAULT_CODEX_MODEL = 'gpt-5.6-terra';

const CODEX = 'openai-codex';
const DEFAULT_MAX_OUTPUT_TOKENS = 16_384;
const OLLAMA_HOST = '127.0.0.1:11434';
const OPENAI_HOST = new URL(PROVIDERS.openai.base_url).hostname;

export interface ChosenModels {
  /** The model that answers, then its fallbacks in order. */
  choices: ModelChoice[];
  /** Sums long conversations up, where that isn't the model that answers. */
  compactor?: ModelChoice;
  /** Plans goals, where that isn't the model that answers. */
  planner?: ModelChoice;
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
  const entries = [...new Set([entry, ...fallbacks])]; // who was given up is asked no second time
  const other = (name: string | undefined): ModelEntry | undefined => {
    const found = findEntry(config, name);
    return found?.name === entry.name ? undefined : found;
  };
  const { purposes } = config.models;
  const [compactor, planner] = [other(purposes.compact), other(purposes.plan)];
  const reached = [...new Set([...entries, ...(compactor ? [compactor] : []), ...(planner ? [planner] : [])])];
  return {
    choices: entries.map((each) => choiceOf(each, environment)),
    ...(compactor && { compactor: choiceOf(compactor, environment) }),
    ...(planner && { planner: choiceOf(planner, environment) }),
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

/** How an entry is reached: its host, for a person to read, and where its service lists its models. */
export function reachOf(
  entry: ModelEntry,
  environment: Environment,
): {
  settings: ModelSettings;
  host?: string;
  list?: { url: string; format: 'openai' | 'anthropic' | 'gemini' };
} {
  const settings = settingsOf(entry, environment);
  const { provider } = entry;
  const address = (settings.base_url ?? providerOf(provider)!.base_url)?.replace(/\/+$/, '');
  if (address === undefined) return { settings };
  const host = URL.parse(address)?.host;
  const reach = { settings, ...(host !== undefined && { host }) };
  switch (provider) {
    case 'openai-codex':
      return reach; // it has no list
    case 'anthropic':
      return { ...reach, list: { url: `${address.replace(/\/v1$/, '')}/v1/models?limit=1000`, format: provider } };
    case 'gemini': {
      const versioned = /\/v\d\w*$/.test(address) ? address : `${address}/v1beta`;
      return { ...reach, list: { url: `${versioned}/models?pageSize=1000`, format: provider } };
    }
    default:
      return { ...reach, list: { url: `${address}/models`, format: 'openai' } };
  }
}

/** The entry that `--model` means; without a name the one that answers then. */
export function entryOf(config: Config, environment: Environment, name = config.models.default): ModelEntry {
  return chooseEntry(config, environment, name).entry;
}

/** What is known of an entry of the registry, or of a model that a turn would ask. */
export function entryFigures(entry: ModelEntry, environment: Environment): Figures {
  return figuresOf({ entry, model: modelId(entry), official: isOfficial(entry, environment) });
}

const DEMO_ENTRY: ModelEntry = { name: DEMO, provider: 'script' };
const OPENAI_ENTRY: ModelEntry = { name: DEFAULT_OPENAI_MODEL, provider: 'openai' };
/** What a login reaches without any configuration. */
export const CODEX_ENTRY: ModelEntry = { name: `${CODEX}/${DEFAULT_CODEX_MODEL}`, provider: CODEX };

function chooseEntry(
  config: Config,
  environment: Environment,
  name: string | undefined,
): { entry: ModelEntry; offline: boolean } {
  const known = name === undefined ? undefined : (findEntry(config, name) ?? (name === DEMO ? DEMO_ENTRY : undefined));
  if (known) return { entry: known, offline: false };
  if (name === CODEX) return { entry: CODEX_ENTRY, offline: false };
  if (name?.startsWith(`${CODEX}/`)) return { entry: { name, provider: CODEX }, offline: false };
  const standard = standardEntry(config, environment);
  if (name === undefined) return { entry: standard ?? DEMO_ENTRY, offline: standard === undefined };
  return { entry: sameServiceAs(standard, name), offline: false };
}

/**
 * What answers when nobody names a model: the default, else the first entry that has its key, else a built-in model by its
 * key or by a login.
 */
export function standardEntry(config: Config, environment: Environment): ModelEntry | undefined {
  const { registry } = config.models;
  const loggedIn = (): boolean => hasLogin(codexLoginPath(config, environment));
  const usable = registry.find((entry) =>
    entry.provider === CODEX ? loggedIn() : missingKey(settingsOf(entry, environment)) === undefined,
  );
  const configured = findEntry(config, config.models.default) ?? usable ?? registry[0];
  return configured ?? entriesByKey(environment)[0] ?? (loggedIn() ? CODEX_ENTRY : undefined);
}

/** The built-in models of the providers whose key is in the environment, the one first that answers by default. */
export function entriesByKey(environment: Environment): ModelEntry[] {
  return PROVIDER_NAMES.flatMap((provider) => {
    const { key } = providerOf(provider)!;
    return key !== undefined && environment[key] ? (builtInEntry(provider) ?? []) : [];
  });
}

/** The built-in model of a provider; undefined: it has none. */
export function builtInEntry(provider: ProviderName): ModelEntry | undefined {
  const { default_model: name } = providerOf(provider)!;
  return name === undefined ? undefined : { name, provider };
}

/** Is there an entry of that name, or with that alias? */
export function isListed(config: Config, name: string): boolean {
  return findEntry(config, name) !== undefined;
}

function findEntry(config: Config, name: string | undefined): ModelEntry | undefined {
  const { registry } = config.models;
  if (name === undefined) return undefined;
  return registry.find((entry) => entry.name === name) ?? registry.find(({ aliases }) => aliases?.includes(name));
}

/** A model that the registry doesn't have is asked where the standard one is; price and sizes are the model's own. */
function sameServiceAs(standard: ModelEntry | undefined, name: string): ModelEntry {
  const plays = standard?.provider === 'script' || standard?.provider === 'replay';
  if (standard === undefined || plays) return { ...OPENAI_ENTRY, name };
  const { model: _model, price: _price, context: _context, max_output: _output, sees: _sees, ...service } = standard;
  return { ...service, name };
}

function choiceOf(entry: ModelEntry, environment: Environment): ModelChoice {
  const { context, max_output = DEFAULT_MAX_OUTPUT_TOKENS, price, sees } = entryFigures(entry, environment);
  return {
    name: entry.name,
    provider: entry.provider,
    model: modelId(entry),
    // What a model could say at most is far more than a reply should cost.
    max_output_tokens: entry.max_output ?? Math.min(max_output, DEFAULT_MAX_OUTPUT_TOKENS),
    ...(context !== undefined && { context }),
    ...(price !== undefined && { price }),
    ...(sees !== undefined && { sees }),
  };
}

/** Behind a login the provider may stand in the name: `openai-codex/gpt-…`. */
export function modelId({ name, provider, model = name }: ModelEntry): string {
  return provider === CODEX && model.startsWith(`${CODEX}/`) ? model.slice(CODEX.length + 1) : model;
}

function isOfficial(entry: ModelEntry, environment: Environment): boolean {
  const base_url = baseUrlOf(entry, environment);
  if (base_url === undefined || isOfficialAddress(base_url)) return true;
  const own = providerOf(entry.provider)!.base_url;
  return own !== undefined && URL.parse(base_url)?.host === URL.parse(own)?.host;
}

function settingsOf(entry: ModelEntry, environment: Environment): ModelSettings {
  const { name, provider, script, replay, headers, proxy, ca } = entry;
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
    ...(replay !== undefined && { replay }),
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
  if (wires.length === 1) return { wire: wires[0]! };
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

function keyOf(
  entry: ModelEntry,
  environment: Environment,
): Pick<ModelSettings, 'api_key' | 'api_key_env' | 'api_key_vault'> {
  if (entry.provider === 'script' || entry.provider === 'replay' || entry.provider === CODEX) return {};
  if (entry.api_key) return { api_key: entry.api_key };
  if (entry.api_key_vault !== undefined) return { api_key_vault: entry.api_key_vault };
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
