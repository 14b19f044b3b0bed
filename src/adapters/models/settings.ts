import type { Wire } from '../../contract/providers.ts';

/** What it takes to ask a model. Resolved by the engine from configuration and environment. */
export interface ModelSettings {
  /** The name in the registry, by which a request chooses it. */
  name: string;
  /** One of those in contract/providers.ts. */
  provider: string;
  /** Default: the provider's own. */
  base_url?: string;
  api_key?: string;
  /** The variable that should hold the key: without a key the model isn't asked. */
  api_key_env?: string;
  /** Where OpenAI's API is spoken. Default: `chat`. */
  wire?: Wire;
  /** Longest wait for the next byte of a reply. Default: 120,000. */
  request_timeout_ms?: number;
  /** Of a script model: the path of its file, or `demo` (default), which is built in. */
  script?: string;
}

export const DEFAULT_REQUEST_TIMEOUT_MS = 120_000;
