/** Asks services which models they have. Read page by page is nothing: the first page holds what is current. */
import type { Clock } from '../../base/clock.ts';
import type { Routes } from './http/routes.ts';
import { createTransport } from './http/transport.ts';
import { ModelFault } from './reply/fault.ts';
import { isShownName } from '../../base/shown-name.ts';
import { isHeaderText } from './settings.ts';

/** A service's list of models, in its own format. */
export interface ListRequest {
  url: string;
  /** How the key is sent, and the answer reads: `openai` is what compatible services speak too. */
  format: 'openai' | 'anthropic' | 'gemini';
  key?: string | undefined;
  /** Further headers that each request there has. */
  headers?: Record<string, string> | undefined;
}

export interface ListedModel {
  id: string;
  /** Tokens, where the service says so. */
  context?: number;
  max_output?: number;
}

export type ModelList = { ok: true; models: ListedModel[] } | { ok: false; why: string };

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 8 * 1024 * 1024;

/** Never rejects: what goes wrong is said. */
export async function listModels(
  { url, format, key, headers = {} }: ListRequest,
  { clock, routes }: { clock: Clock; routes: Routes },
): Promise<ModelList> {
  if (key !== undefined && !isHeaderText(key)) return { ok: false, why: 'its key holds characters that no key has' };
  const transport = createTransport({ clock, routes, connectTimeoutMs: TIMEOUT_MS, idleTimeoutMs: TIMEOUT_MS });
  const late = new AbortController();
  const cancel = clock.at(clock.now() + 2 * TIMEOUT_MS, () => late.abort());
  try {
    const reply = await transport(url, {
      headers: [...keyHeaders(format, key), ...Object.entries(headers)],
      signal: late.signal,
    });
    if (reply.status !== 200) return { ok: false, why: `it answered ${reply.status}` };
    const models = modelsIn(JSON.parse(await wholeText(reply.body)));
    return models ? { ok: true, models } : { ok: false, why: 'it answered with no list of models' };
  } catch (thrown) {
    if (late.signal.aborted) return { ok: false, why: `no whole answer within ${(2 * TIMEOUT_MS) / 1000} s` };
    return { ok: false, why: thrown instanceof ModelFault ? thrown.message : 'it answered with no list of models' };
  } finally {
    cancel();
  }
}

function keyHeaders(format: ListRequest['format'], key: string | undefined): [string, string][] {
  if (key === undefined) return [];
  if (format === 'gemini') return [['x-goog-api-key', key]];
  if (format === 'openai') return [['authorization', `Bearer ${key}`]];
  return [
    ['x-api-key', key],
    ['anthropic-version', '2023-06-01'],
  ];
}

async function wholeText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new ModelFault('malformed', 'too_long', 'its list is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `{data: [{id}]}` of OpenAI and Anthropic, `{models: [{name: "models/…"}]}` of Gemini. */
function modelsIn(answer: unknown): ListedModel[] | undefined {
  const { data, models } = (answer ?? {}) as { data?: unknown; models?: unknown };
  const list = Array.isArray(data) ? data : models;
  if (!Array.isArray(list)) return undefined;
  return list.flatMap((one: unknown): ListedModel[] => {
    const { id, name, ...sizes } = (one ?? {}) as Record<string, unknown>;
    const known = typeof id === 'string' ? id : typeof name === 'string' ? name.replace(/^models\//, '') : undefined;
    if (known === undefined || !isShownName(known)) return [];
    const context = sizes['inputTokenLimit'] ?? sizes['context_length'] ?? sizes['max_input_tokens'];
    const max_output = sizes['outputTokenLimit'] ?? sizes['max_tokens'];
    return [
      {
        id: known,
        ...(isCount(context) && { context }),
        ...(isCount(max_output) && { max_output }),
      },
    ];
  });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
