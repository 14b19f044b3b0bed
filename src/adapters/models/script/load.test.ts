import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadScript } from './load.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'script-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'script.yaml');
  writeFileSync(path, text);
  return path;
}

test('the example of the documentation', async () => {
  const script = await loadScript(join(import.meta.dirname, '../../../../docs/examples/script-model.yaml'));
  expect(script.turns.length).toBeGreaterThan(3);
});

test.each([
  { text: 'model: script/v1\nturns: [{match: {any: true}, replay: {}}]', says: 'turns[0]: Unrecognized key: "replay"' },
  { text: 'model: script/v2\nturns: []', says: 'model: Invalid input: expected "script/v1"' },
  {
    text: 'model: script/v1\nturns: [{match: {any: true}, reply: {calls: [{arguments: {}}]}}]',
    says: 'turns[0].reply.calls[0].tool: ',
  },
  { text: 'model: script/v1\nturns: [{match: {any: true}, reply: {delay: soon}}]', says: 'turns[0].reply.delay: ' },
  { text: '- a list', says: 'expected object' },
  { text: 'model: [', says: '(1:9)' },
  { text: '', says: 'the input is empty' },
])('$text is refused: $says', async ({ text, says }) => {
  const path = file(text);
  const refused = loadScript(path);
  await expect(refused).rejects.toMatchObject({ name: 'RuntimeError', code: 'config_invalid' });
  await expect(refused).rejects.toThrow(`${path}: `);
  await expect(refused).rejects.toThrow(says);
});

test('a file that is not there', async () => {
  await expect(loadScript(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'config_unreadable' });
});
