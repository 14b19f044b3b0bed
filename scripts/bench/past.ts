/**
 * What is done with long sessions. Fork and diff read each line once, so their CPU time is held against that of reading and
 * parsing the same lines, in one process. And a program that opens a session of 5,000 turns against one that opens one of
 * 50. The model answers at once.
 */
import { rmSync } from 'node:fs';
import { diffSessions } from '../../src/engine/past/diff.ts';
import { forkSession } from '../../src/engine/past/fork.ts';
import { LOCAL, LOCAL_ACTOR } from '../../src/engine/principal.ts';
import { takeEchoWorkspace } from './echo-workspace.ts';
import { median, program, runRounds } from './measure.ts';
import { printTable, printTitle } from './report.ts';

const ROUNDS = 5;
const LONG = 5000;
const SHORT = 50;
const MB = 1_000_000;

const { home, workspace, owned } = await takeEchoWorkspace();
const { owner, release } = owned;
const { store, policy } = workspace;
try {
  await make('short', SHORT);
  await make('long', LONG);
  const fork = async (id: string): Promise<void> => {
    const sources = {
      ...store,
      policy,
      by: LOCAL,
      isListed: () => false,
      now: () => workspace.clock.now(),
    };
    await forkSession(sources, 'long', id);
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
  });
  const { bytes } = (await store.journal.list()).find(({ session_id }) => session_id === 'long')!;
  const row = (name: string, what: keyof typeof lines, floor: keyof typeof lines, asked = ''): string[] => [
    name,
    lines[what].toFixed(1),
    (lines[what] / lines[floor]).toFixed(2),
    asked,
  ];
  printTitle(`past: a session of ${LONG} turns (${(bytes / MB).toFixed(1)} MB), ${ROUNDS} rounds`);
  printTable([
    ['', 'CPU ms', '×', 'asked'],
    row('reading and parsing its lines', 'read', 'read'),
    row('fork', 'fork', 'read', 'one pass'),
    row('reading and parsing two', 'readBoth', 'readBoth'),
    row('diff with its fork', 'diff', 'readBoth', 'one pass'),
  ]);
  await release();
  await printOpening();
} finally {
  await release();
  rmSync(home, { recursive: true, force: true });
}

/** `run --session` without a message: it opens the session and finds nothing to carry on. */
async function printOpening(): Promise<void> {
  const variants = ['short', 'long'].map((name) => ({
    name,
    command: [...program, 'run', '--session', name],
    environment: { RUNTIME_HOME: home },
  }));
  const samples = await runRounds(variants, ROUNDS);
  const medians = variants.map(({ name }) => {
    const of = samples.get(name)!;
    return { cpu: median(of.map(({ cpuMs }) => cpuMs)), wall: median(of.map(({ wallMs }) => wallMs)) };
  });
  const [short, long] = medians as [(typeof medians)[0], (typeof medians)[0]];
  printTable([
    ['', 'CPU ms', '×', 'wall ×', 'asked'],
    [`a program that opens one of ${SHORT} turns`, short.cpu.toFixed(1), '1.00', '1.00'],
    [
      `one of ${LONG}`,
      long.cpu.toFixed(1),
      (long.cpu / short.cpu).toFixed(2),
      (long.wall / short.wall).toFixed(2),
      '≤ 1.5',
    ],
  ]);
}

async function make(id: string, turns: number): Promise<void> {
  const live = await owner.open(id);
  for (let turn = 1; turn <= turns; turn++) {
    const parts = [{ type: 'text' as const, text: `message ${turn}` }];
    await owner.accept({ session: id, parts, actor: LOCAL_ACTOR, source: 'bench', root: home });
    await owner.enter(live);
    await live.runner.rest();
  }
  await owner.close(live);
}

async function read(id: string): Promise<void> {
  await store.journal.read(id, () => {});
}

/** Medians of CPU time (ms). Each round does all once, so that all meet the same load; one more comes first and isn't counted. */
async function rounds<Name extends string>(
  works: Record<Name, (round: number) => Promise<void>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(works) as Name[];
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of names) {
      const before = process.cpuUsage();
      await works[name](round);
      const { user, system } = process.cpuUsage(before);
      if (round > 0) samples.get(name)!.push((user + system) / 1000);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples.get(name)!)])) as Record<Name, number>;
}
