/**
 * The daemon under load, over HTTP as a client uses it: durable accepts, whole turns (accept and end synced) over a model
 * that answers at once, long sessions, and readers of streams. Model and load generator share the machine with it.
 */
import { once } from 'node:events';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { printTable, printTitle } from './report.ts';
import { acceptRate, ask, type Bench, memoryOf, quantile, type Service, withBench } from './served-daemon.ts';

const ACCEPT_CLIENTS = 128;
const ACCEPTS = 12_000;
/** It runs for months; V8 takes this long to have compiled what is used in each turn. */
const WARM_UP = 2000;
const TURNS = 1500;
/** Of a session, before the next is begun: what long ones cost is measured by itself. */
const SESSION_TURNS = 100;
const LONG = 3000;
const READERS = 1000;

await withBench(measure);

async function measure(bench: Bench): Promise<void> {
  const model = await bench.model();
  const service = await bench.daemon(model, { ingress: { interactive_queue_size: 1_000_000 } });

  printTitle('service: turns over a model that answers at once');
  await conversations(service, 'warm-up', WARM_UP);
  const raw = await modelAlone(model);
  const syncs = twoSyncs(bench.folder);
  const rows = [
    ['', 'turns/s', 'asked', 'p50 ms', 'asked', 'p99 ms', 'asked'],
    ['two writes, synced', '', '', quantile(syncs, 0.5).toFixed(1), '', quantile(syncs, 0.99).toFixed(1), ''],
  ];
  for (const [clients, askedRate] of [
    [1, 350],
    [8, 500],
    [32, 500],
  ] as const) {
    const began = performance.now();
    const each = Math.ceil(TURNS / clients);
    const all = await Promise.all(
      Array.from({ length: clients }, (_, at) => conversations(service, `s${clients}-${at}`, each)),
    );
    const times = all.flat();
    const rate = (times.length / (performance.now() - began)) * 1000;
    const over = (part: number): string => (quantile(times, part) - raw).toFixed(1);
    const asked = clients === 1 ? ['≤ 2', '≤ 6'] : ['', ''];
    rows.push([`${clients} at a time`, rate.toFixed(0), `≥ ${askedRate}`, over(0.5), asked[0]!, over(0.99), asked[1]!]);
  }
  printTable(rows);
  console.log(`  (beyond the model alone: ${raw.toFixed(1)} ms; sessions of ${SESSION_TURNS} turns)`);

  printTitle('service: a long session');
  const long = await turns(service, 'long', LONG);
  const near = (at: number): string => quantile(long.slice(at - 50, at), 0.5).toFixed(1);
  printTable([
    ['', 'ms', 'asked'],
    ['turn 50', near(50), ''],
    ['turn 1000', near(1000), '≤ 4'],
    ['turn 3000', near(3000), '≤ 7'],
  ]);

  printTitle('service: readers of one session');
  const quiet = await bench.daemon(model, {}); // in which nothing else takes memory, or gives it back
  await turns(quiet, 'read', SESSION_TURNS);
  const before = memoryOf(quiet.pid);
  await readers(quiet, 'read', READERS);
  const each = (memoryOf(quiet.pid) - before) / READERS;
  printTable([
    ['', 'KB', 'asked'],
    [`each of ${READERS}`, (each / 1024).toFixed(0), '≤ 60'],
  ]);

  await ask(model, 'POST', '/hang');
  printTitle(`service: accepts, ${ACCEPT_CLIENTS} clients, the model hangs`);
  const accepts = async (sessions: number): Promise<string> => {
    const body = (n: number): object => ({ content: 'later', session_id: `waits-${n % sessions}-of-${sessions}` });
    return (await acceptRate(service, { clients: ACCEPT_CLIENTS, count: ACCEPTS, body })).toFixed(0);
  };
  await accepts(ACCEPT_CLIENTS); // warms up
  printTable([
    ['POST /v1/events', 'per second', 'asked'],
    ['each client in a session of its own', await accepts(ACCEPT_CLIENTS), '≥ 4000'],
    ['all in four sessions, which take them at once', await accepts(4), ''],
  ]);
}

/** Asks in one session, one message after the other. Gives the times from sending to knowing the answer (ms). */
async function turns(service: Service, session_id: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const began = performance.now();
    const { event_id } = await ask<{ event_id: string }>(service, 'POST', '/v1/events', {
      content: 'Two and two?',
      session_id,
    });
    const { status } = await ask<{ status: string }>(service, 'GET', `/v1/events/${event_id}?wait_ms=30000`);
    if (status !== 'done') throw new Error(`${event_id} is ${status}`);
    times.push(performance.now() - began);
  }
  return times;
}

/** One client's turns, in one session after the other. */
async function conversations(service: Service, name: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let left = count; left > 0; left -= SESSION_TURNS) {
    times.push(...(await turns(service, `${name}-${left}`, Math.min(left, SESSION_TURNS))));
  }
  return times;
}

/** What the disk takes for as much as a turn must have on it: its accept and its end (ms). */
function twoSyncs(folder: string): number[] {
  const file = openSync(join(folder, 'syncs'), 'w');
  const line = Buffer.alloc(1000, 'x');
  const times = Array.from({ length: TURNS }, () => {
    const began = performance.now();
    for (let sync = 0; sync < 2; sync++) {
      writeSync(file, line);
      fdatasyncSync(file);
    }
    return performance.now() - began;
  });
  closeSync(file);
  return times;
}

async function modelAlone(model: Service): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < 300; turn++) {
    const began = performance.now();
    await ask(model, 'POST', '/v1/responses', {});
    times.push(performance.now() - began);
  }
  return quantile(times, 0.5);
}

async function readers(service: Service, session: string, count: number): Promise<void> {
  const { seq: last } = await ask<{ seq: number }>(service, 'GET', `/v1/sessions/${session}`);
  await Promise.all(
    Array.from({ length: count }, async () => {
      const sent = httpRequest(`${service.url}/v1/sessions/${session}/stream?after=${last}`, {
        agent: false,
        headers: { authorization: `Bearer ${service.token}` },
      }).end();
      const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
      response.resume();
    }),
  );
}
