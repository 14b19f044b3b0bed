/** Images and files in a request, as either API has them. They must come with it: nothing is fetched for a caller. */
import type { SubmittedPart } from '../../../contract/host.ts';
import { refused } from './errors.ts';

export type AttachedFile = Extract<SubmittedPart, { type: 'file' }>;

interface ContentPart {
  type: string;
  [key: string]: unknown;
}

/** As RFC 2397 has it; what it says of the type is not believed, the bytes say it. */
const DATA_URL = /^data:[^,]{0,256};base64,/i;

/** Undefined: it is something else. `place` names it in a refusal. @throws ProblemWith */
export function fileIn(part: ContentPart, place: string): AttachedFile | undefined {
  switch (part.type) {
    case 'image_url':
      return fromUrl(fieldOf(part['image_url'], 'url'), `${place}.image_url.url`);
    case 'input_image':
      return fromUrl(part['image_url'], `${place}.image_url`);
    case 'file':
      return named(fieldOf(part['file'], 'file_data'), fieldOf(part['file'], 'filename'), `${place}.file`);
    case 'input_file':
      return named(part['file_data'], part['filename'], place);
    default:
      return undefined;
  }
}

function named(data: unknown, filename: unknown, place: string): AttachedFile {
  const file = fromUrl(data, `${place}.file_data`);
  return typeof filename === 'string' && filename !== '' ? { ...file, name: filename } : file;
}

function fromUrl(url: unknown, place: string): AttachedFile {
  const head = typeof url === 'string' ? DATA_URL.exec(url)?.[0] : undefined;
  if (typeof url === 'string' && head !== undefined) return { type: 'file', base64: url.slice(head.length) };
  throw refused(
    place,
    'Files come with the request, as `data:<type>;base64,…`: no address is fetched, and none is kept by an id.',
  );
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
