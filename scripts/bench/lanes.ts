/**
 * The daemon's lanes: durable accepts while many messages wait, and what somebody who waits for an answer notices of a
 * background lane that is full. `--most 100000`: so many wait in the end.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { printTable, printTitle } from './report.ts';
import { acceptRate, ask, type Bench, quantile, Refused, type Service, withBench } from './served-daemon.ts';

const CLIENTS = 128;
/** So many accepts are measured at a time. */
const SLICE = 4000;
const SESSIONS = 5000;
const UNBOUNDED = { ingress: { interactive_queue_size: 10_000_000 } };
const BACKGROUND_ROOM = 1000;
const ANSWERS = 200;
/** So many fill the background lane, faster than it is worked off. */
const FILLERS = 16;

const { values } = parseArgs({ options: { most: { type: 'string', default: '100000' } }, strict: false });
const most = Number(values.most);

await withBench(answers);
await withBench(accepts);

async function accepts(bench: Bench): Promise<void> {
  printTitle(`lanes: accepts, ${CLIENTS} clients, the model hangs`);
  const floor = await bench.script('bare-accept.ts', join(bench.folder, 'floor.jsonl'));
  const floors: number[] = [];
  const rows = [['', 'per second', 'asked', '÷ floor']];
  const measure = async (name: string, service: Service, session: (n: number) => string): Promise<void> => {
    const bare = await acceptRate(floor, { clients: CLIENTS, count: SLICE, body: () => ({ content: 'later' }) });
    floors.push(bare);
    const body = (n: number): object => ({ content: 'later', session_id: session(n) });
    const rate = await acceptRate(service, { clients: CLIENTS, count: SLICE, body });
    rows.push([name, rate.toFixed(0), '≥ 4000', (rate / bare).toFixed(2)]);
  };
  const hanging = await bench.model();
  await ask(hanging, 'POST', '/hang');
  for (const [where, sessions] of [
    ['in lanes', SESSIONS],
    ['in 4 sessions that work', 4],
  ] as const) {
    const service = await bench.daemon(hanging, UNBOUNDED);
    const session = (n: number): string => `waits-${n % sessions}`;
    await acceptRate(service, {
      clients: CLIENTS,
      count: SLICE,
      body: (n) => ({ content: 'x', session_id: session(n) }),
    });
    let waiting = SLICE;
    for (const wanted of sessions === SESSIONS ? [SLICE, 12_000, most] : [12_000]) {
      const count = wanted - waiting;
      const body = (n: number): object => ({ content: 'later', session_id: session(n) });
      if (count > 0) await acceptRate(service, { clients: CLIENTS, count, body });
      await measure(`${wanted} wait ${where}`, service, session);
      waiting = Math.max(waiting, wanted) + SLICE;
    }
  }
  rows.splice(1, 0, ['a bare server that appends and syncs', quantile(floors, 0.5).toFixed(0), '', '1.00']);
  printTable(rows);
}

/** From sending a message to knowing its answer, in a session of its own for each eight. */
async function answers(bench: Bench): Promise<void> {
  const rows = [['the model answers after', 'p50 ms', 'p99 ms', 'p50 ms', 'p99 ms', 'p99 ×', 'asked']];
  for (const [delayMs, asked] of [
    [50, '≤ 2'],
    [0, ''],
  ] as const) {
    const service = await bench.daemon(await bench.model(delayMs), {
      ingress: { background_queue_size: BACKGROUND_ROOM },
    });
    await timesOf(service, 'warm', 100);
    const idle = await timesOf(service, 'idle', ANSWERS);
    const over = new AbortController();
    const filled = Promise.withResolvers<void>();
    const filling = Promise.all(Array.from({ length: FILLERS }, () => fill(service, over.signal, filled.resolve)));
    await filled.promise;
    const full = await timesOf(service, 'full', ANSWERS);
    over.abort();
    await filling;
    const [before, during] = [quantile(idle, 0.99), quantile(full, 0.99)];
    const ms = (times: number[], share: number): string => quantile(times, share).toFixed(1);
    rows.push([`${delayMs} ms`, ms(idle, 0.5), ms(idle, 0.99), ms(full, 0.5), ms(full, 0.99), (during / before).toFixed(2), asked]); // prettier-ignore
  }
  printTitle('lanes: interactive answers; while nothing else is done, and while the background lane is full');
  printTable(rows);
}

async function timesOf(service: Service, name: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const began = performance.now();
    const session_id = `${name}-${n >> 3}`;
    const sent = await ask<{ event_id: string }>(service, 'POST', '/v1/events', {
      content: 'Two and two?',
      session_id,
    });
    const { status } = await ask<{ status: string }>(service, 'GET', `/v1/events/${sent.event_id}?wait_ms=30000`);
    if (status !== 'done') throw new Error(`${sent.event_id} is ${status}`);
    times.push(performance.now() - began);
  }
  return times;
}

/** Keeps the background lane full. */
async function fill(service: Service, over: AbortSignal, onFull: () => void): Promise<void> {
  while (!over.aborted) {
    try {
      await ask(service, 'POST', '/v1/events', { content: 'later', lane: 'background' });
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 429) throw error;
      onFull();
      await delay(20);
    }
  }
}
