/**
 * `npm run load [-- --seconds 60 --kills 6 --chatters 8 --batch 20 --seed 1 --keep]`: people, batches, readers and an
 * approver use a daemon that is killed and restarted meanwhile. In the end every accepted message must be accounted for:
 * by the journals, and by what the clients were told.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createDice } from '../chaos/part.ts';
import { approver, batches, chatter, type Ledger, type Load, reader, settle } from './actors.ts';
import { check } from './checker.ts';
import { startModel } from './model.ts';
import { serve } from './served.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    kills: { type: 'string', default: '4' },
    chatters: { type: 'string', default: '6' },
    batch: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const kills = Number(values.kills);
const random = createDice(Number(values.seed));
const launcher = join(import.meta.dirname, '../../bin/runtime');

const folder = mkdtempSync(join(tmpdir(), 'runtime-load-'));
const home = join(folder, 'home');
const project = join(folder, 'project');
for (const path of [home, project]) mkdirSync(path, { mode: 0o700 });
const model = await startModel(random, 100);
writeFileSync(
  join(home, 'config.yaml'),
  JSON.stringify({
    models: { default: 'load', registry: [{ name: 'load', base_url: model.url, wire: 'responses', api_key: 'none' }] },
    sandbox: { mode: 'off' },
    governance: { auto_allow: ['exec_command'] },
  }),
  { mode: 0o600 },
);

const served = await serve(launcher, home, project);
const ledger: Ledger = { sent: [], read: [], contradictions: [], granted: [], fired: [] };
const enough = new AbortController();
const load: Load = { served, ledger, random, over: enough.signal };
const drained = Promise.withResolvers<void>();
const people = Array.from({ length: Number(values.chatters) }, (_, index) => `person-${index + 1}`);
const job = { name: 'tick', schedule: '@every 1s', prompt: 'tick chat', catch_up: 'once', overlap: 'queue' };
await served.ask('POST', '/v1/schedules', job);
const watching = people.map((session) => reader(load, session, drained.promise));
const approving = approver(load, drained.promise);
const working = [...people.map((session) => chatter(load, session)), batches(load, Number(values.batch))];

for (let kill = 0; kill < kills; kill++) {
  await delay((seconds * 1000 * (0.5 + random())) / (kills + 1));
  await served.restart(kill % 3 === 2 ? 'SIGTERM' : 'SIGKILL');
}
await delay((seconds * 1000) / (kills + 1));
enough.abort();
await Promise.all(working);
await Promise.all(ledger.sent.map((sent) => settle(load, sent)));
await served.ask('PATCH', '/v1/schedules/tick', { paused: true });
const { body: told } = await served.ask<{ history: { event_id?: string }[] }>('GET', '/v1/schedules/tick/history');
ledger.fired = told.history.flatMap(({ event_id }) => event_id ?? []);
for (const id of ledger.fired) await served.ask('GET', `/v1/events/${id}?wait_ms=30000`);
await delay(500); // for the readers
drained.resolve();
await Promise.all([...watching, approving]);
const code = await served.stop();
model.close();

const findings = check(home, project, ledger);
if (code !== 0) findings.violations.push(`the daemon ended with ${code}`);
const verified = verifyAll();
if (verified !== undefined) findings.violations.push(verified);
const took = ledger.sent
  .filter(({ lane, kind }) => lane === 'interactive' && kind !== 'patch')
  .map(({ tookMs = 0 }) => tookMs);
took.sort((a, b) => a - b);
console.log(
  `load: ${ledger.sent.length} messages accepted in ${seconds} s, ${findings.turns} turns ended, ${findings.entries} entries; ` +
    `${served.starts() - 1} restarts, ${ledger.granted.length} approvals, ${ledger.fired.length} runs of a job, ${ledger.read.length} readers, ${findings.unknown} commands of unknown outcome; ` +
    `answers: median ${Math.round(took[took.length >> 1] ?? 0)} ms, slowest ${Math.round(took.at(-1) ?? 0)} ms`,
);
for (const violation of findings.violations.slice(0, 50)) console.log(`BROKEN ${violation}`);
console.log(findings.violations.length === 0 ? 'all is accounted for' : `${findings.violations.length} things are not`);
if (findings.violations.length === 0 && !values.keep) rmSync(folder, { recursive: true, force: true });
else console.log(`its folder: ${folder}`);
process.exitCode = findings.violations.length === 0 ? 0 : 1;

function verifyAll(): string | undefined {
  try {
    execFileSync(launcher, ['session', 'verify', '--all'], {
      env: { PATH: process.env['PATH'], HOME: home, RUNTIME_HOME: home },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return undefined;
  } catch (error) {
    return `session verify --all: ${String((error as { stderr: Buffer }).stderr)}`;
  }
}
