import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '#generated/version.js';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { Entry } from '../../contract/entries.ts';
import type { JournalEnd } from '../../contract/ports.ts';
import type { EntryEvent } from '../../contract/stream.ts';
import type { Workspace } from '../../engine/wire.ts';
import { manualClock } from '../../engine/testing/world.ts';
import { serveFake } from '../http/testing/served-host.ts';
import { followSession } from './follow.ts';

const LIMIT_MS = 30_000;
const WITHIN = { timeout: LIMIT_MS };

vi.setConfig({ testTimeout: LIMIT_MS });

/** An entry; `mark` tells one from another at the same place. */
function event(seq: number, type: EntryEvent['type'] = 'timer.fired', mark = 'a'): EntryEvent {
  const scope = { kind: 'session', id: 's-1' } as const;
  const data = { turn: 1 };
  return { schemaVersion: 'runtime.event.v1', id: `${seq}-${mark}`, seq, at: seq, scope, type, data };
}

const numbered = (from: number, to: number): EntryEvent[] =>
  Array.from({ length: to - from + 1 }, (_, index) => event(from + index));

/** A session whose file holds these entries, followed behind those that were shown. */
function setUp(shown: EntryEvent[], { folder = newFolder(), clock = manualClock() } = {}) {
  const file: { log: EntryEvent[]; end: Partial<JournalEnd> } = { log: [...shown], end: {} };
  const journal: Pick<Workspace['store']['journal'], 'read'> = {
    async read(_, visit, from) {
      const after = from !== undefined && 'after' in from ? from.after : 0;
      const { log } = file;
      for (const { seq, at, type, data, id } of log.slice(after)) {
        const entry = { v: 1, seq, at, type, data } as Entry;
        await visit({ entry, id, hash: '', durable: 0 });
      }
      return { status: log.length > 0 ? 'whole' : 'absent', seq: log.length, hash: '', durable: 0, ...file.end };
    },
  };
  const workspace = { store: { journal, folder }, clock } as unknown as Workspace;
  const told: string[] = [];
  const begin = () =>
    followSession(workspace, 's-1', shown, {
      onEvent: ({ id, type, data, turn }) =>
        told.push(
          id === null
            ? `${type} ${(data as { text: string }).text}`
            : `${id}${turn === undefined ? '' : ` of ${turn}`}`,
        ),
      onReset: () => told.push('reset'),
    });
  /** Time passes until it holds. */
  const eventually = (check: () => void): Promise<void> =>
    vi.waitFor(async () => {
      await clock.advance(200);
      check();
    }, WITHIN);
  return { file, told, begin, eventually, clock };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-follow-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('where nobody owns the workspace the file is read as it grows, each entry once, with its turn', async () => {
  const { file, told, begin, eventually } = setUp([event(1), event(2, 'turn.started')]);
  const following = begin();
  file.log.push(event(3));
  await eventually(() => expect(told).toEqual(['3-a of 1']));
  file.log.push(event(4, 'turn.ended'), event(5));
  await eventually(() => expect(told).toEqual(['3-a of 1', '4-a of 1', '5-a']));
  following.close();
  expect(await following.ended).toBe('closed');
});

test('after it was closed nothing is told, and nothing waits any more', async () => {
  const { file, told, begin, clock } = setUp(numbered(1, 2));
  const following = begin();
  following.close();
  file.log.push(event(3));
  await clock.advance(10_000);
  expect(told).toEqual([]);
  expect(await following.ended).toBe('closed');
});

test('a session that is removed ends it', async () => {
  const { file, begin, eventually } = setUp(numbered(1, 2));
  const following = begin();
  let how: string | undefined;
  void following.ended.then((ended) => (how = ended));
  file.log = [];
  await eventually(() => expect(how).toBe('removed'));
});

test('a damaged file is an error', async () => {
  const { file, begin, eventually } = setUp(numbered(1, 2));
  file.end = { failure: { line: 3, seq: 3, code: 'hash_mismatch', message: 'its hash is another' } };
  const following = begin();
  let thrown: unknown;
  following.ended.catch((error: unknown) => (thrown = error));
  await eventually(() => expect(thrown).toMatchObject({ code: 'store_damaged' }));
});

test.each([
  ['was made anew', [event(1, 'timer.fired', 'b'), event(2, 'timer.fired', 'b'), event(3, 'timer.fired', 'b')]],
  ['lost its end', [event(1)]],
  ['has another end', [event(1), event(2, 'timer.fired', 'b')]],
] as const)('a session that %s is told from its first entry', async (_, log) => {
  const { file, told, begin, eventually } = setUp(numbered(1, 2));
  file.log = [...log];
  const following = begin();
  await eventually(() => expect(told).toEqual(['reset', ...log.map(({ id }) => id)]));
  following.close();
});

test('an owner tells what happens, also what is never stored; when it goes the file is read again', async () => {
  const { fake, folder, close } = await serveFake({ version });
  let open = true;
  onTestFinished(() => (open ? close() : undefined));
  const { file, told, begin } = setUp([fake.append('s-1')], {
    folder,
    clock: { ...systemClock, advance: async () => {} },
  });
  const following = begin();
  onTestFinished(following.close);
  const append = (): EntryEvent => {
    const appended = fake.append('s-1');
    file.log.push(appended);
    return appended;
  };
  const ids = (): string[] => told.map((one) => one.replace(/ of \d+$/, ''));
  await vi.waitFor(() => expect(fake.calls.get('watch')).toBe(1), WITHIN);
  const second = append();
  fake.tellDelta('s-1', 'so far');
  const third = append();
  await vi.waitFor(() => expect(ids()).toEqual([second.id, 'delta so far', third.id]), WITHIN);
  open = false;
  await close();
  const fourth = append();
  await vi.waitFor(() => expect(ids()).toEqual([second.id, 'delta so far', third.id, fourth.id]), WITHIN);
});
