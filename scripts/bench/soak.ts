/**
 * A daemon that goes on and on: so many messages are accepted and answered (`--events 20000`), and its memory is looked at
 * meanwhile. What it keeps of a message that is done must not grow with their number.
 */
import { parseArgs } from 'node:util';
import { printTable, printTitle } from './report.ts';
import { ask, memoryOf, type Service, withBench } from './served-daemon.ts';

const CLIENTS = 16;
/** A session is given so many messages: an open one holds its history. */
const SESSION_MESSAGES = 50;
/** Where memory is told, by the share of messages that are done. */
const MARKS = [0.25, 0.5, 0.75, 1];
const SAMPLES = 200;
/** Not looked at: a program takes its memory bit by bit, and so many ended messages are remembered on purpose. */
const WARM_UP = 0.5;

const { values } = parseArgs({ options: { events: { type: 'string', default: '20000' } }, strict: false });
const events = Number(values.events);

await withBench(async (bench) => {
  // Keys that aren't known any more are forgotten with their segments, or a longer run would only show how many are known.
  const service = await bench.daemon(await bench.model(), { governance: { idempotency_ttl: '5s' } });
  const samples: { done: number; bytes: number }[] = [];
  let sent = 0;
  let done = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      for (let own = 0; sent < events; own++) {
        const n = sent++;
        await answered(service, `soak-${client}-${Math.floor(own / SESSION_MESSAGES)}`, n);
        if (++done % Math.ceil(events / SAMPLES) === 0 || done === events) {
          samples.push({ done, bytes: memoryOf(service.pid) });
        }
      }
    }),
  );
  const rate = (events / (performance.now() - began)) * 1000;
  printTitle(`soak: ${events} messages answered, ${rate.toFixed(0)} a second`);
  const at = (share: number): number => samples.findLast((one) => one.done <= events * share)?.bytes ?? NaN;
  const slope = slopeOf(samples.filter((one) => one.done >= events * WARM_UP));
  printTable([
    ['', ...MARKS.map((share) => `${share * 100} %`), 'asked'],
    ['resident memory, MB', ...MARKS.map((share) => (at(share) / 1_000_000).toFixed(0)), ''],
    [`bytes a message, from ${WARM_UP * 100} % on`, '', '', '', slope.toFixed(0), '≈ 0'],
  ]);
});

/** Half of them in the background. */
async function answered(service: Service, session_id: string, n: number): Promise<void> {
  const { event_id } = await ask<{ event_id: string }>(service, 'POST', '/v1/events', {
    content: 'Two and two?',
    session_id,
    lane: n % 2 === 0 ? 'interactive' : 'background',
    idempotency_key: `soak-${n}`,
  });
  const { status } = await ask<{ status: string }>(service, 'GET', `/v1/events/${event_id}?wait_ms=30000`);
  if (status !== 'done') throw new Error(`${event_id} is ${status}`);
}

/** Of the line that lies nearest to the samples (least squares): bytes for each message. */
function slopeOf(samples: readonly { done: number; bytes: number }[]): number {
  const mean = (of: (sample: { done: number; bytes: number }) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [x, y] = [mean(({ done }) => done), mean(({ bytes }) => bytes)];
  return mean(({ done, bytes }) => (done - x) * (bytes - y)) / mean(({ done }) => (done - x) ** 2);
}
