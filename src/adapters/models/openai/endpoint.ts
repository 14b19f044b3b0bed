/** Where requests go. Compatible servers may refuse fields that only OpenAI's own endpoint knows. */
import type { ModelSettings } from '../settings.ts';

export interface Endpoint {
  /** Who answers, as messages name it. */
  label: string;
  baseUrl: string;
  /** OpenAI's own. */
  official: boolean;
  /** Under which name reasoning that only this endpoint can read is kept. */
  reasoner: string;
}

const OPENAI_URL = 'https://api.openai.com/v1';
const OLLAMA_URL = 'http://127.0.0.1:11434/v1';

/** OpenAI's host, also with a region before it. */
const OFFICIAL_HOST = /^([a-z0-9-]+\.)?api\.openai\.com$/;

export function endpointOf(settings: Pick<ModelSettings, 'provider' | 'base_url'>): Endpoint {
  const baseUrl = settings.base_url ?? (settings.provider === 'ollama' ? OLLAMA_URL : OPENAI_URL);
  const url = URL.parse(baseUrl);
  const official = OFFICIAL_HOST.test(url?.hostname ?? '');
  return {
    label: official ? settings.provider : `${settings.provider} (${url?.host ?? baseUrl})`,
    baseUrl,
    official,
    reasoner: official ? 'openai' : (url?.host ?? baseUrl),
  };
}

/** Models that think before they answer; the others refuse to be asked for it. */
export function reasons(model: string): boolean {
  return /^(o\d|gpt-[5-9]|codex-)/.test(model) && !model.includes('-chat');
}
