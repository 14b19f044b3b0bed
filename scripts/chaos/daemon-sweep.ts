/**
 * The daemon in the sweep: it is killed at one of the calls after the other with which it touches its workspace, from its
 * start to its end by SIGTERM, and started again. What it had acknowledged must be there, once, and nothing done twice.
 */
import { mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Entry, EntryData, EntryType } from '../../src/contract/entries.ts';
import type { Firing } from '../../src/contract/schedule.ts';
import { startModel } from '../load/model.ts';
import { createDaemonStory, type DaemonStory, JOBS, MESSAGES, type Told } from './daemon-story.ts';
import { type Call, callsIn, injecting, recording } from './strace.ts';

export interface DaemonResult {
  /** `kill at fdatasync 3 of ingress/1.jsonl`. */
  name: string;
  /** `missed`: it came never there. */
  came: 'killed' | 'missed';
  broken: string[];
}

export interface DaemonSweepOptions {
  /** Every n-th call; 1: all. */
  every: number;
  workers: number;
  signal: AbortSignal;
  onCalls: (count: number) => void;
  onResult: (result: DaemonResult) => void;
}

/** @throws what `signal` was aborted with */
export async function sweepDaemon({ every, workers, signal, onCalls, onResult }: DaemonSweepOptions): Promise<void> {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-daemon-sweep-')));
  const model = await startModel(() => 0, 0);
  try {
    const stories = Array.from({ length: workers }, (_, n) =>
      createDaemonStory(join(parent, `w${n}`), model.url, signal),
    );
    const calls = await record(stories[0]!, join(parent, 'calls'));
    const left = calls.filter((_, index) => index % every === 0);
    onCalls(left.length);
    await Promise.all(
      stories.map(async (story) => {
        for (let call = left.shift(); call !== undefined; call = left.shift()) {
          onResult(await killAt(story, { ...call, path: join(story.workspace, call.path) }));
          signal.throwIfAborted();
        }
      }),
    );
  } finally {
    model.close();
    rmSync(parent, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

/** The calls of an undisturbed life, with their paths in the workspace. */
async function record(story: DaemonStory, log: string): Promise<Call[]> {
  const told = nothingTold();
  story.begin();
  const { code } = await story.live(told, recording(log));
  const broken = [...told.odd, ...(await brokenIn(story, told))];
  if (code !== 0 || broken.length > 0) throw new Error(`the story itself fails with ${code}: ${broken.join('; ')}`);
  return callsIn(log, story.workspace).map((call) => ({ ...call, path: relative(story.workspace, call.path) }));
}

async function killAt(story: DaemonStory, call: Call): Promise<DaemonResult> {
  const told = nothingTold();
  story.begin();
  const first = await story.live(told, injecting(call, 'kill'));
  const came = first.signal === 'SIGKILL' ? 'killed' : 'missed';
  const odd = came === 'missed' && first.code !== 0 ? [`it ended with ${first.code}`] : [];
  const next = await story.live(told);
  if (next.code !== 0) odd.push(`the next one ended with ${next.signal ?? next.code}`);
  const name = `kill at ${call.name} ${call.when} of ${relative(story.workspace, call.path)}`;
  return { name, came, broken: [...odd, ...told.odd, ...(await brokenIn(story, told))] };
}

const nothingTold = (): Told => ({ accepted: new Map(), odd: [] });

/** What doesn't hold when all has come to its end, in words. */
async function brokenIn(story: DaemonStory, { accepted }: Told): Promise<string[]> {
  const broken: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || broken.push(what));
  const verified = await story.run(['session', 'verify', '--all', '-o', 'json']);
  expect(verified.code === 0, `verify: ${verified.stdout}${verified.stderr}`);
  const journals = journalsOf(story);
  const all = [...journals.values()].flat();
  const received = dataOf(all, 'input.received').map(({ event_id }) => event_id);
  const ended = dataOf(all, 'turn.ended').flatMap(({ event_ids }) => event_ids);

  function expectOnce(what: string, event_id: string | undefined, session: string): void {
    const own = dataOf(journals.get(session) ?? [], 'input.received').filter((data) => data.event_id === event_id);
    const ends = ended.filter((id) => id === event_id);
    expect(own.length === 1, `${what} (${event_id}) was entered ${own.length} times in ${session}`);
    expect(ends.length === 1, `${what} (${event_id}) has ${ends.length} ended turns`);
  }
  for (const { idempotency_key: key, session_id } of MESSAGES) {
    expectOnce(key, accepted.get(key)?.split(' ')[0], session_id);
  }
  const histories = await Promise.all(JOBS.map(({ name }) => historyOf(story, name)));
  for (const [index, { name }] of JOBS.entries()) {
    const rows = histories[index]!;
    expect(rows.length === 1, `${name} has ${rows.length} firings for its one due time: ${JSON.stringify(rows)}`);
    if (name === 'asks') expectOnce(name, rows[0]?.event_id, 'cron-asks');
  }
  const known = MESSAGES.length + 1;
  expect(new Set(received).size === known, `${known} messages were sent, and ${received.length} were entered`);

  const command = dataOf(all, 'call.started');
  const unknown = dataOf(all, 'call.abandoned').length > 0;
  const runs = linesOf(story, 'effects.log');
  expect(command.length === 1, `the command was started ${command.length} times`);
  expect(runs === 1 || (runs === 0 && unknown), `the command ran ${runs} times, ${unknown ? '' : 'not '}unknown`);
  const made = linesOf(story, 'jobs.log');
  const [makes] = histories[0]!;
  expect(made === 1 || (made === 0 && makes?.outcome === 'failed'), `the job ran ${made} times: ${makes?.outcome}`);
  return broken;
}

async function historyOf(story: DaemonStory, name: string): Promise<Firing[]> {
  const { code, stdout } = await story.run(['cron', 'history', name, '-o', 'json']);
  return code === 0 ? (JSON.parse(stdout) as Firing[]) : [];
}

function journalsOf({ workspace }: DaemonStory): Map<string, Entry[]> {
  const names = readdirSync(join(workspace, 'sessions')).filter((name) => name.endsWith('.jsonl'));
  const entriesIn = (name: string): Entry[] =>
    readFileSync(join(workspace, 'sessions', name), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Entry);
  return new Map(names.map((name) => [name.slice(0, -'.jsonl'.length), entriesIn(name)]));
}

function linesOf({ project }: DaemonStory, name: string): number {
  try {
    return readFileSync(join(project, name), 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

function dataOf<T extends EntryType>(entries: readonly Entry[], type: T): EntryData<T>[] {
  return entries.flatMap((entry) => (entry.type === type ? [entry.data as EntryData<T>] : []));
}
