import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { heartbeatPrompt, lookAround, saysNothingToDo } from './heartbeat.ts';
import { newJob } from './new-job.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

let person: string;
let root: string;
beforeEach(() => {
  person = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-heartbeat-')));
  root = join(person, 'project');
  for (const folder of ['project', '.ssh', '.runtime', 'documents']) mkdirSync(join(person, folder));
});
afterEach(() => rmSync(person, { recursive: true, force: true }));

const write = (text: string, name = 'HEARTBEAT.md'): void => writeFileSync(join(root, name), text);
const job = (heartbeat = 'HEARTBEAT.md') => newJob({ name: 'pulse', heartbeat }, { now: NOW, tz: 'UTC', root });
const around = () => ({ home: join(person, '.runtime'), ownFiles: [], environment: { HOME: person } });
const look = (now = NOW, file?: string): ReturnType<typeof lookAround> => lookAround(job(file), now, around());
const prompt = async (file?: string): Promise<string> => (await heartbeatPrompt(job(file), around())).text;

test('comes each 30 minutes, where nothing else is said', () => {
  expect(job()).toMatchObject({ schedule: '@every 30m', session: 'own' });
});

describe('there is nothing to be looked after', () => {
  test.each([
    ['in an empty file', ''],
    ['in comments', '<!-- check the mail -->\n<!--\nand the post\n-->\n'],
    ['in a comment that is not ended', '<!-- check the mail\nand the post'],
    ['in headings and empty items', '# Heartbeat\n\n- [ ]\n-\n* [x]\n'],
  ])('%s', async (_, text) => {
    write(text);
    expect(await look()).toBe(undefined);
    await expect(prompt()).rejects.toMatchObject({ code: 'schedule_invalid' });
  });

  test('in no file', async () => {
    expect(await look()).toBe(undefined);
  });
});

test('what it says is what changes', async () => {
  write('- Check the mail\n');
  const first = await look();
  expect(first).toMatch(/^sha256:/);
  expect(await look(NOW + 1_000_000)).toBe(first);
  write('- Check the post\n');
  expect(await look()).not.toBe(first);
  expect(await prompt()).toContain('- Check the post');
});

test('what it watches is what changes: a file, and what is in a folder', async () => {
  write('- Answer what comes in\n- watch: inbox\nWatch: notes.txt\n');
  const seen = [await look()];
  const isNew = async (): Promise<void> => {
    const digest = await look();
    expect(seen).not.toContain(digest);
    expect(await look()).toBe(digest);
    seen.push(digest);
  };
  mkdirSync(join(root, 'inbox'));
  await isNew();
  write('one', 'inbox/1.txt');
  await isNew();
  utimesSync(join(root, 'inbox/1.txt'), 1, 1);
  await isNew();
  write('three', 'notes.txt');
  await isNew();
  rmSync(join(root, 'inbox/1.txt'));
  await isNew();
  write('elsewhere', 'other.txt');
  expect(await look()).toBe(seen.at(-1));
});

test('a time that comes is a change, once', async () => {
  write('- Due: 2026-03-01T13:00:01+01:00 call the office\n');
  const before = await look();
  const after = await look(NOW + 1000);
  expect(after).not.toBe(before);
  expect(await look(NOW + 1_000_000)).toBe(after);
});

test('a file that is too long is refused', async () => {
  write('x'.repeat(100_000));
  await expect(look()).rejects.toMatchObject({ code: 'schedule_invalid' });
});

describe('what a command of the agent may have put in place of the file', () => {
  const put = (path: string): void => writeFileSync(join(person, path), 'WORD');
  const refused = async (file?: string): Promise<void> => {
    const error = { code: 'schedule_invalid', message: expect.not.stringContaining('WORD') as string };
    await expect(look(NOW, file)).rejects.toMatchObject(error);
    await expect(prompt(file)).rejects.toMatchObject(error);
  };
  test.each([
    ['a link to a file beside the project', 'documents/diary.txt', '../documents/diary.txt'],
    ['a link to a secret in the home of the person', '.ssh/id_ed25519', '../.ssh/id_ed25519'],
    ['a link to a secret in the project', 'project/.env', '.env'],
    ["a link to what is the runtime's", '.runtime/config.yaml', '../.runtime/config.yaml'],
  ])('%s is refused', async (_, path, target) => {
    put(path);
    symlinkSync(target, join(root, 'HEARTBEAT.md'));
    await refused();
  });

  test('a link to nothing outside, which may come', async () => {
    symlinkSync('../documents/later.txt', join(root, 'HEARTBEAT.md'));
    await refused();
  });

  test('a folder on the way that is a link is refused', async () => {
    put('documents/HEARTBEAT.md');
    symlinkSync('../documents', join(root, 'notes'));
    await refused('notes/HEARTBEAT.md');
  });

  test('the project itself, moved away and a link put there, is refused', async () => {
    put('documents/HEARTBEAT.md');
    const made = job();
    rmSync(root, { recursive: true });
    symlinkSync('documents', root);
    await expect(heartbeatPrompt(made, around())).rejects.toMatchObject({ code: 'schedule_invalid' });
  });

  test.each(['.ssh/id_ed25519', '.runtime/config.yaml'])('another name of ~/%s is refused', async (path) => {
    put(path);
    linkSync(join(person, path), join(root, 'HEARTBEAT.md'));
    await refused();
  });
});

test('a link within the project is followed, and a file elsewhere that the person named is read', async () => {
  write('- Check the mail', 'todo.md');
  symlinkSync('todo.md', join(root, 'HEARTBEAT.md'));
  expect(await prompt()).toContain('Check the mail');
  writeFileSync(join(person, 'documents/beat.md'), '- Check the post');
  expect(await prompt('../documents/beat.md')).toContain('Check the post');
  expect(await prompt(join(person, 'documents/beat.md'))).toContain('Check the post');
});

test.each([
  ['HEARTBEAT_OK', true],
  [' **HEARTBEAT_OK**.\n', true],
  ['`HEARTBEAT_OK`', true],
  ['HEARTBEAT_OK, but the disk is full.', false],
  ['All is well.', false],
  ['', false],
])('%j says that there is nothing to do: %s', (text, is) => {
  expect(saysNothingToDo(text)).toBe(is);
});
