/** What it takes to ask a model. Resolved by the engine from configuration and environment. */
export interface ModelSettings {
  /** The name in the registry, by which a request chooses it. */
  name: string;
  /** `openai`, `ollama` or `script`. */
  provider: string;
  /** Default: OpenAI's, or the local Ollama's. */
  base_url?: string;
  api_key?: string;
  /** The variable that should hold the key, for the message when there is none. Default: OPENAI_API_KEY. */
  api_key_env?: string;
  /** Default: `responses` at OpenAI's own endpoint, else `chat`. */
  wire?: 'responses' | 'chat';
  /** Longest wait for the next byte of a reply. Default: 120,000. */
  request_timeout_ms?: number;
  /** Of a script model: the path of its file, or `demo` (default), which is built in. */
  script?: string;
}

export const DEFAULT_REQUEST_TIMEOUT_MS = 120_000;
