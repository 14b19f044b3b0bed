/** What becomes of a redaction that was cut short, by where that was. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../base/digest.ts';
import { isRedacting, beginRedaction, planRedaction, settleRedaction, stageFile } from './redaction.ts';
import { ownedStore, temporaryHome } from './testing.ts';
import { workspacePaths, type WorkspacePaths } from './workspace.ts';

const HASH = 'a'.repeat(64);
const BEFORE = 'b'.repeat(64);
const OLD = sha256('old');
const NAMED = sha256('named');

let home: string;
let remove: () => void;
let paths: WorkspacePaths;

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  paths = workspacePaths(home, 'default');
});
afterEach(() => remove());

const at = (name: string): string => join(paths.folder, name);
const blob = (hex: string): string => `blobs/sha256/${hex.slice(0, 2)}/${hex}`;

/** All is made, and the log says so where it is decided. */
async function made(how: { planned: boolean; decided: boolean }): Promise<void> {
  const { store } = ownedStore(home);
  await store.audit.append({ type: 'head', data: { session: 's-1', seq: 1, hash: BEFORE } }, { sync: true });
  for (const text of ['old', 'named']) await store.blobs.put(text);
  await store.audit.append({ type: 'access.denied', data: { what: `sha256:${NAMED}`, why: '', by: '' } });
  writeFileSync(at('sessions/s-1.jsonl'), 'old\n');
  writeFileSync(at('sessions/gone.jsonl'), 'old\n');
  beginRedaction(paths);
  const moves: { from: string; to: string }[] = [];
  await stageFile(paths, moves, { to: 'sessions/s-1.jsonl', texts: ['n', 'ew\n'] });
  const plan = { session: 's-1', hash: HASH, moves, removes: ['sessions/gone.jsonl'], blobs: [OLD, NAMED] };
  if (how.planned) planRedaction(paths, plan);
  const [before, after] = [{ seq: 1, hash: BEFORE }, { seq: 1, hash: HASH }]; // prettier-ignore
  const data = { sessions: [{ session: 's-1', before, after, count: 1 }], by: 'local' };
  if (how.decided) await store.audit.append({ type: 'session.redacted', data }, { sync: true });
  await store.close();
}

const found = () => ({
  journal: readFileSync(at('sessions/s-1.jsonl'), 'utf8'),
  gone: !existsSync(at('sessions/gone.jsonl')),
  blobs: [OLD, NAMED].map((hex) => existsSync(at(blob(hex)))),
  left: isRedacting(paths),
});
const AS_BEFORE = { journal: 'old\n', gone: false, blobs: [true, true], left: false };
const DONE = { journal: 'new\n', gone: true, blobs: [false, true], left: false };

test.each([
  [{ planned: false, decided: false }, AS_BEFORE],
  [{ planned: true, decided: false }, AS_BEFORE],
  [{ planned: true, decided: true }, DONE],
])('%j', async (how, expected) => {
  await made(how);
  settleRedaction(paths);
  expect(found()).toEqual(expected);
});

test('who takes the lock ends it', async () => {
  await made({ planned: true, decided: true });
  await ownedStore(home).store.close();
  expect(found()).toEqual(DONE);
});

test('a line behind a torn one decides nothing: the next opening cuts it, too', async () => {
  await made({ planned: true, decided: true });
  const log = readFileSync(paths.audit, 'utf8').trimEnd().split('\n');
  writeFileSync(paths.audit, `${log.with(-2, '\0'.repeat(40)).join('\n')}\n`);
  settleRedaction(paths);
  expect(found()).toEqual(AS_BEFORE);
});

test('what was done already is done once', async () => {
  await made({ planned: true, decided: true });
  const { store } = ownedStore(home);
  expect(found()).toEqual(DONE);
  expect(await store.audit.head('s-1')).toEqual({ seq: 1, hash: HASH });
  await store.close();
  settleRedaction(paths);
  expect(found()).toEqual(DONE);
});
