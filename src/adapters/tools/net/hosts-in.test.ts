import { expect, test } from 'vitest';
import { hostFact } from './host-fact.ts';
import { hostsIn } from './hosts-in.ts';

test.each([
  ['https://a.example/x', ['a.example:443']],
  ['see http://a.example/x, and (https://b.example).', ['a.example:80', 'b.example:443']],
  ['--url=http://127.1/', ['127.0.0.1:80']],
  ['http:\\\\127.1\\', ['127.0.0.1:80']],
  ['http:127.1', ['127.0.0.1:80']],
  ['at http://[::1]:8080', ['[::1]:8080']],
  ['at [http://a.example]', ['a.example:80']],
  ['https://a.example https://a.example', ['a.example:443']],
  ['gopher://10.0.0.1/', ['10.0.0.1:0']],
  ['note: nothing', []],
  ['mailto:a@b.example', []],
  ['a.example/x', []],
])('%j: %j', (text, expected) => {
  expect(hostsIn({ text }, []).map(({ host, port }) => `${host}:${port}`)).toEqual(expected);
});

test('wherever they stand in the arguments; what the tool has found of its own stays', () => {
  const known = [hostFact('url', 'https://a.example/')!];
  const pages = [{ url: 'https://a.example/', more: ['https://b.example/', 7, null] }];
  const args = { url: 'https://c.example/', pages, by: 'http://127.1/' };
  expect(hostsIn(args, known).map(({ arg, host }) => `${arg} ${host}`)).toEqual([
    'url a.example',
    'pages a.example',
    'pages b.example',
    'by 127.0.0.1',
  ]);
});
