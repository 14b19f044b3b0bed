/** One client for all models: the request names the model, and what it takes to ask that is made when it is first asked. */
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { isHttpUrl, withScheme } from '../../base/http-url.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import type { Bearers } from '../../contract/login.ts';
import type { ModelReply } from '../../contract/messages.ts';
import type { ModelClient } from '../../contract/ports.ts';
import { createBreaker } from './breaker.ts';
import { createKeyRotation } from './key-rotation.ts';
import { type Provider, providerOf } from '../../contract/providers.ts';
import { failureOf, ModelFault } from './reply/fault.ts';
import { DEFAULT_REQUEST_TIMEOUT_MS, isHeaderText, type ModelSettings } from './settings.ts';
import type { Routes } from './http/routes.ts';

export interface ModelClientOptions {
  models: ModelSettings[];
  clock: Clock;
  /** For proxies, and OpenAI's organization and project. */
  environment: Environment;
  /** The login with ChatGPT, for its models. */
  login?: (routes: Routes) => Promise<Bearers>;
  /** A secret of the vault. @throws RuntimeError vault_locked | secret_missing | … */
  secret?: (name: string) => Promise<string>;
  /** The replies that stand in a session or an exported file, for models that play it. */
  recorded?: (source: string) => Promise<ModelReply[]>;
}

export interface Models extends ModelClient {
  /**
   * Loads what asking the model takes (the SDK, the script), so that it needn't be waited for later.
   * @throws RuntimeError config_unreadable | config_invalid when a script can't be used
   */
  prepare(name: string): Promise<void>;
}

export function createModelClient(options: ModelClientOptions): Models {
  /** With the key that each was made with: one in the vault may be another by now. */
  const clients = new Map<string, { client: Promise<ModelClient>; key: string | undefined }>();
  const breaker = createBreaker(options.clock);
  let routes: Promise<Routes> | undefined;

  const clientFor = async (name: string): Promise<ModelClient> => {
    const found = options.models.find((model) => model.name === name);
    let settings = found;
    if (found?.api_key_vault !== undefined) {
      try {
        settings = { ...found, api_key: await options.secret!(found.api_key_vault) };
      } catch (error) {
        const { code, message, next } = toRuntimeError(error);
        return failing('auth', code, `The key of the model "${name}" is not at hand. ${message} ${next}`); // it may be soon
      }
    }
    const known = clients.get(name);
    if (known && known.key === settings?.api_key) return known.client;
    const client = createClient(name, settings);
    clients.set(name, { client, key: settings?.api_key });
    return client;
  };

  const createClient = async (name: string, settings: ModelSettings | undefined): Promise<ModelClient> => {
    if (!settings) return failing('invalid_request', 'unknown_model', `The configuration has no model "${name}".`);
    if (settings.provider === 'script') return createScript(settings, options.clock);
    if (settings.provider === 'replay') return createReplay(settings, options);
    const provider = providerOf(settings.provider);
    if (!provider) {
      return failing(
        'invalid_request',
        'unknown_provider',
        `The model "${name}" has an unknown provider "${settings.provider}".`,
      );
    }
    if (!settings.api_key && (provider.needs_key || settings.api_key_env)) return keyMissing(settings, provider);
    const keys = keysOf(settings);
    const bad = keys.findIndex(({ api_key }) => api_key !== undefined && !isHeaderText(api_key));
    if (bad >= 0) return keyInvalid(settings, bad);
    if (settings.base_url !== undefined && !isHttpUrl(settings.base_url)) return addressInvalid(settings, provider);
    const shared = { clock: options.clock, routes: await routesFor(settings) };
    const clients = await Promise.all(keys.map((one) => askedBy(one, shared)));
    return breaker.guard(endpointName(settings), createKeyRotation(clients, options.clock));
  };

  /** Each provider's client is loaded when it is first used. */
  const askedBy = async (settings: ModelSettings, shared: { clock: Clock; routes: Routes }): Promise<ModelClient> => {
    switch (settings.provider) {
      case 'anthropic':
        return (await import('./anthropic/index.ts')).createAnthropicClient(settings, shared);
      case 'gemini':
        return (await import('./gemini/index.ts')).createGeminiClient(settings, shared);
      default: {
        const { OPENAI_ORG_ID: organization, OPENAI_PROJECT_ID: project } = options.environment;
        const { createOpenaiClient } = await import('./openai/index.ts');
        const byLogin = settings.provider === 'openai-codex';
        const login = byLogin ? await options.login!(shared.routes) : undefined;
        return createOpenaiClient(settings, { ...shared, organization, project, login });
      }
    }
  };

  const routesFor = async ({ proxy, ca }: ModelSettings): Promise<Routes> => {
    if (proxy === undefined && ca === undefined) return sharedRoutes();
    const { createRoutes } = await import('./http/routes.ts');
    return createRoutes(options.environment, {
      ...(proxy !== undefined && { proxy }),
      ...(ca !== undefined && { ca }),
    });
  };

  const sharedRoutes = (): Promise<Routes> => {
    routes ??= import('./http/routes.ts').then(({ createRoutes }) => createRoutes(options.environment));
    return routes;
  };

  return {
    prepare: async (name) => void (await clientFor(name)),
    async ask(request, context) {
      let client: ModelClient;
      try {
        client = await clientFor(request.name);
      } catch (error) {
        const { code, message } = toRuntimeError(error);
        return failureOf(new ModelFault('invalid_request', code, message));
      }
      return client.ask(request, context);
    },
  };
}

/** The settings with each of the keys. */
function keysOf({ more_api_keys = [], ...settings }: ModelSettings): ModelSettings[] {
  return [settings, ...more_api_keys.map((api_key) => ({ ...settings, api_key }))];
}

/** Who answers, as messages name it. */
function endpointName({ provider, base_url }: ModelSettings): string {
  const host = base_url === undefined ? undefined : URL.parse(base_url)?.host;
  return host === undefined ? provider : `${provider} (${host})`;
}

async function createScript(
  { script = 'demo', request_timeout_ms }: ModelSettings,
  clock: Clock,
): Promise<ModelClient> {
  const { createScriptClient, demoScript, loadScript } = await import('./script/index.ts');
  const timeoutMs = request_timeout_ms ?? DEFAULT_REQUEST_TIMEOUT_MS;
  return createScriptClient(script === 'demo' ? demoScript : await loadScript(script), { clock, timeoutMs });
}

async function createReplay({ replay = '' }: ModelSettings, { recorded }: ModelClientOptions): Promise<ModelClient> {
  const { createReplayClient } = await import('./replay.ts');
  return createReplayClient(replay, await recorded!(replay));
}

function keyMissing({ name, provider, api_key_env, base_url }: ModelSettings, { key }: Provider): ModelClient {
  const local = base_url === undefined ? '' : ' (any text, where the service wants no key)';
  const message = `The model "${name}" (${provider}) has no key: set ${api_key_env ?? key}${local}.`;
  return failing('auth', 'key_missing', message);
}

function keyInvalid({ name, provider, api_key_env, api_key_vault }: ModelSettings, index: number): ModelClient {
  const kept = api_key_vault === undefined ? undefined : `${api_key_vault} in the vault`;
  const first = kept ?? api_key_env ?? '`api_key` of its entry in models.registry';
  const where = index === 0 ? first : '`more_key_envs` of its entry in models.registry: the variables named there';
  const message = `The key of the model "${name}" (${provider}) holds blanks or other characters that no key has: set ${where} anew.`;
  return failing('auth', 'key_invalid', message);
}

function addressInvalid({ name, base_url }: ModelSettings, { base_url_variable }: Provider): ModelClient {
  const where = `base_url of the model${base_url_variable === undefined ? '' : ` or ${base_url_variable}`}`;
  const message = `The address of the model "${name}" is no URL: "${base_url}". Write ${withScheme(base_url!)} (${where}).`;
  return failing('invalid_request', 'base_url_invalid', message);
}

function failing(...fault: ConstructorParameters<typeof ModelFault>): ModelClient {
  return { ask: async () => failureOf(new ModelFault(...fault)) };
}
