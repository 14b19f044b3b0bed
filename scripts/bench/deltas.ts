/**
 * Streamed deltas, from the socket to whoever is told: what one costs of CPU, whether twice as many cost twice as much, and
 * how long one takes. A process of its own plays the services.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/base/clock.ts';
import type { ModelRequest } from '../../src/contract/messages.ts';
import type { ModelClient } from '../../src/contract/ports.ts';
import { createModelClient } from '../../src/adapters/models/router.ts';
import { median } from './measure.ts';
import { printTable, printTitle } from './report.ts';

const MANY = 10_000;
const ROUNDS = 5;
const PACED = 500;

const MODELS = [
  { name: 'openai responses', provider: 'openai', wire: 'responses', path: '/v1' },
  { name: 'openai chat', provider: 'openai', wire: 'chat', path: '/v1' },
  { name: 'anthropic', provider: 'anthropic', wire: 'chat', path: '' },
  { name: 'gemini', provider: 'gemini', wire: 'chat', path: '' },
] as const;

const service = spawn(process.execPath, [`${import.meta.dirname}/delta-service.ts`], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [origin] = (await once(createInterface(service.stdout), 'line')) as [string];

const settings = MODELS.map(({ name, provider, wire, path }) => ({
  name,
  provider,
  wire,
  base_url: `${origin}${path}`,
  api_key: 'none',
}));
const client = createModelClient({ models: settings, clock: systemClock, environment: {} });

/** Asks for so many deltas; each is looked at. */
async function ask(asked: ModelClient, name: string, what: string, onText: (text: string) => void): Promise<void> {
  const request: ModelRequest = {
    name,
    provider: 'openai',
    model: what, // says what is wanted
    instructions: 'x',
    tools: [],
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'x' }] }],
    purpose: 'think',
    max_output_tokens: 1000,
    request: 1,
    cache_key: 'x',
  };
  const { signal } = new AbortController();
  const answer = await asked.ask(request, { signal, onDelta: ({ text }) => onText(text) });
  if (!answer.ok) throw new Error(`${name}: ${answer.message}`);
}

/** µs of CPU for a reply of so many deltas, the least of some rounds. */
async function cpuOf(name: string, count: number): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let deltas = 0;
    const before = process.cpuUsage();
    await ask(client, name, `many-${count}`, () => deltas++);
    const { user, system } = process.cpuUsage(before);
    if (deltas !== count) throw new Error(`${name}: ${deltas} deltas instead of ${count}`);
    rounds.push(user + system);
  }
  return Math.min(...rounds);
}

async function delaysOf(name: string): Promise<number[]> {
  const delays: number[] = [];
  await ask(client, name, `paced-${PACED}`, (sentAt) => {
    delays.push(performance.timeOrigin + performance.now() - Number(sentAt));
  });
  return delays.sort((a, b) => a - b);
}

printTitle(`deltas: from socket to onDelta, replies of ${MANY} and ${2 * MANY}, and ${PACED} one by one`);
const rows = [['', 'CPU µs each', '(≤ 50)', 'twice as many', '(≤ 2.2)', 'ms to arrive', 'p99', '(≤ 2)']];
for (const { name } of MODELS) {
  await cpuOf(name, 1000); // loads the SDK, and lets V8 compile
  const one = await cpuOf(name, MANY);
  const two = await cpuOf(name, 2 * MANY);
  const delays = await delaysOf(name);
  const p99 = delays[Math.floor(delays.length * 0.99)]!;
  rows.push([name, (one / MANY).toFixed(1), '', `${(two / one).toFixed(2)} ×`, '', median(delays).toFixed(2), p99.toFixed(2)]);
} // prettier-ignore
printTable(rows);
service.kill();
