import { type Service, serviceOf } from '../service.ts';
import type { ModelSettings } from '../settings.ts';

export interface Endpoint extends Service {
  apiVersion: string;
}

const OFFICIAL = { hosts: /^generativelanguage\.googleapis\.com$/, reasoner: 'gemini' };
const API_VERSION = 'v1beta';

/** Where requests go. The SDK wants the version of the API apart; in an address it is the last word. */
export function endpointOf(settings: Pick<ModelSettings, 'provider' | 'base_url'>): Endpoint {
  const service = serviceOf(settings, OFFICIAL);
  const address = service.baseUrl.replace(/\/+$/, '');
  const [, baseUrl = address, apiVersion = API_VERSION] = /^(.*)\/(v\d\w*)$/.exec(address) ?? [];
  return { ...service, baseUrl, apiVersion };
}

/** Models that refuse a call of their own history without the signature that came with it. */
export function demandsSignatures(model: string): boolean {
  const [, generation] = /(?:^|\/)gemini-(\d+)/.exec(model) ?? [];
  return Number(generation) >= 3;
}
