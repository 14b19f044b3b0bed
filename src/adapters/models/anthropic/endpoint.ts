import { type Service, serviceOf } from '../service.ts';
import type { ModelSettings } from '../settings.ts';

const OFFICIAL = { hosts: /^([a-z0-9-]+\.)?api\.anthropic\.com$/, reasoner: 'anthropic' };

/** Where requests go. The SDK adds the version of the API to the address: one that ends in it goes, too. */
export function endpointOf(settings: Pick<ModelSettings, 'provider' | 'base_url'>): Service {
  const service = serviceOf(settings, OFFICIAL);
  return { ...service, baseUrl: service.baseUrl.replace(/\/+$/, '').replace(/\/v1$/, '') };
}
