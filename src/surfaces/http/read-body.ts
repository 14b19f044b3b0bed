/** A request's body: JSON of one of the shapes of `contract/api.ts`, and of bounded size. */
import type { IncomingMessage } from 'node:http';
import { parseStrictJson } from '../../base/strict-json.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Act } from '../../engine/principal.ts';
import { createValueCounter } from './count-values.ts';

export const BODY_BYTES = 8 * 1024 * 1024;
/** Of a request that carries no message. */
export const SHORT_BODY_BYTES = 128 * 1024;
/** Parsing takes as long as there are values, and meanwhile nobody else is served. */
const MOST_VALUES = 50_000;
/** So much is said of what is wrong with a body: its own names stand in that. */
const LONGEST_PROBLEM = 500;

/** Of all bodies on their way so much may be in memory. Short ones always may come: so nobody can keep others out. */
const MOST_HELD_BYTES = 256 * 1024 * 1024;
const SMALL_BYTES = 64 * 1024;
let held = 0;

export interface WantedBody {
  /** What it is for: of who may not do that nothing is read. Absent: that isn't known before. */
  act?: Act;
  /** Longer than usual. */
  mostBytes?: number;
}

/** As the generated validators are. */
export interface Validate<T> {
  (value: unknown): value is T;
  errors?: { instancePath: string; keyword: string; params: Record<string, unknown> }[] | null;
}

/** @throws RuntimeError invalid_request | body_too_large | unsupported_media_type | overloaded */
export async function readBody<T>(request: IncomingMessage, validate: Validate<T>, mostBytes: number): Promise<T> {
  const [type] = (request.headers['content-type'] ?? '').split(';');
  if (type!.trim().toLowerCase() !== 'application/json' || encoded(request)) {
    throw new RuntimeError('unsupported_media_type', 'The body must be JSON, and not compressed.');
  }
  const parsed = parseStrictJson(decode(await readBytes(request, mostBytes)));
  if (!parsed.ok) throw invalid(`The body is ${parsed.message}.`.replace('is the ', 'has a flaw: the '));
  if (validate(parsed.value)) return parsed.value;
  throw invalid(describe(validate));
}

export function invalid(message: string): RuntimeError {
  const short = message.length > LONGEST_PROBLEM ? `${message.slice(0, LONGEST_PROBLEM)}…` : message;
  return new RuntimeError('invalid_request', short.toWellFormed());
}

function encoded({ headers }: IncomingMessage): boolean {
  return (headers['content-encoding'] ?? 'identity').trim().toLowerCase() !== 'identity';
}

async function readBytes(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const valuesWith = createValueCounter();
  let bytes = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: RuntimeError): void => {
        request.off('data', take);
        reject(error);
      };
      const tooLarge = (how: string): void => refuse(new RuntimeError('body_too_large', `The body ${how}.`));
      const tooLong = `is longer than ${mostBytes / 1024} KiB`;
      const take = (chunk: Buffer): void => {
        chunks.push(chunk);
        bytes += chunk.length;
        held += chunk.length;
        if (bytes > mostBytes) tooLarge(tooLong);
        else if (valuesWith(chunk) > MOST_VALUES) tooLarge(`has more than ${MOST_VALUES} values`);
        else if (bytes > SMALL_BYTES && held > MOST_HELD_BYTES) {
          refuse(new RuntimeError('overloaded', 'Too many long bodies are on their way at once.'));
        }
      };
      if (Number(request.headers['content-length'] ?? 0) > mostBytes) return tooLarge(tooLong);
      const brokeOff = (): void => reject(invalid('The body broke off.'));
      if (request.destroyed) return brokeOff(); // while it was looked up who asks: nothing tells of that again
      request.on('data', take);
      request.once('error', brokeOff);
      request.once('close', brokeOff);
      request.once('end', () => {
        request.off('close', brokeOff); // which comes each time, and making an error takes long
        resolve();
      });
    });
    return Buffer.concat(chunks);
  } finally {
    held -= bytes;
    chunks.length = 0; // the listeners would keep it
  }
}

const strict = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Buffer): string {
  try {
    return strict.decode(bytes);
  } catch {
    throw invalid('The body is not UTF-8.');
  }
}

/** What the validator found first, in words. */
function describe<T>({ errors }: Validate<T>): string {
  const [first] = errors ?? [];
  if (first === undefined) return 'The body is not valid.';
  const { instancePath, keyword, params } = first;
  const place = instancePath === '' ? 'The body' : instancePath.slice(1).replaceAll('/', '.');
  switch (keyword) {
    case 'additionalProperties':
      return `${place} has an unknown field: ${JSON.stringify(params['additionalProperty'])}.`;
    case 'required':
      return `${place} lacks the field ${JSON.stringify(params['missingProperty'])}.`;
    case 'type':
      return `${place} must be: ${String(params['type'])}.`;
    case 'enum':
      return `${place} must be one of: ${(params['allowedValues'] as unknown[]).join(', ')}.`;
    case 'maxLength':
      return `${place} is longer than ${String(params['limit'])} characters.`;
    case 'minLength':
    case 'minItems':
      return `${place} is empty.`;
    default:
      return `${place} is not valid (${keyword}).`;
  }
}
