/** Where requests in OpenAI's formats go. Compatible servers may refuse fields that only OpenAI's own endpoint knows. */
import { PROVIDERS } from '../../../contract/providers.ts';
import { type Service, serviceOf } from '../service.ts';
import type { ModelSettings } from '../settings.ts';

export interface Endpoint extends Service {
  /** Azure's, which takes the key in a header of its own. */
  azure: boolean;
  /** Z.AI's, which makes JSON but knows no schemas. */
  zai: boolean;
  /** ChatGPT's, asked by a login: it takes no limit on a reply. */
  codex: boolean;
}

/** OpenAI's host, also with a region before it. */
const OFFICIAL = { hosts: /^([a-z0-9-]+\.)?api\.openai\.com$/, reasoner: 'openai' };

const CODEX_URL = PROVIDERS['openai-codex'].base_url;

const AZURE_HOST = /\.(openai\.azure\.com|cognitiveservices\.azure\.com|services\.ai\.azure\.com)(:\d+)?$/;

/** Is that OpenAI's own service? */
export function isOfficial(baseUrl: string): boolean {
  return OFFICIAL.hosts.test(URL.parse(baseUrl)?.hostname ?? '');
}

export function endpointOf(settings: Pick<ModelSettings, 'provider' | 'base_url'>): Endpoint {
  if (settings.provider === 'openai-codex') return codexEndpoint(settings.base_url);
  const service = serviceOf(settings, OFFICIAL);
  return { ...service, azure: AZURE_HOST.test(service.host), zai: settings.provider === 'zai', codex: false };
}

/** Requests go to `…/codex/responses`, however much of that the address holds already. */
function codexEndpoint(base_url: string = CODEX_URL): Endpoint {
  const bare = base_url.replace(/\/+$/, '').replace(/\/codex(\/responses)?$/, '');
  const host = URL.parse(bare)?.host ?? bare;
  const ownHost = host === URL.parse(CODEX_URL)!.host;
  return {
    label: ownHost ? 'openai-codex' : `openai-codex (${host})`,
    baseUrl: `${bare}/codex`,
    host,
    official: true,
    azure: false,
    zai: false,
    codex: true,
    reasoner: 'openai-codex',
  };
}

/** Models that think before they answer; the others refuse to be asked for it. */
export function reasons(model: string): boolean {
  return /^(o\d|gpt-[5-9]|codex-)/.test(model) && !model.includes('-chat');
}
