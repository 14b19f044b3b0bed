/** Where requests in OpenAI's formats go. Compatible servers may refuse fields that only OpenAI's own endpoint knows. */
import { type Service, serviceOf } from '../service.ts';
import type { ModelSettings } from '../settings.ts';

export interface Endpoint extends Service {
  /** Azure's, which takes the key in a header of its own. */
  azure: boolean;
  /** Z.AI's, which makes JSON but knows no schemas. */
  zai: boolean;
}

/** OpenAI's host, also with a region before it. */
const OFFICIAL = { hosts: /^([a-z0-9-]+\.)?api\.openai\.com$/, reasoner: 'openai' };

const AZURE_HOST = /\.(openai\.azure\.com|cognitiveservices\.azure\.com|services\.ai\.azure\.com)(:\d+)?$/;

export function endpointOf(settings: Pick<ModelSettings, 'provider' | 'base_url'>): Endpoint {
  const service = serviceOf(settings, OFFICIAL);
  return { ...service, azure: AZURE_HOST.test(service.host), zai: settings.provider === 'zai' };
}

/** Models that think before they answer; the others refuse to be asked for it. */
export function reasons(model: string): boolean {
  return /^(o\d|gpt-[5-9]|codex-)/.test(model) && !model.includes('-chat');
}
