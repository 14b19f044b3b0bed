/** A request's body: JSON of one of the shapes of `contract/api.ts`, and of bounded size. */
import type { IncomingMessage } from 'node:http';
import { parseStrictJson } from '../../base/strict-json.ts';
import { RuntimeError } from '../../contract/errors.ts';

export const BODY_BYTES = 8 * 1024 * 1024;
/** So much is said of what is wrong with a body: its own names stand in that. */
const LONGEST_PROBLEM = 500;

/** Of all bodies on their way so much may be in memory. Short ones always may come: so nobody can keep others out. */
const MOST_HELD_BYTES = 256 * 1024 * 1024;
const SMALL_BYTES = 64 * 1024;
let held = 0;

/** As the generated validators are. */
export interface Validate<T> {
  (value: unknown): value is T;
  errors?: { instancePath: string; keyword: string; params: Record<string, unknown> }[] | null;
}

/** @throws RuntimeError invalid_request | body_too_large | unsupported_media_type | overloaded */
export async function readBody<T>(request: IncomingMessage, validate: Validate<T>): Promise<T> {
  const [type] = (request.headers['content-type'] ?? '').split(';');
  if (type!.trim().toLowerCase() !== 'application/json' || encoded(request)) {
    throw new RuntimeError('unsupported_media_type', 'The body must be JSON, and not compressed.');
  }
  const parsed = parseStrictJson(decode(await readBytes(request)));
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

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: RuntimeError): void => {
        request.off('data', take);
        reject(error);
      };
      const tooLarge = (): void =>
        refuse(new RuntimeError('body_too_large', `The body is longer than ${BODY_BYTES / 2 ** 20} MiB.`));
      const take = (chunk: Buffer): void => {
        chunks.push(chunk);
        bytes += chunk.length;
        held += chunk.length;
        if (bytes > BODY_BYTES) tooLarge();
        else if (bytes > SMALL_BYTES && held > MOST_HELD_BYTES) {
          refuse(new RuntimeError('overloaded', 'Too many long bodies are on their way at once.'));
        }
      };
      if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES) return tooLarge();
      const brokeOff = (): void => reject(invalid('The body broke off.'));
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
