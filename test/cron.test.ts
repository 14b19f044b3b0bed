/** Jobs that run by themselves: the commands, with and without a process that fires, and what a kill leaves. */
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished } from 'vitest';
import type { Script } from '../src/contract/script.ts';
import type { Firing, ScheduleStatus } from '../src/contract/schedule.ts';
import { startDaemon } from './support/daemon.ts';
import { entriesOf, linesOf, type Place, test, until } from './support/place.ts';
import { openTerminal } from './support/terminal.ts';

const TURNS: Script['turns'] = [{ match: { any: true }, reply: { text: 'You said: {{asked}}' } }];

async function json<T>(place: Place, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await place.run(['cron', ...args, '-o', 'json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

const history = (place: Place, name: string): Promise<Firing[]> => json<Firing[]>(place, 'history', name);

/** The history of a job as soon as it is so. */
async function untilRows(place: Place, name: string, isSo: (rows: Firing[]) => boolean): Promise<Firing[]> {
  const end = Date.now() + 20_000;
  for (;;) {
    const rows = await history(place, name);
    if (isSo(rows)) return rows;
    if (Date.now() > end) throw new Error(`waited in vain: ${JSON.stringify(rows)}`);
  }
}

const untilRan = (place: Place, name: string, count: number): Promise<Firing[]> =>
  untilRows(place, name, (rows) => rows.filter(({ outcome }) => outcome !== undefined).length >= count);

describe('without a process that fires', () => {
  test('a job is made, shown, paused, resumed, run by hand and removed', async ({ place }) => {
    place.play(TURNS);
    const add = ['cron', 'add', 'standup', '--schedule', '30 8 * * 1-5', '--tz', 'Europe/Berlin', '--prompt', 'hello'];
    expect(await place.run(add)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^added standup: due next 20/),
    });
    expect(await place.run(add)).toMatchObject({ code: 1, stderr: expect.stringMatching(/already/) });
    const [job] = await json<ScheduleStatus[]>(place, 'ls');
    expect(job).toMatchObject({ name: 'standup', tz: 'Europe/Berlin', status: 'active', root: place.project });
    expect(new Date(job!.next_due_at!).getUTCMinutes()).toBe(30);
    expect(await place.run(['cron', 'pause', 'standup'])).toMatchObject({ code: 0 });
    expect(await json(place, 'show', 'standup')).toMatchObject({ status: 'paused', next_due_at: null });
    expect(await place.run(['cron', 'resume', 'standup'])).toMatchObject({ code: 0 });
    const ran = await place.run(['cron', 'run', 'standup']);
    expect(ran).toMatchObject({ code: 0, stdout: 'You said: hello\n' });
    const [row, ...more] = await history(place, 'standup');
    expect(more).toEqual([]);
    expect(row).toMatchObject({ state: 'fired', manual: true, session_id: 'cron-standup', outcome: 'ok' });
    const [created] = entriesOf(place.journal('cron-standup'), 'session.created');
    expect(created).toMatchObject({ kind: 'cron', source: 'cron', project_root: place.project });
    const [input] = entriesOf(place.journal('cron-standup'), 'input.received');
    expect(input).toMatchObject({ event_id: row!.event_id, lane: 'background', source: 'cron' });
    expect(await place.run(['cron', 'rm', 'standup'])).toMatchObject({ code: 0 });
    expect(await json(place, 'ls')).toEqual([]);
    expect(await place.run(['cron', 'history', 'standup'])).toMatchObject({ code: 1 });
  });

  test('A-104: a command is run with no key of ours, and what it printed and its exit code are kept', async ({
    place,
  }) => {
    place.play(TURNS);
    const command = 'echo "key: $OPENAI_API_KEY."; pwd; exit 3';
    await place.run(['cron', 'add', 'a', '--schedule', '@every 1h', '--command', command]);
    const ran = await place.run(['cron', 'run', 'a'], { environment: { OPENAI_API_KEY: 'sk-secret-of-mine' } });
    expect(ran).toMatchObject({ code: 1, stdout: `key: .\n${place.project}\n` });
    expect(await history(place, 'a')).toMatchObject([{ outcome: 'failed', exit_code: 3, reason: 'exit code 3' }]);
    expect(await json(place, 'show', 'a')).toMatchObject({ failures: 1, output: `key: .\n${place.project}\n` });
    expect(existsSync(join(place.home, 'workspaces/default/sessions/cron-a.jsonl'))).toBe(false);
    const [{ event_id }] = (await history(place, 'a')) as [Firing];
    const why = await place.run(['why', event_id!]);
    expect(why).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/job a ran a command: it failed: exit code 3/),
    });
    expect(why.stdout).toMatch(/local added job a at .*\(schedules.jsonl seq 1\)/);
  });

  test.for([
    ['--schedule', '61 * * * *', '--prompt', 'x'],
    ['--schedule', '* * * * *', '--tz', 'Mars/Olympus', '--prompt', 'x'],
    ['--at', 'soon', '--prompt', 'x'],
    ['--at', '2020-01-01T00:00:00Z', '--prompt', 'x'],
    ['--prompt', 'x'],
    ['--schedule', '* * * * *'],
    ['--schedule', '* * * * *', '--prompt', 'x', '--command', 'y'],
    ['--schedule', '* * * * *', '--prompt', 'x', '--jitter', 'much'],
    ['--schedule', '* * * * *', '--prompt', 'x', '--session', '../etc'],
    ['--schedule', '* * * * *', '--prompt', 'x', '--deliver', 'webhook:http://example.org/'],
    ['--schedule', '* * * * *', '--prompt', 'x', '--deliver', 'mail:me'],
  ])('what is wrong is refused, with what is right: %j', async (args, { place }) => {
    const { code, stderr } = await place.run(['cron', 'add', 'a', ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/\n/);
    expect(await json(place, 'ls')).toEqual([]);
  });

  test('on a terminal what it printed is text; elsewhere as it is', async ({ place }) => {
    const printed = 'a\x1b]52;c;eHg=\x07\u009b2J\u202eb\x1b[31mc';
    writeFileSync(join(place.project, 'said.txt'), printed);
    await place.run(['cron', 'add', 'say', '--schedule', '@daily', '--command', 'cat said.txt']);
    for (const args of [
      ['cron', 'run', 'say'],
      ['cron', 'show', 'say'],
      ['cron', 'show', 'say', '-o', 'json'],
    ]) {
      const terminal = openTerminal(place, args);
      expect(await terminal.exited).toMatchObject({ code: 0 });
      expect(terminal.raw()).toMatch(/a(?:\ufffd|\\u001b)\]52;c;eHg=/);
      for (const part of ['\x1b]', '\x07', '\u009b', '\u202e', '\x1b[31m']) expect(terminal.raw()).not.toContain(part);
    }
    expect((await place.run(['cron', 'run', 'say'])).stdout).toBe(`${printed}\n`);
  });

  test('a name is an id, and no path', async ({ place }) => {
    for (const name of ['../a', 'a/b', '-a', '.a', 'a b', 'é', 'x'.repeat(65)]) {
      const { code } = await place.run(['cron', 'add', '--schedule', '* * * * *', '--prompt', 'x', '--', name]);
      expect(code, name).toBe(2);
    }
  });

  test('results are appended to a file', async ({ place }) => {
    place.play(TURNS);
    const to = ['--deliver', 'file:results.jsonl'];
    await place.run(['cron', 'add', 'a', '--schedule', '@every 1h', '--prompt', 'hello', ...to]);
    await place.run(['cron', 'run', 'a']);
    await place.run(['cron', 'run', 'a']);
    const lines = place.read('results.jsonl').trim().split('\n').map((line) => JSON.parse(line) as { id: string }); // prettier-ignore
    const rows = await history(place, 'a');
    expect(lines.map(({ id }) => id)).toEqual(rows.map(({ due_at }) => `a/${due_at}`));
    expect(lines[0]).toMatchObject({
      type: 'schedule.ran',
      data: { job: 'a', outcome: 'ok', text: 'You said: hello' },
    });
    expect(rows[0]).toMatchObject({ delivery: { state: 'delivered', attempts: 1 } });
  });

  test('where the path led when the job was made, and nowhere else', async ({ place }) => {
    place.play(TURNS);
    const outside = join(place.project, '../outside');
    const at = (name: string): string => join(place.project, name);
    mkdirSync(outside);
    mkdirSync(at('res'));
    writeFileSync(join(outside, 'rc'), '# mine\n');
    symlinkSync('res', at('near'));
    symlinkSync('../outside', at('far'));
    const every = ['--schedule', '@every 1h', '--prompt', 'hello', '--deliver'];
    const add = (name: string, to: string) => place.run(['cron', 'add', name, ...every, `file:${to}`]);

    // Out of the project only by its own name.
    const refused = await add('sly', 'far/rc');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`by the link ${at('far')}`) as string });
    expect(refused.stderr).toContain(`Write file:${outside}/rc if that is what you mean.`);
    expect(await add('open', join(outside, 'rc'))).toMatchObject({ code: 0 });
    await place.run(['cron', 'run', 'open']);
    await untilRows(place, 'open', ([row]) => row?.delivery?.state === 'delivered');
    const before = readFileSync(join(outside, 'rc'), 'utf8');
    expect(before).toContain('You said: hello');

    expect(await add('a', 'near/out.jsonl')).toMatchObject({ code: 0 });
    expect((await place.run(['cron', 'show', 'a'])).stdout).toContain(at('res/out.jsonl'));
    await place.run(['cron', 'run', 'a']);
    await untilRows(place, 'a', ([row]) => row?.delivery?.state === 'delivered');
    const kept = place.read('res/out.jsonl');
    rmSync(at('res/out.jsonl'));
    symlinkSync('../../outside/rc', at('res/out.jsonl'));
    await place.run(['cron', 'run', 'a']);
    const reason = `${at('res/out.jsonl')} leads to ${outside}/rc now: results go only where it led when the job was made`;
    const rows = await untilRows(place, 'a', (all) => all.filter(({ delivery }) => delivery).length === 2);
    expect(rows.at(-1)!.delivery).toEqual({ state: 'failed', attempts: 1, reason });
    expect([kept, readFileSync(join(outside, 'rc'), 'utf8')]).toEqual([expect.stringContaining('hello'), before]);
  });

  test('what is no file, and a folder that has gone, are named', async ({ place }) => {
    const gone = join(place.project, 'gone');
    mkdirSync(gone);
    const every = ['--schedule', '@every 1h', '--command', 'echo hi'];
    await place.run(['cron', 'add', 'a', ...every, '--deliver', 'file:/dev/null']);
    await place.run(['cron', 'add', 'b', ...every, '--root', gone]);
    rmSync(gone, { recursive: true });
    await place.run(['cron', 'run', 'a']);
    await untilRows(place, 'a', ([row]) => row?.delivery?.reason === '/dev/null is no file');
    expect((await place.run(['cron', 'run', 'b'])).stderr).toContain(`${gone} is no folder`);
  });

  test('the folder of a command, replaced by a link since, or one on the way to it: the command is not run', async ({
    place,
  }) => {
    const at = (path: string): string => join(place.project, path);
    mkdirSync(at('sub/deep'), { recursive: true });
    mkdirSync(at('../documents/deep'), { recursive: true });
    const every = ['--schedule', '@every 1h', '--command', 'pwd >ran'];
    await place.run(['cron', 'add', 'a', ...every, '--root', at('sub')]);
    await place.run(['cron', 'add', 'b', ...every, '--root', at('sub/deep')]);
    for (const name of ['a', 'b']) expect(await place.run(['cron', 'run', name])).toMatchObject({ code: 0 });
    expect([place.read('sub/ran'), place.read('sub/deep/ran')]).toEqual([`${at('sub')}\n`, `${at('sub/deep')}\n`]);
    renameSync(at('sub'), at('was'));
    symlinkSync('../documents', at('sub'));
    for (const [name, folder] of [
      ['a', ''],
      ['b', '/deep'],
    ]) {
      await place.run(['cron', 'run', name!]);
      const reason = `the folder ${at('sub')}${folder} leads to ${join(place.project, '../documents')}${folder} now`;
      expect((await history(place, name!)).at(-1)).toMatchObject({ outcome: 'failed', reason });
    }
    expect([existsSync(at('../documents/ran')), existsSync(at('../documents/deep/ran'))]).toEqual([false, false]);
  });
});

describe('with one', () => {
  test('over HTTP jobs are made, shown, paused, run and removed', async ({ place }) => {
    place.play(TURNS);
    const { ask } = await startDaemon(place);
    const job = { name: 'a', schedule: '@every 1h', prompt: 'hello' };
    const made = await ask('POST', '/v1/schedules', job);
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({ ...job, status: 'active', root: place.project });
    expect((await ask('POST', '/v1/schedules', job)).status).toBe(409);
    const wrong = await ask('POST', '/v1/schedules', { ...job, name: 'b', schedule: 'often' });
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ code: 'schedule_invalid', next: expect.stringMatching(/five fields/) });
    expect((await ask('POST', '/v1/schedules', { ...job, more: 1 })).status).toBe(400);
    expect(await (await ask('GET', '/v1/schedules')).json()).toMatchObject({ schedules: [{ name: 'a' }] });
    const paused = await ask('PATCH', '/v1/schedules/a', { paused: true });
    expect(await paused.json()).toMatchObject({ status: 'paused', next_due_at: null });
    const ran = await ask('POST', '/v1/schedules/a/run?wait=true');
    expect(await ran.json()).toMatchObject({ state: 'fired', manual: true, outcome: 'ok' });
    const past = await ask('GET', '/v1/schedules/a/history');
    expect(await past.json()).toMatchObject({ history: [{ state: 'fired', session_id: 'cron-a' }] });
    expect((await ask('DELETE', '/v1/schedules/a')).status).toBe(204);
    expect((await ask('GET', '/v1/schedules/a')).status).toBe(404);
  });

  test('over HTTP it is told where results went, and which are still on their way', async ({ place }) => {
    const { ask } = await startDaemon(place);
    const job = { schedule: '@every 1h', command: 'echo hi' };
    const nobody = createServer((_, response) => void response.writeHead(503).end());
    await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void nobody.close());
    const webhook = `webhook:http://127.0.0.1:${(nobody.address() as AddressInfo).port}/`;
    const places = {
      kept: `file:${place.project}/results.jsonl`,
      lost: 'file:/dev/null',
      late: webhook,
      none: undefined,
    };
    for (const [name, deliver] of Object.entries(places)) {
      await ask('POST', '/v1/schedules', { ...job, name, ...(deliver !== undefined && { deliver }) });
      expect(await (await ask('POST', `/v1/schedules/${name}/run?wait=true`)).json()).toMatchObject({ outcome: 'ok' });
    }
    await untilRows(place, 'lost', ([row]) => row?.delivery !== undefined);
    const { deliveries } = (await (await ask('GET', '/v1/deliveries')).json()) as { deliveries: { due_at: number }[] };
    expect(deliveries).toMatchObject([
      { job: 'kept', destination: places.kept, state: 'delivered', attempts: 1 },
      { job: 'lost', destination: places.lost, state: 'failed', attempts: 1, reason: '/dev/null is no file' },
      { job: 'late', destination: places.late, state: 'pending', attempts: 0 },
    ]);
    expect(JSON.parse(place.read('results.jsonl'))).toMatchObject({ id: `kept/${deliveries[0]!.due_at}` });
  });

  test('H-144: jobs are made while it runs, and fire each due time once, until they are removed', async ({ place }) => {
    place.play(TURNS);
    await startDaemon(place);
    await place.run(['cron', 'add', 'says', '--schedule', '@every 1s', '--prompt', 'hello']);
    await place.run(['cron', 'add', 'runs', '--schedule', '@every 1s', '--command', 'echo x >>ran', '--overlap', 'queue']); // prettier-ignore
    await untilRan(place, 'says', 2);
    await untilRan(place, 'runs', 3);
    await place.run(['cron', 'pause', 'runs']);
    expect(await place.run(['cron', 'run', 'says'])).toMatchObject({ code: 0, stdout: 'You said: hello\n' });
    const rows = await history(place, 'runs');
    expect(place.read('ran')).toBe('x\n'.repeat(rows.length));
    const { added_at } = await json<ScheduleStatus>(place, 'show', 'runs');
    expect(rows.map(({ due_at }) => due_at - added_at)).toEqual(rows.map((_, n) => (n + 1) * 1000));
    expect((await history(place, 'says'))[0]).toMatchObject({ outcome: 'ok', event_id: expect.stringMatching(/^e-/) });
    await place.run(['cron', 'rm', 'says']);
    const said = place.journal('cron-says').filter(({ type }) => type === 'turn.started').length;
    await place.run(['cron', 'resume', 'runs']);
    await untilRan(place, 'runs', rows.length + 2);
    expect(place.journal('cron-says').filter(({ type }) => type === 'turn.started')).toHaveLength(said);
    expect(await place.run(['store', 'check'])).toMatchObject({ code: 0 });
  });

  test('killed when its message was accepted and nobody was told, it is said once', async ({ place }) => {
    place.play(TURNS);
    await place.run(['cron', 'add', 'a', '--schedule', '@every 1s', '--prompt', 'hello']);
    const first = await startDaemon(place, [], { environment: { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'before-ack' } });
    expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });
    await place.run(['cron', 'pause', 'a']);
    const [cut] = (await history(place, 'a')).filter(({ state }) => state === 'fired');
    expect(cut).not.toHaveProperty('outcome');
    await startDaemon(place);
    await untilRan(place, 'a', 1);
    const said = entriesOf(place.journal('cron-a'), 'input.received').map(({ event_id }) => event_id);
    expect(said).toEqual([cut!.event_id]);
  });

  test('killed again and again, it says everything once', async ({ place }) => {
    place.play(TURNS);
    const add = ['cron', 'add', 'a', '--schedule', '@every 1s', '--prompt', 'hello', '--catch-up', 'all', '--overlap', 'queue']; // prettier-ignore
    await place.run([...add, '--deliver', 'file:results.jsonl']);
    for (const ms of [1000, 1300, 1005, 2000]) {
      const owner = await startDaemon(place);
      await new Promise((resolve) => setTimeout(resolve, ms));
      owner.child.kill('SIGKILL');
      await owner.ended;
    }
    const owner = await startDaemon(place);
    await place.run(['cron', 'pause', 'a']);
    const rows = await untilRows(place, 'a', (all) =>
      all.every((row) => row.state === 'missed' || (row.outcome === 'ok' && row.delivery !== undefined)),
    );
    owner.child.kill('SIGTERM');
    await owner.ended;
    const said = entriesOf(place.journal('cron-a'), 'input.received').map(({ event_id }) => event_id);
    expect(new Set(said).size).toBe(said.length);
    expect(said.sort()).toEqual(rows.flatMap(({ event_id }) => event_id ?? []).sort());
    const { added_at } = await json<ScheduleStatus>(place, 'show', 'a');
    expect(rows.map(({ due_at }) => due_at - added_at)).toEqual(rows.map((_, n) => (n + 1) * 1000));
    const delivered = place.read('results.jsonl').trim().split('\n').map((line) => (JSON.parse(line) as { id: string }).id); // prettier-ignore
    expect(new Set(delivered).size).toBe(said.length);
  });

  test('a command that was cut by a kill ends with it, and is not run again', async ({ place }) => {
    place.play(TURNS);
    await place.run(['cron', 'add', 'a', '--schedule', '@every 1s', '--command', 'echo x >>ran; sleep 60']);
    const first = await startDaemon(place);
    await until('the command runs', () => place.read('ran') !== '');
    first.child.kill('SIGKILL');
    await first.ended;
    await place.run(['cron', 'pause', 'a']);
    await startDaemon(place);
    const rows = await untilRan(place, 'a', 1);
    expect(rows.filter(({ state }) => state === 'fired')).toHaveLength(1);
    expect(rows.find(({ state }) => state === 'fired')).toMatchObject({
      state: 'fired',
      outcome: 'failed',
      reason: expect.stringMatching(/not run again/),
    });
    expect(place.read('ran')).toBe('x\n');
  });

  test('a command stands in the log when it begins and when it ends', async ({ place }) => {
    place.play(TURNS);
    const daemon = await startDaemon(place);
    await place.run(['cron', 'add', 'a', '--schedule', '@every 1h', '--command', 'echo private; exit 3']);
    await place.run(['cron', 'run', 'a']);
    const [{ due_at, event_id }] = (await untilRan(place, 'a', 1)) as [Firing];
    process.kill(daemon.pid, 'SIGTERM');
    const { stderr } = await daemon.ended;
    const told = (linesOf(stderr) as { msg: string }[]).filter(({ msg }) => msg.startsWith('command'));
    expect(told).toEqual([
      { level: 'info', time: expect.any(Number), msg: 'command started', job: 'a', due_at, event_id },
      {
        level: 'info', time: expect.any(Number), msg: 'command ended', job: 'a', due_at, event_id,
        outcome: 'failed', exit_code: 3, duration_ms: expect.any(Number),
      },
    ]); // prettier-ignore
    expect(stderr).not.toContain('private');
  });

  test('a webhook is told, signed with a secret that is nobody else’s', async ({ place }) => {
    place.play(TURNS);
    const got: { signature: string; body: string }[] = [];
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        got.push({ signature: String(request.headers['x-runtime-signature']), body });
        response.writeHead(got.length === 1 ? 500 : 204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    await startDaemon(place);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await place.run(['cron', 'add', 'a', '--schedule', '@every 1h', '--command', 'echo hi', '--deliver', `webhook:${url}`]); // prettier-ignore
    await place.run(['cron', 'run', 'a']);
    const [row] = await untilRows(place, 'a', ([first]) => first?.delivery !== undefined);
    const secretFile = join(place.home, 'webhook-secret');
    expect(statSync(secretFile).mode & 0o777).toBe(0o600);
    const secret = readFileSync(secretFile, 'utf8').trim();
    expect(new Set(got.map(({ body }) => body)).size).toBe(1);
    for (const { signature, body } of got) {
      const [, at, v1] = /^t=(\d+),v1=(.+)$/.exec(signature)!;
      expect(v1).toBe(createHmac('sha256', secret).update(`${at}.${body}`).digest('hex'));
    }
    expect(JSON.parse(got[0]!.body)).toMatchObject({ type: 'schedule.ran', data: { exit_code: 0, text: 'hi\n' } });
    expect(row).toMatchObject({ delivery: { state: 'delivered', attempts: 2 } });
  });
});

test('schedules go with a backup, and a damaged end pauses every job', async ({ place }) => {
  place.play(TURNS);
  await place.run(['cron', 'add', 'a', '--schedule', '@every 1h', '--command', 'echo hi']);
  await place.run(['cron', 'run', 'a']);
  const backup = join(place.project, '../backup');
  expect(await place.run(['store', 'backup', backup])).toMatchObject({ code: 0 });
  const file = join(place.home, 'workspaces/default/schedules.jsonl');
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(readFileSync(join(backup, 'workspace/schedules.jsonl'), 'utf8')).toBe(lines.join('\n'));
  writeFileSync(file, [...lines.slice(0, 2), '{"broken"', ...lines.slice(3)].join('\n'));
  expect(await place.run(['cron', 'ls'])).toMatchObject({ code: 7 });
  expect(await place.run(['store', 'check'])).toMatchObject({ code: 7 });
  expect(await place.run(['store', 'repair', '--apply'])).toMatchObject({ code: 0 });
  expect(await json(place, 'show', 'a')).toMatchObject({
    status: 'paused',
    paused_reason: expect.stringMatching(/lost/),
  });
});

test('H-138: a daemon that can’t read its jobs serves all else, and says so in log, /readyz and status', async ({
  place,
}) => {
  place.play(TURNS);
  await place.run(['cron', 'add', 'a', '--schedule', '@every 1s', '--command', 'touch ran']);
  const file = join(place.home, 'workspaces/default/schedules.jsonl');
  const [first, ...rest] = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, [first, '{"broken"', ...rest].join('\n'));
  const daemon = await startDaemon(place);
  await daemon.says('"schedules failed"');
  const ready = await fetch(`${daemon.url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'failing', failing: ['schedules'] }]);
  const health = await fetch(`${daemon.url}/health`);
  expect([health.status, await health.json()]).toMatchObject([
    503,
    { components: { schedules: 'failed', store: 'ok' } },
  ]);
  const status = await place.run(['daemon', 'status', '-o', 'json']);
  expect(JSON.parse(status.stdout)).toMatchObject({
    status: 'running',
    failing: [{ component: 'schedules', code: 'store_damaged', next: expect.stringContaining('store check') }],
  });
  expect((await place.run(['daemon', 'status'])).stdout).toMatch(/failing {2}schedules: .*\nnext: .*store check/);
  expect((await daemon.send({ content: 'hello' })).status).toMatchObject({ status: 'done' });
  expect((await daemon.ask('GET', '/v1/schedules')).status).toBe(500);
});
