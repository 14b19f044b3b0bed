/** Renewal, with an issuer that answers when the test says so. Two sets of bearers stand for two processes. */
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Issuer, IssuerFailure, Tokens } from '../../adapters/models/codex/issuer.ts';
import { type ManualClock, manualClock } from '../../base/testing/manual-clock.ts';
import { configSchema } from '../../contract/config.ts';
import type { Login } from '../../contract/login.ts';
import { temporaryOf } from '../../store/files.ts';
import { lockLogin, readLogin, writeLogin } from '../../store/logins.ts';
import { createBearers } from './bearers.ts';
import { logOut } from './log-in.ts';

const START = 1_000_000_000_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let home: string;
let path: string;
let clock: ManualClock;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'runtime-bearers-'));
  path = join(home, 'auth/codex.json');
  clock = manualClock(START);
});
afterEach(() => rmSync(home, { recursive: true }));

const LOGIN: Login = {
  v: 1,
  issuer: 'https://issuer.example',
  access_token: 'access-1',
  refresh_token: 'refresh-1',
  account_id: 'acc-7',
  expires_at: START + HOUR,
  logged_in_at: START,
};

const kept = (different: Partial<Login> = {}): void => writeLogin(path, { ...LOGIN, ...different });

/** What was asked to be renewed, each waiting for its answer. */
function issuer() {
  const asked: { token: string; address: string; answer: (answer: Tokens | IssuerFailure) => void }[] = [];
  const issuerAt = (address: string): Issuer => ({
    authorizeUrl: () => '',
    exchange: () => Promise.reject(new Error('not asked')),
    renew: (token) => new Promise((answer) => asked.push({ token, address, answer })),
    revoke: async () => true,
    deviceCode: async () => undefined,
    deviceState: async () => ({ state: 'pending' }),
  });
  return { asked, issuerAt };
}

const FRESH: Tokens = { ok: true, access_token: 'access-2', refresh_token: 'refresh-2', lasts_ms: HOUR };
const turns = () => new Promise((resolve) => setImmediate(resolve));

test('a login is good until five minutes before its end, by the clock of this machine', async () => {
  const { asked, issuerAt } = issuer();
  const bearers = createBearers({ path, issuerAt, clock });
  kept();
  clock.pass(55 * MINUTE - 1);
  expect(await bearers.bearer()).toEqual({ ok: true, access_token: 'access-1', account_id: 'acc-7' });
  clock.pass(1);
  const renewed = bearers.bearer();
  await turns();
  expect(asked).toMatchObject([{ token: 'refresh-1', address: 'https://issuer.example' }]);
  asked[0]!.answer(FRESH);
  expect(await renewed).toEqual({ ok: true, access_token: 'access-2', account_id: 'acc-7' });
  expect(readLogin(path)).toEqual({
    ...LOGIN,
    access_token: 'access-2',
    refresh_token: 'refresh-2',
    expires_at: clock.now() + HOUR,
    renewed_at: clock.now(),
  });
});

test.each([
  ['set ahead by a year', 365 * 24 * HOUR],
  ['set back by a year', -365 * 24 * HOUR],
] as const)('with a clock that was %s it is renewed once, when it seems over or is refused', async (_, skew) => {
  const { asked, issuerAt } = issuer();
  const moved = manualClock(START + skew);
  const bearers = createBearers({ path, issuerAt, clock: moved });
  kept();
  // Set back it seems good for a year, and the service says that it isn't.
  if (skew < 0) expect(await bearers.bearer()).toMatchObject({ ok: true, access_token: 'access-1' });
  const renewed = bearers.bearer(skew < 0 ? 'access-1' : undefined);
  await turns();
  asked[0]!.answer(FRESH);
  expect(await renewed).toMatchObject({ ok: true, access_token: 'access-2' });
  moved.pass(54 * MINUTE);
  expect(await bearers.bearer()).toMatchObject({ ok: true, access_token: 'access-2' });
  expect(asked).toHaveLength(1);
});

test('one that lasts a few minutes only is not renewed for each call', async () => {
  const { asked, issuerAt } = issuer();
  const bearers = createBearers({ path, issuerAt, clock });
  kept({ expires_at: START });
  const renewed = bearers.bearer();
  await turns();
  asked[0]!.answer({ ...FRESH, lasts_ms: 4 * MINUTE });
  await renewed;
  clock.pass(2 * MINUTE - 1);
  expect(await bearers.bearer()).toMatchObject({ ok: true, access_token: 'access-2' });
  expect(asked).toHaveLength(1);
  clock.pass(1);
  const again = bearers.bearer();
  await turns();
  expect(asked).toHaveLength(2);
  asked[1]!.answer(FRESH);
  await again;
});

test('H-93: five calls of one process, and another process, need it renewed: it is renewed once', async () => {
  const { asked, issuerAt } = issuer();
  const one = createBearers({ path, issuerAt, clock });
  const other = createBearers({ path, issuerAt, clock });
  kept({ expires_at: START });
  const all = [...Array.from({ length: 5 }, () => one.bearer()), other.bearer(), other.bearer('access-1')];
  await turns();
  expect(asked).toHaveLength(1);
  asked[0]!.answer(FRESH);
  const first = await Promise.all(all.slice(0, 5));
  clock.pass(MINUTE);
  await turns();
  expect(asked).toHaveLength(1);
  expect([...first, ...(await Promise.all(all.slice(5)))]).toEqual(
    Array(7).fill({ ok: true, access_token: 'access-2', account_id: 'acc-7' }),
  );
});

test('a refused token has it renewed once; who was refused with the one before takes the new one', async () => {
  const { asked, issuerAt } = issuer();
  const bearers = createBearers({ path, issuerAt, clock });
  kept();
  const renewed = bearers.bearer('access-1');
  await turns();
  asked[0]!.answer(FRESH);
  expect(await renewed).toMatchObject({ access_token: 'access-2' });
  expect(await bearers.bearer('access-1')).toMatchObject({ access_token: 'access-2' });
  expect(asked).toHaveLength(1);
});

test('what the answer leaves out stays: a refresh token that may be used again, the account', async () => {
  const { asked, issuerAt } = issuer();
  kept({ expires_at: START });
  const renewed = createBearers({ path, issuerAt, clock }).bearer();
  await turns();
  asked[0]!.answer({ ok: true, access_token: 'access-2', lasts_ms: HOUR });
  await renewed;
  expect(readLogin(path)).toMatchObject({ refresh_token: 'refresh-1', account_id: 'acc-7' });
});

test('that it is being renewed stands in the file before the issuer is asked, and every token is told of', async () => {
  const { asked, issuerAt } = issuer();
  const told: string[] = [];
  kept({ expires_at: START });
  const bearers = createBearers({ path, issuerAt, clock, learned: ({ access_token }) => told.push(access_token) });
  const renewed = bearers.bearer();
  await turns();
  expect(readLogin(path)).toMatchObject({ access_token: 'access-1', renewing_since: START });
  asked[0]!.answer(FRESH);
  await renewed;
  expect(readLogin(path)).not.toHaveProperty('renewing_since');
  expect(new Set(told)).toEqual(new Set(['access-1', 'access-2']));
});

test('without a refresh token, and without a login: what to do is said, nobody is asked', async () => {
  const { asked, issuerAt } = issuer();
  const bearers = createBearers({ path, issuerAt, clock });
  const message = expect.stringContaining('runtime provider login openai-codex') as string;
  expect(await bearers.bearer()).toEqual({ ok: false, class: 'auth', code: 'login_missing', message });
  const { refresh_token: _, ...without } = LOGIN;
  writeLogin(path, { ...without, expires_at: START });
  expect(await bearers.bearer()).toEqual({ ok: false, class: 'auth', code: 'login_over', message });
  expect(asked).toEqual([]);
});

test('a token that the service refused is not used again while the issuer is down', async () => {
  const { asked, issuerAt } = issuer();
  kept();
  const renewed = createBearers({ path, issuerAt, clock }).bearer('access-1');
  await turns();
  asked[0]!.answer({
    ok: false,
    class: 'overload',
    code: 'http_503',
    message: 'issuer.example answered 503: http_503.',
  });
  expect(await renewed).toMatchObject({ ok: false, class: 'overload', code: 'http_503' });
  expect(readLogin(path)).toHaveProperty('renewing_since'); // nobody knows whether it was
});

test('a full disk: what is good yet is used; what a renewal brought is used, and written when there is room', async () => {
  const { asked, issuerAt } = issuer();
  const bearers = createBearers({ path, issuerAt, clock });
  kept({ logged_in_at: START - HOUR, expires_at: START + MINUTE });
  mkdirSync(temporaryOf(path)); // a whole file is written there first
  expect(await bearers.bearer()).toMatchObject({ ok: true, access_token: 'access-1' });
  expect(asked).toHaveLength(0);
  rmdirSync(temporaryOf(path));
  const renewed = bearers.bearer();
  await turns();
  mkdirSync(temporaryOf(path));
  asked[0]!.answer(FRESH);
  expect(await renewed).toMatchObject({ ok: true, access_token: 'access-2' });
  expect(await bearers.bearer()).toMatchObject({ ok: true, access_token: 'access-2' });
  expect(readLogin(path)).toMatchObject({ access_token: 'access-1', renewing_since: START });
  rmdirSync(temporaryOf(path));
  expect(await bearers.bearer()).toMatchObject({ ok: true, access_token: 'access-2' });
  expect(readLogin(path)).toMatchObject({ access_token: 'access-2', refresh_token: 'refresh-2' });
  expect(readLogin(path)).not.toHaveProperty('renewing_since');
  expect(asked).toHaveLength(1);
});

test('another process that never ends renewing it is waited for, not for ever', async () => {
  const { asked, issuerAt } = issuer();
  kept({ expires_at: START });
  const unlock = lockLogin(path)!;
  const waiting = createBearers({ path, issuerAt, clock }).bearer();
  const ended = waiting.then(() => true);
  await expect
    .poll(() => (clock.pass(1000), Promise.race([ended, turns()])), { interval: 1, timeout: 10_000 })
    .toBe(true);
  expect(await waiting).toMatchObject({ ok: false, class: 'timeout', code: 'login_busy' });
  expect(clock.now() - START).toBeGreaterThanOrEqual(90_000);
  expect(asked).toEqual([]);
  unlock();
});

test('logging out waits for who renews it', async () => {
  const config = configSchema.parse({ auth: { codex: { issuer: 'http://127.0.0.1:1' } } });
  kept({ issuer: 'http://127.0.0.1:1' });
  const unlock = lockLogin(path)!;
  const out = logOut({ config, environment: { RUNTIME_HOME: home }, clock });
  await turns();
  expect(existsSync(path)).toBe(true);
  unlock();
  clock.pass(1000);
  expect(await out).toEqual({ revoked: false });
  expect(existsSync(path)).toBe(false);
});
