/**
 * What is done with long sessions: fork and diff read each line once, so their CPU time is held against that of reading and
 * parsing the same lines; and opening a session of 5,000 turns by its snapshot against opening one of 50. Through the
 * engine, in one process, with a model that answers at once.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diffSessions } from '../../src/engine/past/diff.ts';
import { forkSession } from '../../src/engine/past/fork.ts';
import { LOCAL_ACTOR, openWorkspace, takeWorkspace } from '../../src/engine/wire.ts';
import { median } from './measure.ts';
import { printTable, printTitle } from './report.ts';

const ROUNDS = 5;
const LONG = 5000;
const SHORT = 50;
const MB = 1_000_000;

const home = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
writeFileSync(
  join(home, 'config.yaml'),
  `models:
  registry: [{name: echo, provider: script, script: '${join(home, 'script.yaml')}'}]
budget: {session: {cost: 0}}
`,
);
writeFileSync(join(home, 'script.yaml'), 'model: script/v1\nturns:\n  - {match: {any: true}, reply: {text: ok}}\n');
const workspace = await openWorkspace({ environment: { RUNTIME_HOME: home }, overrides: new Map() });
const { owner, release } = takeWorkspace(workspace);
const { store, policy } = workspace;
try {
  await make('short', SHORT);
  await make('long', LONG);
  const fork = async (id: string): Promise<void> => {
    const sources = { ...store, policy, role: LOCAL_ACTOR.role, now: () => workspace.clock.now() };
    await forkSession(sources, 'long', { id, actor: LOCAL_ACTOR });
  };
  await fork('copy');
  const lines = await rounds({
    read: () => read('long'),
    fork: async (round) => fork(`copy-${round}`),
    readBoth: async () => {
      await read('long');
      await read('copy');
    },
    diff: async () => {
      const turns = diffSessions(store, 'long', 'copy');
      for (let next = await turns.next(); !next.done; next = await turns.next()) throw new Error('they are the same');
    },
    short: () => open('short'),
    long: () => open('long'),
  });
  const { bytes } = (await store.journal.list()).find(({ session_id }) => session_id === 'long')!;
  const row = (name: string, what: keyof typeof lines, floor: keyof typeof lines, asked = ''): string[] => [
    name,
    lines[what].cpu.toFixed(1),
    (lines[what].cpu / lines[floor].cpu).toFixed(2),
    (lines[what].heap / MB).toFixed(0),
    asked,
  ];
  printTitle(`past: a session of ${LONG} turns (${(bytes / MB).toFixed(1)} MB), ${ROUNDS} rounds`);
  printTable([
    ['', 'CPU ms', '×', 'heap +MB', 'asked'],
    row('reading and parsing its lines', 'read', 'read'),
    row('fork', 'fork', 'read', 'one pass'),
    row('reading and parsing two', 'readBoth', 'readBoth'),
    row('diff with its fork', 'diff', 'readBoth', 'one pass'),
    row(`opening one of ${SHORT} turns`, 'short', 'short'),
    row(`opening one of ${LONG} turns`, 'long', 'short', '≤ 1.5'),
  ]);
} finally {
  await release();
  rmSync(home, { recursive: true, force: true });
}

async function make(id: string, turns: number): Promise<void> {
  const live = await owner.open(id);
  for (let turn = 1; turn <= turns; turn++) {
    const parts = [{ type: 'text' as const, text: `message ${turn}` }];
    await owner.accept({ session: id, parts, actor: LOCAL_ACTOR, source: 'bench', root: home });
    await owner.enter(live, { actor: LOCAL_ACTOR });
    await live.runner.rest();
  }
  await owner.close(live);
}

async function read(id: string): Promise<void> {
  await store.journal.read(id, () => {});
}

async function open(id: string): Promise<void> {
  await owner.close(await owner.open(id));
}

interface Cost {
  /** ms */
  cpu: number;
  /** Bytes by which the heap was larger right after, before anything was collected. */
  heap: number;
}

/** Medians. Each round does all once, so that all meet the same load; one more comes first and isn't counted. */
async function rounds<Name extends string>(
  works: Record<Name, (round: number) => Promise<void>>,
): Promise<Record<Name, Cost>> {
  const names = Object.keys(works) as Name[];
  const samples = new Map<Name, Cost[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of names) {
      const heap = process.memoryUsage().heapUsed;
      const before = process.cpuUsage();
      await works[name](round);
      const { user, system } = process.cpuUsage(before);
      const cost = { cpu: (user + system) / 1000, heap: Math.max(0, process.memoryUsage().heapUsed - heap) };
      if (round > 0) samples.get(name)!.push(cost);
    }
  }
  const medianOf = (name: Name, of: (cost: Cost) => number): number => median(samples.get(name)!.map(of));
  return Object.fromEntries(
    names.map((name) => [name, { cpu: medianOf(name, ({ cpu }) => cpu), heap: medianOf(name, ({ heap }) => heap) }]),
  ) as Record<Name, Cost>;
}
