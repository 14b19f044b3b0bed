import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { pagesOf } from './pdf-pages.ts';

const stream = (objects: string, dictionary = '/Type /ObjStm /N 2 /Filter /FlateDecode'): Buffer =>
  Buffer.concat([
    Buffer.from(`7 0 obj\n<< ${dictionary} >>\nstream\r\n`),
    deflateSync(objects),
    Buffer.from('\nendstream\nendobj\n'),
  ]);
const pdf = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat([Buffer.from('%PDF-1.7\n'), ...parts.map((part) => Buffer.from(part))]);

test.each([
  ['plain objects', pdf('<</Type/Pages/Count 3>>', '<</Type/Page/Parent 1 0 R>>', '<< /Type\n/Page >>'), 2],
  ['compressed objects', pdf(stream('<</Type/Pages>> <</Type/Page>> <</Type/Page>>'), stream('<</Type /Page>>')), 3],
  ['both', pdf('<</Type/Page>>', stream('<</Type/Page>>')), 2],
  ['streams of something else', pdf('<</Type/Page>>', stream('/Type/Page', '/Type /XObject')), 1],
])('%s', async (_, bytes, pages) => {
  expect(await pagesOf(bytes)).toBe(pages);
});

test.each([
  ['none', pdf('hello')],
  ['a stream that can not be unpacked', pdf('<</Type/ObjStm>>\nstream\nnonsense\nendstream')],
  ['a stream that never begins', pdf('<</Type/ObjStm>>')],
  ['a stream that grows beyond what is unpacked', pdf(stream(`<</Type/Page>>${' '.repeat(5 * 1024 * 1024)}`))],
])('%s: nobody knows', async (_, bytes) => {
  expect(await pagesOf(bytes)).toBeUndefined();
});

test('a document that is made to take long is given up on', async () => {
  const bomb = stream(' '.repeat(4 * 1024 * 1024 - 10));
  const bytes = pdf('<</Type/Page>>', ...Array.from({ length: 400 }, () => bomb));
  expect(await pagesOf(bytes)).toBe(1);
});
