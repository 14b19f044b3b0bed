/**
 * What requests of a long history cost: building one from the journal's contents, its wire body for each provider, and
 * summing it up; CPU time at ten times the length against that at once the length. And how much of each request of a
 * session the next one begins with, by provider: what providers' prompt caches can keep (test/prefix.test.ts holds that).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messagesRequest } from '../../src/adapters/models/anthropic/request.ts';
import { configOf, contentsOf } from '../../src/adapters/models/gemini/request.ts';
import { chatFields, chatInstructions, chatMessages } from '../../src/adapters/models/openai/chat.ts';
import { endpointOf } from '../../src/adapters/models/openai/endpoint.ts';
import { responsesFields, responsesItems } from '../../src/adapters/models/openai/responses.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { Message, ModelRequest } from '../../src/contract/messages.ts';
import { LOCAL_ACTOR } from '../../src/engine/principal.ts';
import { compact } from '../../src/engine/session/compact.ts';
import { applyEvolved, createResolver, newFold, type Folded } from '../../src/engine/session/fold.ts';
import { createMessages } from '../../src/engine/session/request.ts';
import { openWorkspace, takeWorkspace } from '../../src/engine/wire.ts';
import { createKernel } from '../../src/kernel/kernel.ts';
import { modelRequest } from '../../src/kernel/turn/prompt.ts';
import type { State, Turn } from '../../src/kernel/turn/state.ts';
import type { Blobs } from '../../src/contract/ports.ts';
import { createBlobs } from '../../src/store/blobs.ts';
import { readJournalFile } from '../../src/store/journal-file.ts';
import { startMockAnthropic } from '../../test/support/mock-anthropic.ts';
import { startMockGemini } from '../../test/support/mock-gemini.ts';
import { startMockOpenai } from '../../test/support/mock-openai.ts';
import { CORPUS, sharedBeginning } from '../../test/support/prefix.ts';
import { buildJournal } from './build-journal.ts';
import { median } from './measure.ts';
import { printTable, printTitle } from './report.ts';

/** A window of a million tokens holds the longer history. */
const ENTRIES = 500;
const TIMES = 10;
const WINDOW = 16_000;
const ROUNDS = 41;
const WARM_UP = 20;
const MOST = 12;

await printCosts();
await printSharing();

interface History {
  fold: Folded;
  blobs: Blobs;
  /** Where a model call is due. */
  state: State;
  turn: Turn;
}

/** The fold of a made-up journal, where a model was asked last. */
async function historyOf(folder: string, entries: number): Promise<History> {
  const { path } = buildJournal(folder, { entries });
  const { blobs } = createBlobs({ folder: join(folder, 'blobs'), requireLock: () => {} });
  const kernel = createKernel(sha256);
  const resolve = createResolver(blobs);
  let last = 0;
  await readJournalFile(path, ({ entry }) => {
    if (entry.type === 'model.requested') last = entry.seq;
  });
  const fold = newFold(kernel);
  await readJournalFile(path, async ({ entry }) => {
    if (entry.seq > last) return;
    applyEvolved(fold, entry, kernel.evolve(fold.state, entry, await resolve(entry)));
  });
  return { fold, blobs, state: fold.state, turn: fold.state.turn! };
}

type Work = (history: History) => unknown;

/** What is measured; `request` is made before. */
function works(request: ModelRequest): Record<string, Work> {
  const [openai, chat] = ['openai', 'zai'].map((provider) => endpointOf({ provider }));
  const eachOf = <T>(of: (message: Message) => T[]): T[] => request.messages.flatMap(of);
  return {
    'contents checked, and made messages': async ({ fold, state, blobs }) =>
      createMessages(sha256, fold.contents, blobs).upTo(state),
    'the request': ({ state, turn }) => modelRequest(state, turn, request.messages, 1000),
    'body: openai, responses': () =>
      JSON.stringify({ ...responsesFields(request, openai!), input: eachOf((one) => responsesItems(one, openai!)) }),
    'body: openai, chat': () =>
      JSON.stringify({
        ...chatFields(request, chat!),
        messages: [chatInstructions(request, chat!), ...eachOf((one) => chatMessages(one))],
      }),
    'body: anthropic': () => JSON.stringify(messagesRequest(request, 'anthropic')),
    'body: gemini': () => JSON.stringify({ contents: contentsOf(request, 'gemini'), config: configOf(request) }),
    'request of a summary': ({ state, turn }) => modelRequest(state, summing(turn), request.messages, 1000),
    'the summary put together': ({ fold, state, turn, blobs }) =>
      compact({ state: { ...state, turn: summing(turn) }, fold, blobs, hash: sha256 }),
  };
}

/** The same turn, as the history is summed up for it: in a window that holds neither. */
function summing(turn: Turn): Turn {
  const manifest = { ...turn.manifest, models: turn.manifest.models.map((one) => ({ ...one, context: WINDOW })) };
  const compaction = { keep: 0, shortened: 0, by_compactor: false, waiting: turn.ask };
  return { ...turn, manifest, ask: { ...turn.ask, purpose: 'compact', compaction } };
}

async function printCosts(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
  try {
    const histories = [await historyOf(join(folder, 'short'), ENTRIES), await historyOf(join(folder, 'long'), ENTRIES * TIMES)]; // prettier-ignore
    const made = await Promise.all(
      histories.map(async (history) => {
        const messages = await createMessages(sha256, history.fold.contents, history.blobs).upTo(history.state);
        return works(modelRequest(history.state, history.turn, messages, 1000));
      }),
    );
    const counts = histories.map(({ fold }) => fold.contents.length);
    printTitle(`requests: histories of ${counts[0]} and ${counts[1]} messages, ${ROUNDS} rounds`);
    const rows: string[][] = [];
    for (const name of Object.keys(made[0]!)) {
      const [short, long] = await costsOf(made.map((of, index) => () => of[name]!(histories[index]!)));
      rows.push([name, short!.toFixed(2), long!.toFixed(2), (long! / short!).toFixed(1), `≤ ${MOST}`]);
    }
    printTable([['', 'CPU ms at n', `at ${TIMES}n`, '×', 'asked'], ...rows]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Median CPU time in ms of each, taken in turns. The short ones are run several times at once: the clock is coarse. */
async function costsOf(all: (() => unknown)[]): Promise<number[]> {
  const samples = all.map((): number[] => []);
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [index, work] of all.entries()) {
      const times = index === 0 ? TIMES : 1;
      const before = process.cpuUsage();
      for (let n = 0; n < times; n++) await work();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) samples[index]!.push((user + system) / 1000 / times);
    }
  }
  return samples.map(median);
}

async function printSharing(): Promise<void> {
  const services = [
    ['openai, responses', { provider: 'openai', wire: 'responses' }, startMockOpenai],
    ['openai, chat', { provider: 'openai', wire: 'chat' }, startMockOpenai],
    ['anthropic', { provider: 'anthropic' }, startMockAnthropic],
    ['gemini', { provider: 'gemini' }, startMockGemini],
  ] as const;
  const rows: string[][] = [];
  for (const [name, entry, start] of services) {
    const mock = await start({ replies: CORPUS.flatMap(({ replies }) => replies) });
    await converse({ ...entry, base_url: mock.url });
    await mock.close();
    const bodies = mock.requests.map(({ body }) => body);
    const pairs = bodies.slice(1).map((body, index) => sharedBeginning(bodies[index], body));
    const sum = (of: (pair: (typeof pairs)[number]) => number): number =>
      pairs.reduce((all, pair) => all + of(pair), 0);
    const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
    rows.push([
      name,
      String(bodies.length),
      percent(
        sum(({ whole }) => (whole ? 1 : 0)),
        pairs.length,
      ),
      percent(
        sum(({ bytes }) => bytes),
        sum(({ before }) => before),
      ),
      '100 %',
    ]);
  }
  printTitle(`requests: ${CORPUS.length} turns of a session; what of a request the next one begins with`);
  printTable([['', 'requests', 'all but its last message', 'of its bytes', 'asked'], ...rows]);
}

/** Says all of the corpus in one session, through the engine. */
async function converse(entry: object): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
  const registry = [{ name: 'm', api_key: 'k', ...entry }];
  const config = {
    models: { default: 'm', registry },
    sandbox: { mode: 'off' },
    governance: { auto_allow: ['exec_command'] },
  };
  writeFileSync(join(home, 'config.yaml'), JSON.stringify(config), { mode: 0o600 });
  const workspace = await openWorkspace({ environment: { ...process.env, RUNTIME_HOME: home }, overrides: new Map() });
  const { owner, release } = takeWorkspace(workspace);
  try {
    const live = await owner.open('corpus');
    for (const { says } of CORPUS) {
      const parts = [{ type: 'text' as const, text: says }];
      await owner.accept({ session: live.id, parts, actor: LOCAL_ACTOR, source: 'bench', root: tmpdir() });
      await owner.enter(live);
      await live.runner.rest();
    }
    await owner.close(live);
  } finally {
    await release();
    rmSync(home, { recursive: true, force: true });
  }
}
