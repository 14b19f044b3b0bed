/** What a file is, by its first bytes: services refuse an image that isn't what it is called. */

export const PDF = 'application/pdf';

/** Of what all services take. PNG: ISO/IEC 15948, 5.2; JPEG: ITU T.81, B.1; GIF89a, 17; WebP: RFC 9649, 2.3; PDF: ISO 32000, 7.5.2. */
const BEGINNINGS: readonly [media_type: string, beginning: RegExp][] = [
  // eslint-disable-next-line no-control-regex -- the bytes that it begins with
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
  [PDF, /^%PDF-\d/],
];
const LONGEST_BEGINNING = 16;

/** Undefined: something else, perhaps a text. */
export function mediaTypeOf(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, LONGEST_BEGINNING);
  return BEGINNINGS.find(([, beginning]) => beginning.test(head))?.[0];
}
