/**
 * What clients do with a daemon in one play of its sweep: a message to each lane, of which one runs a command; a job that runs
 * a command, and one that asks the model; an end by SIGTERM.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Firing } from '../../src/contract/schedule.ts';
import { startModel } from '../load/model.ts';
import {
  type Ask,
  createDaemonLife,
  type DaemonLife,
  LONGEST_MS,
  nothingTold,
  type OpenDaemonPlay,
  send,
  statusOf,
  type Told,
} from './daemon-life.ts';
import { dataOf, journalsIn } from './evidence.ts';

const SOON_MS = 1000;
const AGAIN_MS = 50;

/** By their keys, which also begin their texts. */
const MESSAGES = [
  { idempotency_key: 'one', session_id: 'one', lane: 'interactive', content: 'one tool' },
  { idempotency_key: 'two', session_id: 'two', lane: 'background', content: 'two chat' },
] as const;
const JOBS = [
  { name: 'makes', command: 'echo makes >>jobs.log', catch_up: 'once' },
  { name: 'asks', prompt: 'asks chat', catch_up: 'once' },
] as const;

export const openLanes: OpenDaemonPlay = async (folder, signal) => {
  const model = await startModel(() => 0, 0);
  const config = {
    budget: { day: { tokens: 100_000_000 } }, // so that the ledger is written
    models: { default: 'wire', registry: [{ name: 'wire', base_url: model.url, wire: 'responses', api_key: 'none' }] },
    sandbox: { mode: 'off' },
    governance: { auto_allow: ['exec_command'] },
  };
  const life = createDaemonLife(folder, config, signal);
  return {
    life,
    begin() {
      life.begin();
      return nothingTold();
    },
    use,
    checker: () => (told) => brokenIn(life, told),
    close: async () => model.close(),
  };
};

/** Sends everything, once more where it was sent before, and waits for its end. */
async function use(ask: Ask, told: Told): Promise<void> {
  const { odd } = told;
  for (const message of MESSAGES) await send(ask, told, message);
  for (const job of JOBS) {
    const at = new Date(Date.now() + SOON_MS).toISOString();
    const { status } = await ask('POST', '/v1/schedules', { ...job, at });
    if (status !== 201 && status !== 409) odd.push(`${job.name}: made, and answered ${status}`);
  }
  for (const { idempotency_key: key } of MESSAGES) {
    const status = await statusOf(ask, told, key);
    if (status !== 'done') odd.push(`${key}: ${status} after a long wait`);
  }
  for (const { name } of JOBS) {
    for (let waited = 0; ; waited += AGAIN_MS) {
      const { body } = await ask<{ history: Firing[] }>('GET', `/v1/schedules/${name}/history`);
      if (body.history.some(({ outcome }) => outcome !== undefined)) break;
      if (waited > LONGEST_MS / 2) return void odd.push(`${name}: its run has not come to its end`);
      await delay(AGAIN_MS);
    }
  }
}

/** What doesn't hold when all has come to its end, in words. */
async function brokenIn(life: DaemonLife, { accepted }: Told): Promise<string[]> {
  const broken: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || broken.push(what));
  const verified = await life.run(['session', 'verify', '--all', '-o', 'json']);
  expect(verified.code === 0, `verify: ${verified.stdout}${verified.stderr}`);
  const journals = journalsIn(life.workspace);
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
  const histories = await Promise.all(JOBS.map(({ name }) => historyOf(life, name)));
  for (const [index, { name }] of JOBS.entries()) {
    const rows = histories[index]!;
    expect(rows.length === 1, `${name} has ${rows.length} firings for its one due time: ${JSON.stringify(rows)}`);
    if (name === 'asks') expectOnce(name, rows[0]?.event_id, 'cron-asks');
  }
  const known = MESSAGES.length + 1;
  expect(new Set(received).size === known, `${known} messages were sent, and ${received.length} were entered`);

  const command = dataOf(all, 'call.started');
  const unknown = dataOf(all, 'call.abandoned').length > 0;
  const runs = linesOf(life, 'effects.log');
  expect(command.length === 1, `the command was started ${command.length} times`);
  expect(runs === 1 || (runs === 0 && unknown), `the command ran ${runs} times, ${unknown ? '' : 'not '}unknown`);
  const made = linesOf(life, 'jobs.log');
  const [makes] = histories[0]!;
  expect(made === 1 || (made === 0 && makes?.outcome === 'failed'), `the job ran ${made} times: ${makes?.outcome}`);
  return broken;
}

async function historyOf(life: DaemonLife, name: string): Promise<Firing[]> {
  const { code, stdout } = await life.run(['cron', 'history', name, '-o', 'json']);
  return code === 0 ? (JSON.parse(stdout) as Firing[]) : [];
}

function linesOf({ project }: DaemonLife, name: string): number {
  try {
    return readFileSync(join(project, name), 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}
