/** Who may answer, found out for a first configuration: keys in the environment, an Ollama, the models that they serve. */
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import type { Config, ModelEntry } from '../../contract/config.ts';
import type { ModelRequest } from '../../contract/messages.ts';
import { PROVIDERS, type ProviderName } from '../../contract/providers.ts';
import type { ModelFailureClass } from '../../contract/values.ts';
import { createRedactor } from '../session/redact.ts';
import { chooseModels } from './models.ts';
import { secretsOf } from './secrets.ts';

/** A service that speaks OpenAI's API, and isn't asked by itself where its key is found. */
export interface Service {
  name: string;
  provider: ProviderName;
  /** The variable in which people keep its key. */
  variable: string;
  base_url: string;
}

const COMPATIBLE: readonly Omit<Service, 'provider'>[] = [
  { name: 'OpenRouter', variable: 'OPENROUTER_API_KEY', base_url: 'https://openrouter.ai/api/v1' },
  { name: 'Groq', variable: 'GROQ_API_KEY', base_url: 'https://api.groq.com/openai/v1' },
  { name: 'Mistral', variable: 'MISTRAL_API_KEY', base_url: 'https://api.mistral.ai/v1' },
  { name: 'DeepSeek', variable: 'DEEPSEEK_API_KEY', base_url: 'https://api.deepseek.com/v1' },
  { name: 'xAI', variable: 'XAI_API_KEY', base_url: 'https://api.x.ai/v1' },
];
const { label, key, base_url } = PROVIDERS.zai;
const SERVICES: readonly Service[] = [
  ...COMPATIBLE.map((service) => ({ ...service, provider: 'openai' as const })),
  { name: label, provider: 'zai', variable: key, base_url },
];

/** Those whose key is in the environment. */
export function servicesWithKey(environment: Environment): Service[] {
  return SERVICES.filter(({ variable }) => environment[variable]);
}

/** The host that a registry entry would be asked at, for a person to read; undefined: the provider's own. */
export function hostOf(config: Config, entry: ModelEntry, environment: Environment): string | undefined {
  const { base_url } = chosenAlone(config, entry, environment).settings;
  return base_url === undefined ? undefined : (URL.parse(base_url)?.host ?? base_url);
}

const ANSWER_MS = 15_000;
/** Enough for one word, also where a model thinks before. */
const MOST_TOKENS = 256;

interface TryPorts {
  environment: Environment;
  clock: Clock;
  signal: AbortSignal;
}

/** How a model answers when it is asked once, as a turn would. `message` never holds the key. */
export type Tried = { ok: true } | { ok: false; class: ModelFailureClass; message: string };

export async function askOnce(config: Config, entry: ModelEntry, ports: TryPorts): Promise<Tried> {
  const { createModels } = await import('../models-client.ts');
  const { environment, clock, signal } = ports;
  const { choice, settings } = chosenAlone(config, entry, environment);
  const late = new AbortController();
  const cancel = clock.at(clock.now() + ANSWER_MS, () => late.abort());
  const request: ModelRequest = {
    name: choice.name,
    provider: choice.provider,
    model: choice.model,
    instructions: 'Answer with one word.',
    tools: [],
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'Are you there?' }] }],
    max_output_tokens: MOST_TOKENS,
    purpose: 'think',
    request: 1,
    cache_key: 'first-start',
  };
  try {
    const client = createModels([settings], { config, clock, environment });
    const either = AbortSignal.any([signal, late.signal]);
    const answer = await client.ask(request, { signal: either, onDelta: () => {} });
    if (answer.ok) return { ok: true };
    if (late.signal.aborted) return { ok: false, class: 'timeout', message: `no answer within ${ANSWER_MS / 1000} s` };
    // The key isn't in it: but a service may repeat what else it was sent.
    const tried = { ...config, models: { ...config.models, registry: [entry] } };
    const known = secretsOf({ config: tried, inFile: {} }, environment);
    return { ok: false, class: answer.class, message: createRedactor(known).text(answer.message) };
  } finally {
    cancel();
  }
}

/** The same in words: why the model can't be used; undefined: it answers. */
export async function tryModel(config: Config, entry: ModelEntry, ports: TryPorts): Promise<string | undefined> {
  const tried = await askOnce(config, entry, ports);
  return tried.ok ? undefined : tried.message;
}

function chosenAlone(config: Config, entry: ModelEntry, environment: Environment) {
  const models = { default: entry.name, fallback: [], purposes: {}, registry: [entry] };
  const { choices, settings } = chooseModels({ ...config, models }, environment);
  return { choice: choices[0]!, settings: settings[0]! };
}
