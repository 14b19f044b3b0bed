/** The code that is typed elsewhere, in the time of a clock that the test moves. The whole way: test/login.test.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type MockIssuer, startMockIssuer } from '../../../test/support/mock-issuer.ts';
import type { Clock } from '../../base/clock.ts';
import { type ManualClock, manualClock } from '../../base/testing/manual-clock.ts';
import { configSchema } from '../../contract/config.ts';
import { logInByCode } from './log-in.ts';

const POLL = '/api/accounts/deviceauth/token';

let home: string;
let issuer: MockIssuer;
let clock: ManualClock;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'runtime-login-'));
  issuer = await startMockIssuer();
  clock = manualClock(1_000_000);
});
afterEach(async () => {
  await issuer.close();
  rmSync(home, { recursive: true });
});

function start(watched: Clock = clock) {
  const config = configSchema.parse({ auth: { codex: { issuer: issuer.url } } });
  const stop = new AbortController();
  const talk = { code: () => {}, signal: stop.signal };
  const done = logInByCode({ config, environment: { RUNTIME_HOME: home }, clock: watched }, talk);
  done.catch(() => {});
  return { done, stop };
}

const polls = (): number => issuer.requests.filter(({ path }) => path === POLL).length;

/** Lets the time pass until the issuer has been asked so often. */
async function untilPolled(times: number): Promise<void> {
  await expect.poll(() => (clock.pass(500), polls()), { interval: 5 }).toBe(times);
}

test('it is asked as often as the issuer says, and less often when it says to slow down', async () => {
  issuer.next(POLL, { status: 429, body: { error: 'slow_down' } }, { status: 403, body: {} });
  const waits: number[] = [];
  const watched = {
    ...clock,
    at: (dueAt: number, run: () => void) => (waits.push(dueAt - clock.now()), clock.at(dueAt, run)),
  };
  const { done } = start(watched);
  await untilPolled(3);
  expect(await done).toMatchObject({ account_id: 'acc-7' });
  const LIMITS_MS = 30_000; // of the requests
  expect(waits.filter((ms) => ms < LIMITS_MS)).toEqual([1000, 6000, 6000]);
});

test.each([
  ['expired', { status: 400, body: { error: 'expired_token' } }, 'expired_token'],
  ['denied, as the service says pending', { status: 403, body: { error: { code: 'access_denied' } } }, 'access_denied'],
])('%s: it is told', async (_, answer, said) => {
  issuer.next(POLL, answer);
  const { done } = start();
  await untilPolled(1);
  await expect(done).rejects.toMatchObject({ code: 'login_failed', message: expect.stringContaining(said) as string });
});

test('an issuer that fails for a while is asked again', async () => {
  issuer.next(POLL, { status: 502, body: {} });
  const { done } = start();
  await untilPolled(2);
  expect(await done).toMatchObject({ v: 1 });
});

test('nobody types the code: it ends with the code', async () => {
  issuer.next(POLL, ...Array.from({ length: 2000 }, () => ({ status: 403, body: {} })));
  const { done } = start();
  await expect.poll(() => (clock.pass(20_000), clock.now()), { interval: 2 }).toBeGreaterThan(3_000_000);
  await expect(done).rejects.toMatchObject({ message: 'Nobody typed the code within 15 minutes.' });
});

test('it is stopped', async () => {
  const { done, stop } = start();
  stop.abort();
  await expect(done).rejects.toMatchObject({ message: 'The login was stopped.' });
});
