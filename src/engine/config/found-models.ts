/** What a first configuration may propose: a key in the environment, an Ollama on this machine. */
import { isShownName } from '../../base/shown-name.ts';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import type { ModelEntry } from '../../contract/config.ts';
import { providerOf } from '../../contract/providers.ts';
import { entriesByKey, ollamaOrigin } from './models.ts';

const OLLAMA_DEADLINE_MS = 300;
const LARGEST_ANSWER = 1 << 20;

export interface FoundModels {
  /** The built-in models of the providers whose key is in the environment; the key stays in its variable. */
  keyed?: ModelEntry[];
  /** Names of the models that a local Ollama serves; absent where none answers. */
  ollama?: string[];
}

export async function findModels(environment: Environment, clock: Clock): Promise<FoundModels> {
  const ollama = await servedModels(`${ollamaOrigin(environment)}/v1/models`, clock);
  const keyed = entriesByKey(environment).map((entry) => ({ ...entry, api_key_env: providerOf(entry.provider)!.key! }));
  return { ...(keyed.length > 0 && { keyed }), ...(ollama && { ollama }) };
}

/**
 * The models that an Ollama or another compatible service serves (`…/v1/models`). Whatever goes wrong means: none is known.
 */
export async function servedModels(
  url: string,
  clock: Clock,
  {
    withinMs = OLLAMA_DEADLINE_MS,
    key,
    signal,
  }: { withinMs?: number; key?: string | undefined; signal?: AbortSignal } = {},
): Promise<string[] | undefined> {
  const { get } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  const asked = new Promise<string[] | undefined>((resolve) => {
    const headers = key ? { authorization: `Bearer ${key}` } : {};
    const request = get(url, { headers, ...(signal && { signal }) }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > LARGEST_ANSWER) request.destroy();
      });
      response.on('end', () =>
        finish(response.statusCode === 200 ? modelNames(Buffer.concat(chunks).toString()) : undefined),
      );
      response.on('error', () => finish(undefined));
      response.on('close', () => finish(undefined));
    });
    const cancelDeadline = clock.at(clock.now() + withinMs, () => request.destroy());
    const finish = (names: string[] | undefined): void => {
      cancelDeadline();
      request.destroy(); // else a kept connection holds the process
      resolve(names);
    };
    request.on('error', () => finish(undefined));
    request.on('close', () => finish(undefined));
  });
  return asked.catch(() => undefined); // a key or an address of which no request can be made
}

function modelNames(text: string): string[] | undefined {
  try {
    const { data } = JSON.parse(text) as { data?: { id?: unknown }[] };
    const names = data?.map(({ id }) => id).filter((id) => typeof id === 'string');
    // Those can't converse; and what can't be shown is no name.
    return names?.filter((name) => !/embed|rerank/i.test(name) && isShownName(name));
  } catch {
    return undefined;
  }
}
