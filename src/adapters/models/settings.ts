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
  /** The secret of the vault that is the key: looked up whenever it is needed. */
  api_key_vault?: string;
  /** Further keys, used in turn when one is refused or limited. */
  more_api_keys?: string[];
  /** Further headers of each request. */
  headers?: Record<string, string>;
  /** Address of a proxy, or `none`. Default: what the environment says. */
  proxy?: string;
  /** File with certificates (PEM) that are trusted beside the usual ones. */
  ca?: string;
  /** Where OpenAI's API is spoken. Default: `chat`. */
  wire?: Wire;
  /** Longest wait for a connection. Default: 30,000. */
  connect_timeout_ms?: number;
  /** Longest wait for the first piece of a reply. Default: as for the next ones. */
  first_token_timeout_ms?: number;
  /** Longest wait for the next piece of a reply. Default: 120,000. */
  request_timeout_ms?: number;
  /** Longest time for a whole reply. Default: 1,800,000. */
  total_timeout_ms?: number;
  /** Of a script model: the path of its file, or `demo` (default), which is built in. */
  script?: string;
  /** Of a model that plays a session: which one. */
  replay?: string;
}

/** Can a header carry that key or token? */
export function isHeaderText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

export const DEFAULT_REQUEST_TIMEOUT_MS = 120_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;
const DEFAULT_TOTAL_TIMEOUT_MS = 1_800_000;

/** How long a reply may take, in ms. */
export interface Patience {
  connectMs: number;
  firstTokenMs: number;
  /** Between two pieces. */
  idleMs: number;
  totalMs: number;
}

export function patienceOf(settings: ModelSettings): Patience {
  const idleMs = settings.request_timeout_ms ?? DEFAULT_REQUEST_TIMEOUT_MS;
  return {
    connectMs: settings.connect_timeout_ms ?? Math.min(DEFAULT_CONNECT_TIMEOUT_MS, idleMs),
    firstTokenMs: settings.first_token_timeout_ms ?? idleMs,
    idleMs,
    totalMs: settings.total_timeout_ms ?? DEFAULT_TOTAL_TIMEOUT_MS,
  };
}
