/**
 * The providers of models that there are: data only. How one is asked is a folder in adapters/models, chosen in its
 * router.ts. A further provider is a line here, and there.
 */

/** A wire format of OpenAI's API. Other APIs have one format only, which needs no name. */
export type Wire = 'responses' | 'chat';

export interface Provider {
  /** As people are told of it. */
  label: string;
  /** The variable in which people keep its key. */
  key?: string;
  /** Where people get one. */
  keys_page?: string;
  /** Without a key nothing is sent. */
  needs_key?: true;
  /** The variable of another base URL; Ollama's may also be a host. */
  base_url_variable?: string;
  /** Where requests go, where nothing says otherwise. */
  base_url?: string;
  /** Wire formats that can be chosen, the one of its own service first. */
  wires?: readonly Wire[];
  /** Asked where the key is set and nothing is configured; providers with one are looked at in the order of this table. */
  default_model?: string;
}

export const PROVIDERS = {
  openai: {
    label: 'OpenAI',
    key: 'OPENAI_API_KEY',
    keys_page: 'platform.openai.com/api-keys',
    needs_key: true,
    base_url_variable: 'OPENAI_BASE_URL',
    base_url: 'https://api.openai.com/v1',
    wires: ['responses', 'chat'],
    default_model: 'gpt-6.1-terra',
  },
  anthropic: {
    label: 'Anthropic',
    key: 'ANTHROPIC_API_KEY',
    keys_page: 'console.anthropic.com/settings/keys',
    needs_key: true,
    base_url_variable: 'ANTHROPIC_BASE_URL',
    base_url: 'https://api.anthropic.com',
    default_model: 'claude-sonnet-5-5',
  },
  gemini: {
    label: 'Gemini',
    key: 'GEMINI_API_KEY',
    keys_page: 'aistudio.google.com/apikey',
    needs_key: true,
    base_url_variable: 'GOOGLE_GEMINI_BASE_URL',
    base_url: 'https://generativelanguage.googleapis.com',
    default_model: 'gemini-3.8-flash',
  },
  zai: {
    label: 'Z.AI',
    key: 'ZAI_API_KEY',
    needs_key: true,
    base_url: 'https://api.z.ai/api/paas/v4',
    wires: ['chat'],
  },
  ollama: {
    label: 'Ollama',
    base_url_variable: 'OLLAMA_HOST',
    base_url: 'http://127.0.0.1:11434/v1',
    wires: ['chat', 'responses'],
  },
  'openai-codex': {
    label: 'ChatGPT',
    base_url: 'https://chatgpt.com/backend-api',
    wires: ['responses'],
  },
  script: { label: 'a script' },
  replay: { label: 'a recorded session' },
} as const satisfies Record<string, Provider>;

export type ProviderName = keyof typeof PROVIDERS;

export const PROVIDER_NAMES = Object.keys(PROVIDERS) as [ProviderName, ...ProviderName[]];

/** What is known of a provider; undefined: there is none of this name. */
export function providerOf(name: string): Provider | undefined {
  return Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name as ProviderName] : undefined;
}
