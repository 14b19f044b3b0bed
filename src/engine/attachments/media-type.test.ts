import { expect, test } from 'vitest';
import { mediaTypeOf } from './media-type.ts';

test.each<[string, string | undefined]>([
  ['\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'image/png'],
  ['\xff\xd8\xff\xe0\0\x10JFIF', 'image/jpeg'],
  ['GIF87a', 'image/gif'],
  ['GIF89a', 'image/gif'],
  ['RIFF\x10\0\0\0WEBPVP8 ', 'image/webp'],
  ['%PDF-1.7', 'application/pdf'],
  ['RIFF\x10\0\0\0WAVEfmt ', undefined],
  ['\x89PNG', undefined],
  [' %PDF-1.7', undefined],
  ['', undefined],
  ['PNG', undefined],
])('%j', (bytes, media_type) => {
  expect(mediaTypeOf(Buffer.from(bytes, 'latin1'))).toBe(media_type);
});
