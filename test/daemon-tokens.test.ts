/** Who may ask a daemon: tokens, their roles, and what is recorded of those who were refused. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { OPERATIONS } from '../src/contract/operations.ts';
import { tokenRole } from '../src/contract/tokens.ts';
import { responseId } from '../src/surfaces/http/openai/response-id.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { linesOf, type Place, test, until } from './support/place.ts';

const ROLES = tokenRole.options.toReversed(); // the lowest first
const ASKING = {
  match: { any: true as const },
  reply: { calls: [{ tool: 'exec_command', arguments: { command: 'true' } }] },
};

async function makeToken(place: Place, ...args: string[]): Promise<string> {
  const made = await place.run(['token', 'create', ...args]);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  return made.stdout.trim();
}

const as = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

async function statusOf(daemon: Daemon, token: string): Promise<number> {
  return (await daemon.ask('GET', '/v1/status', undefined, as(token))).status;
}

const refusalsOf = (place: Place): unknown[] => {
  const lines = linesOf(readFileSync(join(place.home, 'workspaces/default/audit.jsonl'), 'utf8'));
  return (lines as { type: string; data: unknown }[]).flatMap(({ type, data }) =>
    type === 'access.denied' ? [data] : [],
  );
};

test('where the daemon logs, and paths of what fails, are for its operators', async ({ place }) => {
  place.play([ASKING]);
  await place.run(['cron', 'add', 'a', '--schedule', '@every 1h', '--command', 'true']);
  const schedules = join(place.home, 'workspaces/default/schedules.jsonl');
  rmSync(schedules);
  mkdirSync(schedules);
  const daemon = await startDaemon(place, ['--log.file', 'daemon.log']);
  const status = async (token: string): Promise<string> =>
    (await daemon.ask('GET', '/v1/status', undefined, as(token))).text();
  while (!(await status(daemon.token)).includes('failing')) await delay(20);
  expect(JSON.parse(await status(daemon.token))).toMatchObject({ log: join(place.home, 'daemon.log') });
  const told = await status(await makeToken(place, 'look', '--role', 'viewer'));
  expect(told).not.toContain(place.home);
  expect(JSON.parse(told)).toMatchObject({ failing: [{ component: 'schedules', next: expect.any(String) }] });
  expect(JSON.parse(told)).not.toHaveProperty('log');
});

describe('a token', () => {
  test('is shown once, kept as a digest, listed, and taken back', async ({ place }) => {
    const token = await makeToken(place, 'ci', '--role', 'member', '--expires', '30d');
    expect(token).toMatch(/^rt_[\w-]{43}$/);
    const file = join(place.home, 'auth/tokens.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(place.home, 'auth')).mode & 0o777).toBe(0o700);
    expect(readFileSync(file, 'utf8')).not.toContain(token);
    const listed = JSON.parse((await place.run(['token', 'ls', '-o', 'json'])).stdout) as unknown[];
    expect(listed).toEqual([
      { name: 'ci', role: 'member', created_at: expect.any(Number), expires_at: expect.any(Number) },
    ]);
    expect((await place.run(['token', 'ls'])).stdout).toMatch(/^NAME +ROLE +MADE +EXPIRES\nci +member +.* +in 29d\n$/);
    expect(await place.run(['token', 'create', 'ci'])).toMatchObject({ code: 2, stdout: '' });
    expect(await place.run(['token', 'revoke', 'ci'])).toMatchObject({ code: 0, stdout: '' });
    expect(await place.run(['token', 'revoke', 'ci'])).toMatchObject({ code: 1 });
    expect(await place.run(['token', 'ls'])).toMatchObject({ code: 0, stdout: '' });
  });

  test.for([['token'], ['local'], ['a b'], ['../x'], ['x', '--expires', 'soon'], ['x', '--role', 'overlord']])(
    'is not made of %j',
    async (args, { place }) => {
      expect(await place.run(['token', 'create', ...args])).toMatchObject({ code: 2, stdout: '' });
    },
  );

  test('is not lost when several processes make some at once', async ({ place }) => {
    const names = Array.from({ length: 8 }, (_, n) => `t${n}`);
    await Promise.all(names.map((name) => makeToken(place, name)));
    const listed = JSON.parse((await place.run(['token', 'ls', '-o', 'json'])).stdout) as { name: string }[];
    expect(listed.map(({ name }) => name).toSorted()).toEqual(names);
  });

  test('C-55: opens a daemon that runs at once, until it is revoked or expires', async ({ place }) => {
    const daemon = await startDaemon(place);
    const token = await makeToken(place, 'reader');
    expect(await statusOf(daemon, token)).toBe(200);
    await place.run(['token', 'revoke', 'reader']);
    expect(await statusOf(daemon, token)).toBe(401);
    const short = await makeToken(place, 'short', '--expires', '1ms');
    const refused = await daemon.ask('GET', '/v1/status', undefined, as(short));
    expect([refused.status, await refused.json()]).toMatchObject([401, { detail: 'The token has expired.' }]);
    expect(await statusOf(daemon, daemon.token)).toBe(200);
  });

  test('is refused while the file of tokens is damaged, and the daemon goes on', async ({ place }) => {
    const daemon = await startDaemon(place);
    const token = await makeToken(place, 'reader');
    const file = join(place.home, 'auth/tokens.json');
    const whole = readFileSync(file, 'utf8');
    for (const damaged of ['', '{"v":1,"tokens":[{"name":"reader","role":"admin"}]}', whole.slice(0, -9)]) {
      writeFileSync(file, damaged);
      const refused = await daemon.ask('GET', '/v1/status', undefined, as(token));
      expect([refused.status, await refused.text()]).toEqual([503, expect.not.stringContaining(place.home)]);
      expect(await place.run(['token', 'ls'])).toMatchObject({ code: 7 });
      expect(await statusOf(daemon, daemon.token)).toBe(200);
    }
    writeFileSync(file, whole);
    expect(await statusOf(daemon, token)).toBe(200);
  });

  test("ends its readers' streams with itself", async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'hello' } }]);
    const daemon = await startDaemon(place);
    const { accepted } = await daemon.send({ content: 'hi' });
    const token = await makeToken(place, 'reader');
    const stream = await daemon.ask('GET', accepted.stream_url, undefined, as(token));
    const read = stream.text().catch(() => 'cut'); // to its end
    await place.run(['token', 'revoke', 'reader']);
    expect(await read).toEqual(expect.any(String));
  });

  test('acts by its name', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'hello' } }]);
    const daemon = await startDaemon(place);
    const token = await makeToken(place, 'ci', '--role', 'member');
    const sent = await daemon.ask('POST', '/v1/events', { content: 'hi', session_id: 'one' }, as(token));
    expect(sent.status).toBe(202);
    await until('it is there', () => place.read('../home/workspaces/default/sessions/one.jsonl') !== '');
    const [, received] = place.journal('one');
    expect(received).toMatchObject({ data: { actor: { id: 'ci', role: 'member' } } });
  });
});

describe('a role', () => {
  const BODIES: Record<string, object> = {
    '/v1/events': { content: 'hi' },
    '/v1/sessions/:id/steer': { content: 'hi' },
    '/v1/sessions/:id/stop': { event_id: 'e-none' },
    '/v1/sessions/:id/configure': { title: 'x' },
    '/v1/sessions/:id/fork': {},
    '/v1/sessions/:id/undo': { turn: 1 },
    '/v1/import': { file: '/none' },
    '/v1/approvals/:id/resolve': { decision: 'deny' },
    '/v1/schedules': { name: 'none', schedule: '@every 1h', prompt: 'hi' },
    '/v1/schedules/:id': { paused: true },
    '/v1/policy': { tool: 'read_file', verdict: 'allow' },
    '/v1/chat/completions': { messages: [{ role: 'user', content: 'hi' }] },
    '/v1/responses': { input: 'hi' },
  };

  test('C-56: lets do what the table says, and nothing else', async ({ place }) => {
    place.play([ASKING]);
    const daemon = await startDaemon(place);
    const { status } = await daemon.send({ content: 'hi', session_id: 'asks' });
    const [approval] = status.approvals;
    const stops = responseId((await daemon.send({ content: 'hi', session_id: 'stops' })).accepted);
    const idIn = (route: string): string =>
      route.startsWith('/v1/approvals') ? approval! : route.startsWith('/v1/responses') ? stops : 'none';
    const tokens = await Promise.all(ROLES.map((role) => makeToken(place, `a-${role}`, '--role', role)));
    for (const [route, methods] of Object.entries(OPERATIONS)) {
      const path = route.replace(':id', idIn(route));
      for (const [method, { role: least }] of Object.entries(methods)) {
        const ask = async (headers: Record<string, string>): Promise<number> => {
          const answer = await daemon.ask(method, path, method === 'GET' ? undefined : BODIES[route], headers);
          await answer.body?.cancel();
          return answer.status;
        };
        const open = await ask({ authorization: '' });
        expect(open, `${method} ${route} of nobody`).toBe(least === undefined ? 200 : 401);
        for (const [rank, role] of ROLES.entries()) {
          const status = await ask(as(tokens[rank]!));
          const may = least === undefined || rank >= ROLES.indexOf(least);
          if (may) expect([401, 403, 500], `${method} ${route} of ${role}`).not.toContain(status);
          else expect(status, `${method} ${route} of ${role}`).toBe(403);
        }
      }
    }
  });

  test('C-72: holds for the shapes of OpenAI, too', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'hello' } }]);
    const daemon = await startDaemon(place);
    const viewer = await makeToken(place, 'reader');
    const member = await makeToken(place, 'ci', '--role', 'member');
    const chat = { model: 'scripted', messages: [{ role: 'user', content: 'hi' }] };
    const ask = async (token: string): Promise<number[]> => {
      const answers = await Promise.all([
        daemon.ask('GET', '/v1/models', undefined, as(token)),
        daemon.ask('POST', '/v1/chat/completions', chat, as(token)),
        daemon.ask('POST', '/v1/responses', { model: 'scripted', input: 'hi' }, as(token)),
      ]);
      return answers.map(({ status }) => status);
    };
    expect(await ask('nobody')).toEqual([401, 401, 401]);
    expect(await ask(viewer)).toEqual([200, 403, 403]);
    expect(await ask(member)).toEqual([200, 200, 200]);
    await until('all are recorded', () => refusalsOf(place).length === 5);
  });

  test('of member asks for no model that nobody configured: it has no price', async ({ place }) => {
    const daemon = await startDaemon(place);
    const member = as(await makeToken(place, 'ci', '--role', 'member'));
    const model = 'gpt-of-my-own';
    for (const [path, body] of [
      ['/v1/events', { session_id: 's', content: 'hi', model }],
      ['/v1/sessions/s/configure', { model }],
      ['/v1/sessions/s/fork', { model }],
    ] as const) {
      const refused = await daemon.ask('POST', path, body, member);
      expect([path, refused.status, await refused.json()]).toMatchObject([path, 403, { code: 'role_not_allowed' }]);
    }
    const named = await daemon.ask('POST', '/v1/events', { session_id: 's', content: 'hi', model: 'demo' }, member);
    expect(named.status).toBe(202);
  });

  test('of member chooses no folder', async ({ place }) => {
    const daemon = await startDaemon(place);
    const token = await makeToken(place, 'ci', '--role', 'member');
    const sent = await daemon.ask('POST', '/v1/events', { content: 'hi', root: '/' }, as(token));
    expect([sent.status, await sent.json()]).toMatchObject([403, { code: 'role_not_allowed' }]);
  });
});

describe('a refusal', () => {
  test('C-128: is recorded with who, what and why, and without a secret', async ({ place }) => {
    const daemon = await startDaemon(place);
    const token = await makeToken(place, 'reader');
    await daemon.ask('POST', '/v1/events?token=rt_in-the-url', { content: 'hi' }, as(token));
    await daemon.ask('GET', '/v1/status', undefined, as('rt_some-bad-token'));
    await until('both are recorded', () => refusalsOf(place).length === 2);
    expect(refusalsOf(place)).toEqual([
      { what: 'POST /v1/events', why: 'reader is viewer; sending a message takes member.', by: 'reader' },
      { what: 'GET /v1/status', why: 'The request has no valid token.', by: '127.0.0.1' },
    ]);
    process.kill(daemon.pid, 'SIGTERM');
    const { stdout, stderr } = await daemon.ended;
    for (const secret of [token, 'rt_some-bad-token', 'rt_in-the-url', daemon.token]) {
      expect(stdout + stderr).not.toContain(secret);
      expect(filesHolding(place.home, secret)).toEqual(secret === daemon.token ? ['daemon.token'] : []);
    }
  });

  test('of many is recorded for some, and the next one says how many', async ({ place }) => {
    const daemon = await startDaemon(place);
    const bad = (): Promise<number> => statusOf(daemon, 'bad');
    for (let n = 0; n < 10; n++) {
      expect(await Promise.all(Array.from({ length: 50 }, bad))).toEqual(Array.from({ length: 50 }, () => 401));
    }
    expect(await statusOf(daemon, daemon.token)).toBe(200);
    expect(refusalsOf(place)).toHaveLength(20);
  });
});

describe('beyond this machine', () => {
  const beyond = ['--port', '0', '--host', '0.0.0.0'];

  test('a daemon without a token that is good does not start', async ({ place }) => {
    await makeToken(place, 'old', '--expires', '1ms');
    await makeToken(place, 'gone');
    await place.run(['token', 'revoke', 'gone']);
    expect(await place.run(['daemon', ...beyond])).toMatchObject({ code: 2, stdout: '' });
    const odd = await place.run(['daemon', ...beyond], { environment: { RUNTIME_TOKEN: 'two words' } });
    expect(odd).toMatchObject({ code: 2, stdout: '' });
    writeFileSync(join(place.home, 'daemon.token'), 'two words\n');
    expect(await place.run(['daemon', ...beyond])).toMatchObject({ code: 2, stdout: '' });
  });

  test('one that is good is enough', async ({ place }) => {
    const token = await makeToken(place, 'phone');
    const running = place.start(['daemon', ...beyond]);
    let said = '';
    running.child.stdout!.on('data', (text: string) => (said += text));
    await running.says('runtime.ready.v1');
    const { url } = JSON.parse(said) as { url: string };
    const ask = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${url.replace('0.0.0.0', '127.0.0.1')}/v1/status`, { headers });
    expect((await ask(as(token))).status).toBe(200);
    expect((await ask({})).status).toBe(401);
    expect(readdirSync(place.home)).not.toContain('daemon.token');
  });
});

/** Names of the files below a folder that hold a text. */
function filesHolding(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.lock'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text))
    .map((path) => path.slice(folder.length + 1));
}
