import { expect, test } from 'vitest';
import { createLineRedactor } from './redact-line.ts';

const redact = createLineRedactor([
  { name: 'KEY', value: 'plain-secret' },
  { name: 'odd', value: 'odd"secret\\' },
]);

test.each([
  [{ msg: 'asked with plain-secret' }, 'plain-secret'],
  [{ msg: 'asked with odd"secret\\ too' }, 'odd\\"secret'],
  [{ headers: { authorization: 'Bearer abcdefgh12345' } }, 'abcdefgh'],
  [{ msg: 'header Authorization: Bearer abc.def-ghi' }, 'abc.def'],
  [{ headers: { Cookie: 'a="b"' } }, 'a=\\"b'],
  [{ problem: 'no model sk-proj-0123456789abcdef' }, 'sk-proj'],
  [{ problem: 'token rt_0123456789abcdefghijk is none' }, 'rt_0123'],
])('%j holds no secret', (record, secret) => {
  const line = redact(JSON.stringify(record));
  expect(line).not.toContain(secret);
  expect(line).toContain('[REDACTED');
  expect(JSON.parse(line)).toEqual(expect.any(Object));
});

test('what is no secret stays', () => {
  const line = JSON.stringify({
    msg: 'task-0123456789abcdef',
    token_count: 3,
    session_id: 's-01m7xc30kyacxnv7rnhet839sg',
  });
  expect(redact(line)).toBe(line);
});
