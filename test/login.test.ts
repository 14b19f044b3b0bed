/** A login with ChatGPT: by a browser, by a code, by pasting; renewed, lost, refused, ended. The issuer is on the loopback. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Login } from '../src/contract/login.ts';
import { type MockIssuer, startMockIssuer } from './support/mock-issuer.ts';
import type { MockOpenai } from './support/mock-openai.ts';
import { type Place, type Ran, type Running, test } from './support/place.ts';

/** Goes to the address that it is given. */
const FAKE_BROWSER = join(import.meta.dirname, 'support/mock-issuer.ts');
const LOGIN = ['provider', 'login', 'openai-codex'];

interface LoginPlace {
  issuer: MockIssuer;
  redirect: string;
  environment: Record<string, string>;
  path: string;
  login(): Login;
  /** Puts a login there, as an earlier one left it. */
  place(different?: Partial<Login>): Login;
}

async function prepare(place: Place, { browser = true, expires_in = 3600 } = {}): Promise<LoginPlace> {
  const issuer = await startMockIssuer({ expires_in });
  place.atEnd(() => issuer.close());
  const redirect = `http://localhost:${await freePort()}/auth/callback`;
  const path = join(place.home, 'auth/codex.json');
  return {
    issuer,
    redirect,
    path,
    environment: {
      RUNTIME_AUTH_CODEX_ISSUER: issuer.url,
      RUNTIME_AUTH_CODEX_REDIRECT_URI: redirect,
      ...(browser && { BROWSER: `${process.execPath} ${FAKE_BROWSER}` }),
    },
    login: () => JSON.parse(readFileSync(path, 'utf8')) as Login,
    place(different = {}) {
      const { access_token, refresh_token } = issuer.grant();
      const now = Date.now();
      const made = { v: 1, issuer: issuer.url, access_token, refresh_token, account_id: 'acc-7', expires_at: now + 3_600_000, logged_in_at: now - 3_600_000, ...different } as Login; // prettier-ignore
      mkdirSync(join(place.home, 'auth'), { recursive: true, mode: 0o700 });
      writeFileSync(path, JSON.stringify(made), { mode: 0o600 });
      return made;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function connectCodex(place: Place, mock: MockOpenai): void {
  const entry = { name: 'chat', provider: 'openai-codex', model: 'openai-codex/gpt-5.5', base_url: mock.url };
  place.configure({ models: { default: 'chat', registry: [entry] } });
}

/** No token is anywhere but in the login's file. */
function expectSecret(place: Place, issuer: MockIssuer, ...ran: Ran[]): void {
  const files = readdirSync(place.home, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
    .filter((file) => file !== join(place.home, 'auth/codex.json'));
  for (const token of issuer.tokens) {
    for (const { stdout, stderr } of ran) expect(stdout + stderr).not.toContain(token);
    for (const file of files) expect(readFileSync(file).includes(token)).toBe(false);
  }
}

describe('by a browser', () => {
  test('H-91: the address has challenge, state and scopes; the login is kept, private, with its end', async ({
    place,
  }) => {
    const { issuer, environment, redirect, path, login } = await prepare(place);
    const before = Date.now();
    const ran = await place.run(LOGIN, { environment });
    expect(ran).toMatchObject({ code: 0, stdout: 'logged in with ChatGPT as person@example.org (plan: plus)\n' });
    const { query } = issuer.requests[0]!;
    expect(Object.fromEntries(query)).toMatchObject({
      response_type: 'code',
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      redirect_uri: redirect,
      scope: 'openid profile email offline_access',
      code_challenge_method: 'S256',
      id_token_add_organizations: 'true',
      codex_cli_simplified_flow: 'true',
      originator: 'codex_cli_rs',
    });
    expect(query.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    expect(query.get('state')!.length).toBeGreaterThanOrEqual(20);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(place.home, 'auth')).mode & 0o777).toBe(0o700);
    const kept = login();
    expect(kept).toMatchObject({ account_id: 'acc-7', email: 'person@example.org', plan: 'plus' });
    expect(kept.expires_at).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(kept.expires_at).toBeLessThanOrEqual(Date.now() + 3_600_000);
    expectSecret(place, issuer, ran);
  });

  test('H-92: a wrong state and a missing code are 400, and it waits on; a denial is told at once', async ({
    place,
  }) => {
    const { redirect, environment, path } = await prepare(place);
    const running = place.start([...LOGIN, '--no-browser'], { environment });
    const state = await stateOf(running);
    const come = async (query: string) => {
      const response = await fetch(`${redirect}?${query}`);
      return [response.status, await response.text()] as const;
    };
    expect(await come('code=x&state=wrong')).toEqual([400, expect.stringContaining('State mismatch')]);
    expect(await come('error=access_denied&state=wrong')).toEqual([400, expect.stringContaining('State mismatch')]);
    expect(await come(`state=${state}`)).toEqual([400, expect.stringContaining('Missing code')]);
    expect((await fetch(redirect.replace('/auth/callback', '/other'))).status).toBe(404);
    expect(running.child.exitCode).toBeNull();
    const [status, text] = await come(`error=access_denied&state=${state}`);
    expect(status).toBe(403);
    expect(text).toContain('You can close this page.');
    const ran = await running.ended;
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toContain('The login was refused: access_denied.');
    expect(existsSync(path)).toBe(false);
  });

  test('an issuer that refuses the code: nothing is kept', async ({ place }) => {
    const { issuer, environment, path } = await prepare(place);
    issuer.next('/oauth/token', { status: 400, body: { error: 'invalid_grant' } });
    const ran = await place.run(LOGIN, { environment });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('invalid_grant');
    expect(existsSync(path)).toBe(false);
  });

  test('nobody comes: it ends when the time is over', async ({ place }) => {
    const { environment } = await prepare(place, { browser: false });
    const ran = await place.run([...LOGIN, '--no-browser', '--auth.codex.timeout', '300ms'], { environment });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('Nobody logged in within 300ms.');
  });

  test('the port is taken: it says by what to do', async ({ place }) => {
    const { environment, redirect } = await prepare(place);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(Number(new URL(redirect).port), '127.0.0.1', resolve));
    place.atEnd(() => new Promise((resolve) => void other.close(() => resolve())));
    const ran = await place.run(LOGIN, { environment });
    expect(ran.code).toBe(3);
    expect(ran.stderr).toMatch(/Port \d+ is taken/);
    expect(ran.stderr).toContain('runtime provider login openai-codex --device');
  });

  test('Ctrl-C ends it', async ({ place }) => {
    const { environment, path } = await prepare(place, { browser: false });
    const running = place.start([...LOGIN, '--no-browser'], { environment });
    await running.says('/oauth/authorize?');
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(existsSync(path)).toBe(false);
  });

  test('where the browser ended is pasted; an address of something else is refused', async ({ place }) => {
    const { environment, redirect, login } = await prepare(place, { browser: false });
    // The shell types what a person would: the issuer is asked, and where it sends to is pasted.
    const script = `
      mkfifo said
      (sleep 0; exec 3<said; while read -r line <&3; do case $line in *oauth/authorize*) break;; esac; done
        echo '${redirect}?code=x&state=other'
        ${process.execPath} -e 'fetch(process.argv[1], { redirect: "manual" }).then((r) => console.log(r.headers.get("location")))' "$line"
        cat <&3 >&2) | "$@" 2>said`;
    const ran = await place.run([...LOGIN, '--no-browser'], { environment, shell: script });
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stderr).toContain('That address is not of this login: State mismatch.');
    expect(login().account_id).toBe('acc-7');
  });

  test('H-94: another token_path holds for login, use and logout', async ({ place, mock }) => {
    const { environment, path, issuer } = await prepare(place);
    const elsewhere = { ...environment, RUNTIME_AUTH_CODEX_TOKEN_PATH: 'auth/other.json' };
    await place.run(LOGIN, { environment: elsewhere });
    expect(existsSync(path)).toBe(false);
    connectCodex(place, mock);
    mock.reply({ text: 'Yes.' });
    expect(await place.run(['run', 'hello'], { environment: elsewhere })).toMatchObject({ code: 0, stdout: 'Yes.\n' });
    await place.run(['provider', 'logout', 'openai-codex'], { environment: elsewhere });
    expect(existsSync(join(place.home, 'auth/other.json'))).toBe(false);
    expect(issuer.requests.at(-1)!.path).toBe('/oauth/revoke');
  });
});

async function stateOf(running: Running): Promise<string> {
  let text = '';
  running.child.stderr!.on('data', (piece: string) => (text += piece));
  await running.says('/oauth/authorize?');
  return /state=([\w-]+)/.exec(text)![1]!;
}

describe('by a code', () => {
  test('where no browser can be: the code is waited for', async ({ place }) => {
    const { issuer, environment, login } = await prepare(place, { browser: false });
    issuer.next('/api/accounts/deviceauth/token', {
      status: 403,
      body: { error: { code: 'deviceauth_authorization_pending' } },
    });
    const ran = await place.run(LOGIN, { environment });
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stderr).toContain('ABCD-1234');
    expect(ran.stderr).toContain(`${issuer.url}/codex/device`);
    expect(login().email).toBe('person@example.org');
    expect(issuer.requests.map(({ path }) => path)).toEqual([
      '/api/accounts/deviceauth/usercode',
      '/api/accounts/deviceauth/token',
      '/api/accounts/deviceauth/token',
      '/oauth/token',
    ]);
    expect(issuer.requests[1]!.fields).toEqual({ device_auth_id: 'dev-1', user_code: 'ABCD-1234' });
    expectSecret(place, issuer, ran);
  });

  test('denied: it is told', async ({ place }) => {
    const { issuer, environment, path } = await prepare(place, { browser: false });
    issuer.next('/api/accounts/deviceauth/token', { status: 403, body: { error: 'access_denied' } });
    const ran = await place.run([...LOGIN, '--device'], { environment });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('access_denied');
    expect(existsSync(path)).toBe(false);
  });

  test('an issuer without it: the address is given instead', async ({ place }) => {
    const { issuer, environment } = await prepare(place, { browser: false });
    issuer.next('/api/accounts/deviceauth/usercode', { status: 404, body: {} });
    const running = place.start([...LOGIN, '--device'], { environment });
    await running.says('/oauth/authorize?');
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(143);
  });
});

describe('used', () => {
  test('a turn is asked by it: address, headers, and what the service takes', async ({ place, mock }) => {
    const { environment, issuer, place: placed } = await prepare(place);
    const { access_token } = placed();
    connectCodex(place, mock);
    mock.reply({ text: 'Yes.' });
    const ran = await place.run(['run', 'hello'], { environment });
    expect(ran).toMatchObject({ code: 0, stdout: 'Yes.\n' });
    const { path, headers, body } = mock.requests[0]!;
    expect(path).toBe('/v1/codex/responses');
    expect(headers).toMatchObject({
      authorization: `Bearer ${access_token}`,
      'chatgpt-account-id': 'acc-7',
      originator: 'codex_cli_rs',
    });
    expect(body).toMatchObject({
      model: 'gpt-5.5',
      store: false,
      stream: true,
      include: ['reasoning.encrypted_content'],
    });
    expect(body).not.toHaveProperty('max_output_tokens');
    expect(body).toHaveProperty('prompt_cache_key');
    expect(issuer.renewals()).toEqual([]);
    expectSecret(place, issuer, ran);
  });

  test('without a login: what to do is said, exit code 4', async ({ place, mock }) => {
    const { environment } = await prepare(place);
    connectCodex(place, mock);
    const ran = await place.run(['run', 'hello'], { environment });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain('runtime provider login openai-codex');
    expect(mock.requests).toEqual([]);
  });

  test('H-93: eight processes need it renewed at once: it is renewed once', async ({ place, mock }) => {
    const { environment, issuer, login, place: placed } = await prepare(place);
    const before = placed({ expires_at: Date.now() + 60_000 });
    connectCodex(place, mock);
    mock.reply(...Array.from({ length: 8 }, () => ({ text: 'Yes.' })));
    const all = await Promise.all(Array.from({ length: 8 }, () => place.run(['provider', 'test'], { environment })));
    expect(all.map(({ code }) => code)).toEqual(Array(8).fill(0));
    expect(issuer.renewals().map((one) => one['refresh_token'])).toEqual([before.refresh_token]);
    const sent = new Set(mock.requests.map(({ headers }) => headers.authorization));
    expect([...sent]).toEqual([`Bearer ${login().access_token}`]);
    expect(login()).toMatchObject({ logged_in_at: before.logged_in_at });
    expect(login()).not.toHaveProperty('renewing_since');
    expectSecret(place, issuer, ...all);
  });

  test('it ends in the middle of a turn: renewed once, asked again, and the turn goes on', async ({ place, mock }) => {
    const { environment, issuer, login, place: placed } = await prepare(place);
    placed();
    connectCodex(place, mock);
    place.write('a.txt', 'A');
    mock.reply(
      { calls: [{ name: 'read_file', arguments: { path: 'a.txt' } }] },
      { status: 401, body: { error: { message: 'token expired', code: 'token_expired' } } },
      { text: 'Done.' },
    );
    const ran = await place.run(['run', 'read a.txt'], { environment });
    expect(ran).toMatchObject({ code: 0, stdout: 'Done.\n' });
    expect(issuer.renewals()).toHaveLength(1);
    expect(mock.requests.at(-1)!.headers.authorization).toBe(`Bearer ${login().access_token}`);
    expect(place.journal().filter(({ type }) => type === 'model.failed')).toEqual([]);
    expectSecret(place, issuer, ran);
  });

  test('a service that refuses the renewed one too is asked no third time', async ({ place, mock }) => {
    const { environment, issuer, place: placed } = await prepare(place);
    const { access_token } = placed();
    connectCodex(place, mock);
    mock.reply(
      ...Array.from({ length: 4 }, () => ({ status: 401, body: { error: { message: `bad token ${access_token}` } } })),
    );
    const ran = await place.run(['run', 'hello'], { environment });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain('log in anew');
    expect(mock.requests).toHaveLength(2);
    expect(issuer.renewals()).toHaveLength(1);
    expectSecret(place, issuer, ran);
  });

  test('a renewal that is refused: it says to log in anew', async ({ place, mock }) => {
    const { environment, place: placed } = await prepare(place);
    placed({ expires_at: 1, refresh_token: 'rt.revoked-elsewhere' });
    connectCodex(place, mock);
    for (const again of [1, 2]) {
      const ran = await place.run(['run', 'hello'], { environment });
      expect([again, ran.code]).toEqual([again, 4]);
      expect(ran.stderr).toContain('the issuer refused to renew it (invalid_grant)');
      expect(ran.stderr).toContain('runtime provider login openai-codex');
    }
    expect(mock.requests).toEqual([]);
  });

  test('killed while it is renewed: the file is whole, and the lost token is told of', async ({ place, mock }) => {
    const { environment, issuer, login, place: placed } = await prepare(place);
    const before = placed({ expires_at: 1 });
    connectCodex(place, mock);
    issuer.hold();
    const running = place.start(['provider', 'test'], { environment });
    await expect.poll(() => issuer.renewals().length, { timeout: 10_000 }).toBe(1);
    running.child.kill('SIGKILL');
    await running.ended;
    issuer.release();
    expect(login()).toEqual({ ...before, renewing_since: expect.any(Number) as number });
    const ran = await place.run(['provider', 'test'], { environment });
    expect(ran.code).toBe(4);
    expect(ran.stdout).toContain('cut before its answer was written');
    expect(ran.stderr).toContain('runtime provider login openai-codex');
  });

  test('an issuer that is down for a while: what is good yet is used; later it is renewed', async ({ place, mock }) => {
    const { environment, issuer, login, place: placed } = await prepare(place);
    const before = placed({ expires_at: Date.now() + 120_000 });
    connectCodex(place, mock);
    issuer.next('/oauth/token', { status: 503, body: {} });
    mock.reply({ text: 'Yes.' }, { text: 'Yes.' });
    expect(await place.run(['provider', 'test'], { environment })).toMatchObject({ code: 0 });
    expect(mock.requests[0]!.headers.authorization).toBe(`Bearer ${before.access_token}`);
    expect(await place.run(['provider', 'test'], { environment })).toMatchObject({ code: 0 });
    expect(mock.requests[1]!.headers.authorization).toBe(`Bearer ${login().access_token}`);
    expect(login().access_token).not.toBe(before.access_token);
  });

  test('a renewal that could not be sent was not cut', async ({ place, mock }) => {
    const { environment, login, place: placed } = await prepare(place);
    const before = placed({ expires_at: 1, issuer: `http://127.0.0.1:${await freePort()}` });
    connectCodex(place, mock);
    const ran = await place.run(['provider', 'test'], { environment });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain("The login with ChatGPT can't be renewed.");
    expect(login()).toEqual(before);
  });

  test('what a tool reads of it is replaced, before and after a renewal, whichever model is asked', async ({
    place,
    mock,
  }) => {
    const { environment, issuer, login, place: placed } = await prepare(place);
    const { access_token, refresh_token } = placed();
    place.write('leak.txt', `${access_token} ${refresh_token}`);
    const read = { calls: [{ name: 'read_file', arguments: { path: 'leak.txt' } }] };
    place.connect(mock);
    mock.reply(read, { text: 'Done.' });
    expect(await place.run(['run', 'read it'], { environment })).toMatchObject({ code: 0 });
    connectCodex(place, mock);
    mock.reply({ status: 401, body: {} }, (request) => {
      place.write('leak.txt', request.headers.authorization!);
      return read;
    }, { text: 'Done.' }); // prettier-ignore
    expect(await place.run(['run', 'read it'], { environment })).toMatchObject({ code: 0 });
    expect(place.read('leak.txt')).toContain(login().access_token);
    expectSecret(place, issuer);
    expect(JSON.stringify(mock.requests.at(-1)!.body)).toContain('[REDACTED:access token of openai-codex]');
  });

  test('a file that is no login is told of', async ({ place, mock }) => {
    const { environment, path, place: placed } = await prepare(place);
    placed();
    writeFileSync(path, '{"v":1');
    connectCodex(place, mock);
    const ran = await place.run(['run', 'hello'], { environment });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain('no login that this version wrote');
  });
});

describe('an issuer that says what can not be', () => {
  test.for([1e300, 1e15, 3600.0001])('a token that lasts %d s: the login can be read again', async (expires_in, { place, mock }) => {
    const { issuer, environment, place: put } = await prepare(place);
    connectCodex(place, mock);
    put({ expires_at: Date.now() - 1 });
    issuer.next('/oauth/token', { status: 200, body: { ...issuer.grant(), expires_in } });
    mock.reply({ text: 'one' }, { text: 'two' });
    for (const stdout of ['one\n', 'two\n']) {
      expect(await place.run(['run', 'go'], { environment })).toMatchObject({ code: 0, stdout });
    }
  }); // prettier-ignore

  test('a token that no header can carry is none, and the login stays as it was', async ({ place, mock }) => {
    const { issuer, environment, login, place: put } = await prepare(place);
    connectCodex(place, mock);
    const { access_token } = put({ expires_at: Date.now() + 60_000 });
    issuer.next('/oauth/token', { status: 200, body: { ...issuer.grant(), access_token: 'abc\ndef' } });
    mock.reply({ text: 'still' });
    expect(await place.run(['run', 'go'], { environment })).toMatchObject({ code: 0, stdout: 'still\n' });
    expect(login().access_token).toBe(access_token);
  });

  test('a code that nobody could type is refused, and not shown', async ({ place }) => {
    const { issuer, environment } = await prepare(place);
    const body = { device_auth_id: 'd', user_code: '\u001b]0;pwn\u0007AB' };
    issuer.next('/api/accounts/deviceauth/usercode', { status: 200, body });
    const ran = await place.run([...LOGIN, '--device'], { environment });
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('gave no code') as string });
    expect(ran.stderr).not.toContain('\u001b');
  });
});

describe('a file that is no login', () => {
  test('doctor tells of it; the other providers are listed', async ({ place }) => {
    const { path, place: put } = await prepare(place);
    put();
    writeFileSync(path, 'garbage');
    place.configure({ models: { registry: [{ name: 'chat', provider: 'openai-codex' }, { name: 'o', provider: 'ollama' }] } });
    expect((await place.run(['doctor'])).stdout).toContain('no login with ChatGPT that can be read');
    const { code, stdout } = await place.run(['provider', 'ls']);
    expect({ code, listed: /ollama/.test(stdout) }).toEqual({ code: 0, listed: true });
  }); // prettier-ignore

  test('a pipe in its place is waited for by nobody', async ({ place, mock }) => {
    const { path, environment } = await prepare(place);
    mkdirSync(join(place.home, 'auth'), { mode: 0o700 });
    execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', path]);
    connectCodex(place, mock);
    const ran = await place.run(['run', 'go'], { environment });
    expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining('is not a plain file') as string });
  });
});

describe('ended', () => {
  test('logout removes the login and revokes it; without one it says so', async ({ place }) => {
    const { environment, issuer, path, place: placed } = await prepare(place);
    const { refresh_token } = placed();
    const ran = await place.run(['provider', 'logout', 'openai-codex'], { environment });
    expect(ran).toMatchObject({ code: 0 });
    expect(issuer.requests[0]).toMatchObject({ path: '/oauth/revoke', fields: { token: refresh_token } });
    expect(existsSync(path)).toBe(false);
    const again = await place.run(['provider', 'logout', 'openai-codex'], { environment });
    expect(again).toMatchObject({ code: 0, stderr: 'there is no login with ChatGPT\n' });
    expect(issuer.requests).toHaveLength(1);
  });

  test('logout waits for a renewal, and ends what it brought', async ({ place, mock }) => {
    const { environment, issuer, path, place: placed } = await prepare(place);
    placed({ expires_at: 1 });
    connectCodex(place, mock);
    issuer.hold();
    const renewing = place.start(['provider', 'test'], { environment });
    await expect.poll(() => issuer.renewals().length, { timeout: 10_000 }).toBe(1);
    const out = place.start(['provider', 'logout', 'openai-codex'], { environment });
    mock.reply({ text: 'Yes.' });
    issuer.release();
    expect((await renewing.ended).code).toBe(0);
    expect((await out.ended).code).toBe(0);
    expect(existsSync(path)).toBe(false);
    const ended = issuer.requests.filter((one) => one.path === '/oauth/revoke').map(({ fields }) => fields['token']);
    const [, , , , renewed] = issuer.tokens; // access, refresh, id, then the renewed ones
    expect(ended).toEqual([renewed]);
  });

  test('an issuer that cannot be reached: the login is gone here, and that is said', async ({ place }) => {
    const { environment, issuer, path, place: placed } = await prepare(place);
    placed();
    await issuer.close();
    const ran = await place.run(['provider', 'logout', 'openai-codex'], { environment });
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('the provider could not be told');
    expect(existsSync(path)).toBe(false);
  });
});

test('a tool of the agent may not log in, out, or try what costs', async ({ place }) => {
  const environment = { RUNTIME_TOOL_CALL: 's:c1' };
  for (const args of [LOGIN, ['provider', 'logout', 'openai-codex'], ['provider', 'test']]) {
    expect(await place.run(args, { environment })).toMatchObject({ code: 6, stdout: '' });
  }
});

test('provider ls: whose login it is and when it ends, no token', async ({ place }) => {
  const { environment, issuer, place: placed } = await prepare(place);
  placed({ email: 'person@example.org', plan: 'plus' });
  const ran = await place.run(['provider', 'ls', '-o', 'json'], {
    environment: { ...environment, OPENAI_API_KEY: 'sk-123456789' },
  });
  expect(JSON.parse(ran.stdout)).toEqual([
    { provider: 'openai', host: 'api.openai.com', models: [], key: 'there', from: 'OPENAI_API_KEY' },
    {
      provider: 'openai-codex',
      host: 'chatgpt.com',
      models: [],
      key: 'there',
      login: { expires_at: expect.any(Number) as number, email: 'person@example.org', plan: 'plus' },
      from: 'login',
    },
  ]);
  expect(ran.stdout).not.toContain('sk-123456789');
  expectSecret(place, issuer, ran);
});
