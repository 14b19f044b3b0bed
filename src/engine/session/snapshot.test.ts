import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kernel } from '../../kernel/testing/story.ts';
import { live, type Lived } from '../../kernel/testing/world.ts';
import { createWorld, PERSON, reply, settle, type World } from '../testing/world.ts';
import { stories } from '../testing/stories.ts';
import { applyEvolved, newFold, type Folded } from './fold.ts';
import { findSnapshot, foldOf, keepSnapshot, type Snapshot, type SnapshotPorts } from './snapshot.ts';

/** `KERNEL_RUNS=20000` for a long search. */
const RUNS = Number(process.env['KERNEL_RUNS'] ?? 200);
const NOW = { before: 0, marked: Promise.resolve() };
const tape = fc.array(fc.nat(2 ** 30), { maxLength: 400, size: 'max' });

/** Ports that take a snapshot wherever one may be taken, and keep the text of each. */
function allSnapshots(): { ports: SnapshotPorts; texts: string[] } {
  const texts: string[] = [];
  const journal = { size: () => Infinity, place: async () => '', holds: async () => true };
  const ingress = { sync: async () => {} };
  const snapshots = {
    read: async () => undefined,
    write: async (_: string, value: unknown) => void texts.push(JSON.stringify(value)),
    remove: async () => {},
  };
  return { ports: { journal, ingress, snapshots, sources: 'test' }, texts };
}

function foldOn(fold: Folded, { entry, resolved }: Lived): void {
  applyEvolved(fold, entry, kernel.evolve(fold.state, entry, resolved));
}

test('in every world: a fold that goes on from a snapshot is the fold of all', { timeout: RUNS * 1000 }, async () => {
  let taken = 0;
  const property = fc.asyncProperty(tape, async (numbers) => {
    const { lived } = live(numbers);
    const { ports, texts } = allSnapshots();
    const whole = newFold(kernel);
    for (const one of lived) {
      foldOn(whole, one);
      if (one.entry.type === 'turn.ended') {
        await keepSnapshot(ports, 's', whole, { entry: one.entry, id: '', hash: '', durable: 0 }, NOW);
      }
    }
    for (const text of texts) {
      const snapshot = JSON.parse(text) as Snapshot;
      const fold = foldOf(snapshot);
      for (const one of lived.slice(snapshot.end.seq)) foldOn(fold, one);
      expect(fold).toStrictEqual(whole);
    }
    taken += texts.length;
  });
  await fc.assert(property, { numRuns: RUNS });
  expect(taken).toBeGreaterThan(RUNS / 2);
});

/** What opening gives: everything that work goes on from. */
async function opened(world: World, options?: { whole: boolean }) {
  const { fold, end, lastEnd, opening } = (await world.owner.open('s', options)).opened;
  return { fold, end, lastEnd, opening };
}

describe('opened with its snapshot, a session is what it is without', () => {
  test.each(Object.keys(stories))('the story %s', async (name) => {
    const before = await stories[name]!();
    await setImmediate(); // it follows the end of the turn
    const snapshot = JSON.parse(before.snapshots.get('s')!) as Snapshot;
    expect(snapshot.end.seq).toBeGreaterThan(10);
    const read: number[] = [];
    const world = createWorld({ before });
    await world.owner.open('s', { onStored: ({ entry }) => void read.push(entry.seq) });
    expect(read).toEqual(before.lines.get('s')!.map(({ seq }) => seq).slice(snapshot.end.seq)); // prettier-ignore
    expect(await opened(world)).toStrictEqual(await opened(world, { whole: true }));
  });

  test('and the model is asked the same', async () => {
    const ask = async (forget: boolean) => {
      const before = await talk('one', 'two');
      if (forget) before.snapshots.clear();
      const world = createWorld({ before });
      await world.send('s', 'three');
      return (await world.nextAsk()).request;
    };
    expect(await ask(false)).toStrictEqual(await ask(true));
  });
});

/** A session with these messages, each answered. */
async function talk(...messages: string[]): Promise<World> {
  const world = createWorld();
  for (const text of messages) {
    const { live: session } = await world.send('s', text);
    (await world.nextAsk()).answer(reply(`answer to ${text}`));
    await session.runner.rest();
    await world.owner.close(session);
  }
  return world;
}

describe('a snapshot is not used', () => {
  const portsOf = ({ snapshots }: World, over: Partial<SnapshotPorts> = {}): SnapshotPorts => ({
    journal: { size: () => 0, place: async () => '', holds: async () => true },
    ingress: { sync: async () => {} },
    snapshots: { read: async () => JSON.parse(snapshots.get('s')!), write: async () => {}, remove: async () => {} },
    sources: 'test',
    ...over,
  });

  test('made by another program, for another session, or of a journal that is not there any more', async () => {
    const world = await talk('one', 'two');
    expect(await findSnapshot(portsOf(world), 's', [])).toBeDefined();
    expect(await findSnapshot(portsOf(world, { sources: 'changed' }), 's', [])).toBeUndefined();
    expect(await findSnapshot(portsOf(world), 's-2', [])).toBeUndefined();
    const gone = { size: () => 0, place: async () => '', holds: async () => false };
    expect(await findSnapshot(portsOf(world, { journal: gone }), 's', [])).toBeUndefined();
  });

  test('while an event waits that it may already hold: its done mark was lost, and it is not answered twice', async () => {
    const world = await talk('one', 'two', 'three');
    world.done.clear();
    const session = await world.owner.open('s');
    await world.owner.enter(session);
    expect(await session.runner.rest()).toEqual({ kind: 'idle' });
    await world.owner.close(session);
    expect(world.types('s').filter((type) => type === 'input.received')).toHaveLength(3);
    expect(world.done.size).toBe(3);
  });
});

describe('a snapshot is taken', () => {
  test('when the done marks before it are durable, and of what was the case at the end of the turn', async () => {
    const order: string[] = [];
    let written = '';
    const note = (what: string) => async () => void order.push(what);
    const fold = newFold(kernel);
    const marked = Promise.withResolvers<void>();
    const keeping = keepSnapshot(
      {
        journal: { size: () => Infinity, place: async () => 'place', holds: async () => true },
        ingress: { sync: note('sync') },
        snapshots: {
          read: async () => undefined,
          write: async (_, value) => void (order.push('write'), (written = JSON.stringify(value))),
          remove: async () => {},
        },
        sources: 'test',
      },
      's',
      fold,
      { entry: { seq: 0 }, hash: '' } as Parameters<typeof keepSnapshot>[3],
      { before: 0, marked: marked.promise.then(note('marked')) },
    );
    fold.contents.push({ role: 'user', parts: [] } as unknown as Folded['contents'][number]);
    await settle();
    expect(order).toEqual([]);
    marked.resolve();
    await keeping;
    expect(order).toEqual(['marked', 'sync', 'write']);
    expect(JSON.parse(written)).toMatchObject({ place: 'place', contents: [] });
  });

  test('at the end of a turn behind which nothing waits', async () => {
    const world = createWorld();
    const { live: session } = await world.send('s', 'one');
    const ask = await world.nextAsk();
    await session.runner.post({
      type: 'input.received',
      data: {
        event_id: 'e-2',
        mode: 'message',
        parts: [],
        actor: PERSON,
        source: 'test',
        lane: 'interactive',
        taint: [],
      },
    });
    ask.answer(reply('answer'));
    const second = await world.nextAsk();
    expect(world.types('s')).toContain('turn.ended');
    expect(world.snapshots.size).toBe(0);
    second.answer(reply('answer'));
    await session.runner.rest();
    await setImmediate(); // it follows the end of the turn
    expect(JSON.parse(world.snapshots.get('s')!)).toMatchObject({ end: { seq: world.lines.get('s')!.length } });
  });

  test('when the journal has grown by 256 KiB, and by a sixteenth', async () => {
    const { ports, texts } = allSnapshots();
    const fold = newFold(kernel);
    const ended = { entry: { seq: 0 }, hash: '' } as Parameters<typeof keepSnapshot>[3];
    const at = (bytes: number): SnapshotPorts => ({
      ...ports,
      journal: { ...ports.journal, size: () => bytes },
    });
    const lengths: number[] = [];
    let before = 0;
    for (let bytes = 0; bytes <= 16_000_000; bytes += 1000) {
      const now = await keepSnapshot(at(bytes), 's', fold, ended, { ...NOW, before });
      if (now !== before) lengths.push(now);
      before = now;
    }
    expect(lengths).toHaveLength(texts.length);
    expect(lengths.slice(0, 5)).toEqual([263_000, 526_000, 789_000, 1_052_000, 1_315_000]);
    expect(lengths.at(-1)! / lengths.at(-2)!).toBeCloseTo(1 + 1 / 16, 2);
  });
});
