/** Where the requests of a model go, and how messages name who answers there. */
import { providerOf } from '../../contract/providers.ts';
import type { ModelSettings } from './settings.ts';

export interface Service {
  /** Who answers, as messages name it. */
  label: string;
  baseUrl: string;
  host: string;
  /** The provider's own. Compatible servers may refuse fields that only that knows. */
  official: boolean;
  /** Under which name reasoning that only this service can read is kept. */
  reasoner: string;
}

/** @param official The hosts of the API's maker, and the name under which its reasoning is kept. */
export function serviceOf(
  { provider, base_url }: Pick<ModelSettings, 'provider' | 'base_url'>,
  official: { hosts: RegExp; reasoner: string },
): Service {
  const baseUrl = base_url ?? providerOf(provider)?.base_url ?? '';
  const url = URL.parse(baseUrl);
  const host = url?.host ?? baseUrl;
  const isOfficial = official.hosts.test(url?.hostname ?? '');
  return {
    label: isOfficial ? provider : `${provider} (${host})`,
    baseUrl,
    host,
    official: isOfficial,
    reasoner: isOfficial ? official.reasoner : host,
  };
}
