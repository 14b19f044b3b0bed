/** Files that go with a message, from each surface: images and documents as their bytes, texts as text. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import OpenAI from 'openai';
import { describe, expect } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import type { MockOpenai } from './support/mock-openai.ts';
import { entriesOf, expectVerified, KEY, type Place, test } from './support/place.ts';
import { enter, openRepl, sessionsOf } from './support/repl.ts';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==', 'base64'); // prettier-ignore
const PDF = Buffer.from('%PDF-1.4\n1 0 obj <</Type/Pages/Count 2>> endobj\n2 0 obj <</Type/Page>> endobj\n3 0 obj <</Type /Page>> endobj\n'); // prettier-ignore
const DATA_URL = `data:image/png;base64,${PNG.toString('base64')}`;

function give(place: Place, files: Record<string, Buffer | string>): void {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(place.project, name), bytes);
}

/** The last message that the model was sent, as its service got it. */
function lastMessage(mock: MockOpenai): { content: unknown } {
  return (mock.requests.at(-1)!.body as { messages: { content: unknown }[] }).messages.at(-1)!;
}

function partsOf(place: Place, session: string): unknown[] {
  return entriesOf(place.journal(session), 'input.received').flatMap(({ parts }) => parts);
}

describe('run --attach', () => {
  test('an image, a document and a text go with the message, in that order', async ({ place, mock }) => {
    place.connect(mock);
    give(place, { 'cat.png': PNG, 'two.pdf': PDF, 'notes.md': 'Thirty notes.' });
    mock.reply({ text: 'A cat.' });
    const files = ['cat.png', 'two.pdf', 'notes.md'].flatMap((name) => ['--attach', name]);
    const ran = await place.run(['run', '--session', 'one', ...files, 'What is this?']);
    expect(ran).toMatchObject({ code: 0, stdout: 'A cat.\n' });
    expect(lastMessage(mock).content).toMatchObject([
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: DATA_URL } },
      {
        type: 'file',
        file: { filename: 'two.pdf', file_data: `data:application/pdf;base64,${PDF.toString('base64')}` },
      },
      { type: 'text', text: 'The file notes.md:\nThirty notes.' },
    ]);
    expect(partsOf(place, 'one')).toMatchObject([
      { type: 'text' },
      { type: 'image', media_type: 'image/png', name: 'cat.png', bytes: PNG.length },
      { type: 'file', media_type: 'application/pdf', name: 'two.pdf', bytes: PDF.length, pages: 2 },
      { type: 'text' },
    ]);
    expect((await place.run(['session', 'show', 'one'])).stdout).toContain('[image cat.png, 70 bytes]');
    await expectVerified(place, 'one');
  });

  test('an image alone is a message, also on a terminal; what it is, its bytes say', async ({ place, mock }) => {
    place.connect(mock);
    give(place, { 'cat.txt': PNG });
    mock.reply({ text: 'A cat.' });
    const ran = await place.run(['run', '--session', 'one', '--attach', 'cat.txt']);
    expect(ran).toMatchObject({ code: 0, stdout: 'A cat.\n' });
    expect(JSON.stringify(lastMessage(mock))).toContain(DATA_URL);
    expect((await place.run(['session', 'ls'])).stdout).toContain('[image cat.txt, 70 bytes]');
  });

  test('what can not go with a message is refused before anything is kept, and it says why', async ({
    place,
    mock,
  }) => {
    place.connect(mock);
    give(place, {
      'a.zip': Buffer.from('PK\x03\x04\x00\x00', 'latin1'),
      'large.png': Buffer.concat([PNG, Buffer.alloc(5 * 1024 * 1024)]),
      'long.txt': 'x'.repeat(512 * 1024 + 1),
    });
    const refusal = async (name: string): Promise<string> => {
      const { code, stderr } = await place.run(['run', '--session', 'one', '--attach', name, 'look']);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refusal('a.zip')).toContain('a.zip is no text, image or document');
    expect(await refusal('large.png')).toContain('large.png has 5242950 bytes; at most 5242880 go with a message');
    expect(await refusal('long.txt')).toContain('long.txt has 524289 bytes; at most 524288 go with a message');
    expect(await refusal('missing.txt')).toContain('--attach missing.txt: there is no such file');
    expect(await refusal('.')).toContain('--attach .: there is no such file');
    expect(mock.requests).toEqual([]);
    expect(readdirSync(join(place.home, 'workspaces/default'))).not.toContain('sessions/one.jsonl');
  });

  test('a link that leads out of the project is refused, and the file goes by its own name', async ({
    place,
    mock,
  }) => {
    place.connect(mock);
    const outside = join(place.project, '../diary.txt');
    writeFileSync(outside, 'Dear diary.');
    symlinkSync('../diary.txt', join(place.project, 'notes.txt'));
    const run = (name: string) => place.run(['run', '--session', 'one', '--attach', name, 'look']);
    const refused = await run('notes.txt');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('notes.txt is not attached: ');
    expect(refused.stderr).toContain(`leads by a link to ${outside}, which is not in the project`);
    expect(refused.stderr).toContain('Name the file itself by its own path');
    expect(mock.requests).toEqual([]);
    mock.reply({ text: 'I see.' });
    expect(await run(outside)).toMatchObject({ code: 0, stdout: 'I see.\n' });
    expect(JSON.stringify(lastMessage(mock))).toContain('Dear diary.');
  });

  test('nor are such links of a repository followed for somebody who stands elsewhere', async ({ place, mock }) => {
    place.connect(mock);
    place.write('.git/HEAD', 'ref: refs/heads/main\n');
    place.write('.env', 'TOKEN=geheim-4711');
    writeFileSync(join(place.project, '../diary.txt'), 'Dear diary.');
    symlinkSync('../diary.txt', join(place.project, 'notes.txt'));
    symlinkSync('.env', join(place.project, 'more.txt'));
    for (const name of ['notes.txt', 'more.txt']) {
      const args = ['run', '--session', 'one', '--attach', join(place.project, name), 'look'];
      for (const cwd of ['/', dirname(place.project)]) {
        const refused = await place.run(args, { cwd });
        expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('is not attached: ') });
      }
    }
    expect(mock.requests).toEqual([]);
  });

  test('nor is a link that leads to a secret of the project, however it is named', async ({ place, mock }) => {
    place.connect(mock);
    place.write('.env', 'TOKEN=geheim-4711');
    mkdirSync(join(place.project, 'docs'));
    symlinkSync('../.env', join(place.project, 'docs/notes.md'));
    for (const name of ['docs/notes.md', './docs/../docs/notes.md']) {
      const refused = await place.run(['run', '--session', 'one', '--attach', name, 'look']);
      expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('is not attached: ') });
    }
    expect(mock.requests).toEqual([]);
  });

  test('a known secret is taken out of a text, and an image that has one in it is refused', async ({ place, mock }) => {
    place.connect(mock);
    give(place, { 'env.txt': `KEY=${KEY}`, 'cat.png': Buffer.concat([PNG, Buffer.from(KEY)]) });
    mock.reply({ text: 'Kept.' });
    const told = await place.run(['run', '--session', 'one', '--attach', 'env.txt', 'keep it']);
    expect(told.code).toBe(0);
    expect(JSON.stringify(lastMessage(mock))).toContain('KEY=');
    expect(JSON.stringify(mock.requests.map(({ body }) => body))).not.toContain(KEY);
    const ran = await place.run(['run', '--attach', 'cat.png', 'look']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('cat.png has a known secret in it');
  });

  test('a goal’s steps are given its files', async ({ place, mock }) => {
    place.connect(mock);
    give(place, { 'cat.png': PNG });
    const steps = [
      { id: 'one', title: 'Look', task: 'Look at it.' },
      { id: 'two', title: 'Say', task: 'Say what it is.' },
    ];
    mock.reply({ text: JSON.stringify({ steps }) }, { text: 'Seen.' }, { text: 'Said.' }, { text: 'A cat.' });
    const ran = await place.run(['goal', '--attach', 'cat.png', 'What is it?']);
    expect(ran).toMatchObject({ code: 0, stdout: 'A cat.\n' });
    expect(mock.requests.map(({ body }) => JSON.stringify(body).includes(DATA_URL))).toEqual([true, true, true, true]);
  });
});

test('exported and imported, an image is still there, and is seen by the next model', async ({ place, mock }) => {
  place.connect(mock);
  give(place, { 'cat.png': PNG });
  mock.reply({ text: 'A cat.' }, { text: 'Still a cat.' });
  await place.run(['run', '--session', 'one', '--attach', 'cat.png', 'look']);
  const file = join(place.project, 'one.jsonl');
  expect((await place.run(['session', 'export', 'one', '--file', file])).code).toBe(0);
  expect((await place.run(['session', 'import', file, '--as', 'two'])).code).toBe(0);
  expect((await place.run(['store', 'gc'])).code).toBe(0);
  expect(await place.run(['run', '--session', 'two', 'and now?'])).toMatchObject({ stdout: 'Still a cat.\n' });
  expect(JSON.stringify(mock.requests.at(-1)!.body)).toContain(DATA_URL);
  await expectVerified(place, 'two');
});

test('in the terminal, @image goes with the message and is named below it', async ({ place, mock }) => {
  place.connect(mock);
  give(place, { 'cat.png': PNG });
  mock.reply({ text: 'A cat.' });
  const terminal = await openRepl(place);
  await enter(terminal, 'What is @cat.png?', 'A cat.');
  expect(terminal.screen()).toContain('@cat.png · image/png, 70 bytes');
  expect(JSON.stringify(lastMessage(mock))).toContain(DATA_URL);
  expect(partsOf(place, sessionsOf(place)[0]!)).toHaveLength(2);
});

test('over HTTP a file comes with its bytes; what is none is refused with 400', async ({ place, mock }) => {
  place.connect(mock);
  mock.reply({ text: 'A cat.' });
  const daemon = await startDaemon(place);
  const file = { type: 'file', name: 'cat\n.png', base64: PNG.toString('base64') };
  const { accepted, status } = await daemon.send({ parts: [{ type: 'text', text: 'look' }, file] });
  expect(status).toMatchObject({ status: 'done', reason: 'success' });
  expect(partsOf(place, accepted.session_id)).toMatchObject([{}, { type: 'image', name: 'cat .png' }]);
  const refused = async (part: object): Promise<unknown> => {
    const response = await daemon.ask('POST', '/v1/events', { parts: [part] });
    expect(response.status).toBe(400);
    return response.json();
  };
  expect(await refused({ ...file, base64: `${file.base64}\n` })).toMatchObject({ code: 'attachment_unfit' });
  expect(await refused({ ...file, base64: 'UEsDBAAA' })).toMatchObject({ code: 'attachment_unfit' });
  expect(await refused({ type: 'file', path: '/etc/passwd' })).toMatchObject({ code: 'invalid_request' });
  expect(await refused({ type: 'image', blob: `sha256:${'0'.repeat(64)}` })).toMatchObject({ code: 'invalid_request' });
});

test('OpenAI’s own client sends images and documents', async ({ place, mock }) => {
  place.connect(mock);
  mock.reply({ text: 'A cat.' }, { text: 'A letter.' });
  const daemon = await startDaemon(place);
  const client = new OpenAI({ baseURL: `${daemon.url}/v1`, apiKey: daemon.token });
  const image = { type: 'image_url' as const, image_url: { url: DATA_URL } };
  const content = [{ type: 'text' as const, text: 'What is this?' }, image];
  const seen = await client.chat.completions.create({ model: 'mock', messages: [{ role: 'user', content }] });
  expect(seen.choices[0]!.message.content).toBe('A cat.');
  expect(JSON.stringify(lastMessage(mock))).toContain(DATA_URL);
  const file_data = `data:application/pdf;base64,${PDF.toString('base64')}`;
  const file = { type: 'input_file' as const, filename: 'two.pdf', file_data };
  const read = await client.responses.create({ model: 'mock', input: [{ role: 'user', content: [file] }] });
  expect(read.output_text).toBe('A letter.');
  expect(JSON.stringify(lastMessage(mock))).toContain(file_data);
  const broken = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA' } };
  await expect(
    client.chat.completions.create({ model: 'mock', messages: [{ role: 'user', content: [broken] }] }),
  ).rejects.toMatchObject({ status: 400, code: 'attachment_unfit' });
});
