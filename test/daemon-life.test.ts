/** The life of the daemon's process: its end, what survives it, and what changes while it runs. */
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { EventStatus } from '../src/contract/host.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { openTerminal } from './support/terminal.ts';
import {
  expectEnded,
  expectOnceInOrder,
  HELD,
  joinRepl,
  journaled,
  letGo,
  openRepl,
  ownerOf,
  press,
  say,
  shell,
} from './support/shared.ts';
import { entriesOf, expectVerified, KEY, linesOf, type Place, test, until } from './support/place.ts';

const status = async (daemon: Daemon, event_id: string, wait_ms = 20_000): Promise<EventStatus> =>
  (await (await daemon.ask('GET', `/v1/events/${event_id}?wait_ms=${wait_ms}`)).json()) as EventStatus;

const accept = async (daemon: Daemon, body: object): Promise<{ event_id: string; session_id: string }> => {
  const answer = await daemon.ask('POST', '/v1/events', body);
  expect(answer.status).toBe(202);
  return (await answer.json()) as { event_id: string; session_id: string };
};

/** Each accepted message has ended in exactly one turn. */
function expectEndedOnce(place: Place, session: string, event_id: string): void {
  const ends = entriesOf(place.journal(session), 'turn.ended').filter(({ event_ids }) => event_ids.includes(event_id));
  expect(ends).toHaveLength(1);
}

const LONG = { name: 'exec_command', arguments: { cmd: 'touch began; sleep 30' } };

describe('a stop', () => {
  test('A-120: lets a turn reach its end, and takes nothing more', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ text: 'Not yet.', holdAfter: 1 });
    const daemon = await startDaemon(place);
    const { event_id, session_id } = await accept(daemon, { content: 'wait' });
    await until('the model is asked', () => mock.requests.length === 1);
    process.kill(daemon.pid, 'SIGTERM');
    let refused = await daemon.ask('POST', '/v1/events', { content: 'too late' });
    for (let tries = 0; refused.status === 202 && tries < 100; tries++) {
      refused = await daemon.ask('POST', '/v1/events', { content: `too late ${tries}` }); // the signal is on its way
    }
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ code: 'shutting_down' });
    expect((await fetch(`${daemon.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${daemon.url}/health`)).status).toBe(200);
    mock.release();
    expect(await daemon.ended).toMatchObject({ code: 0 });
    await expectVerified(place, session_id);
    const next = await startDaemon(place);
    expect(await status(next, event_id)).toMatchObject({ status: 'done', text: 'Not yet.' });
    expectEndedOnce(place, session_id, event_id);
  });

  test('that comes twice ends it at once, and the turn goes on at the next start', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ hangHead: true }, { text: 'At last.' });
    const daemon = await startDaemon(place);
    const { event_id, session_id } = await accept(daemon, { content: 'wait' });
    await until('the model is asked', () => mock.requests.length === 1);
    process.kill(daemon.pid, 'SIGTERM');
    await daemon.says('daemon stopping');
    process.kill(daemon.pid, 'SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 143 });
    const next = await startDaemon(place);
    expect(await status(next, event_id)).toMatchObject({ status: 'done', text: 'At last.' });
    expectEndedOnce(place, session_id, event_id);
    await expectVerified(place, session_id);
  });

  test('ends a tool and a model that hang, after its patience', async ({ place, mock }) => {
    const config = { daemon: { shutdown_timeout: '300ms' }, governance: { auto_allow: ['exec_command'] } };
    place.connect(mock, {}, config);
    mock.reply({ calls: [LONG] });
    const daemon = await startDaemon(place);
    const tool = await accept(daemon, { content: 'run it' });
    await until('the tool runs', () => existsSync(join(place.project, 'began')));
    mock.reply({ hangAfter: 1 });
    const model = await accept(daemon, { content: 'think' });
    await until('the model is asked', () => mock.requests.length === 2);
    process.kill(daemon.pid, 'SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 0 });
    mock.reply({ text: 'one' }, { text: 'two' });
    const next = await startDaemon(place);
    for (const { event_id, session_id } of [tool, model]) {
      expect(await status(next, event_id)).toMatchObject({ status: 'done', reason: 'success' });
      expectEndedOnce(place, session_id, event_id);
      await expectVerified(place, session_id);
    }
  });

  test('by a kill in the middle loses no accepted message, and repeats none', async ({ place, mock }) => {
    place.connect(mock);
    const sent: { event_id: string; session_id: string }[] = [];
    mock.reply({ text: 'kept', holdAfter: 1 }, { text: 'kept', holdAfter: 1 }, { text: 'kept', holdAfter: 1 });
    let daemon = await startDaemon(place);
    for (const content of ['a', 'b', 'c']) sent.push(await accept(daemon, { content }));
    await until('the model is asked', () => mock.requests.length === 3);
    process.kill(daemon.pid, 'SIGTERM');
    await daemon.says('daemon stopping');
    process.kill(daemon.pid, 'SIGKILL');
    await daemon.ended;
    mock.reply({ text: 'anew' }, { text: 'anew' }, { text: 'anew' });
    daemon = await startDaemon(place);
    for (const { event_id, session_id } of sent) {
      expect(await status(daemon, event_id)).toMatchObject({ status: 'done', reason: 'success' });
      expectEndedOnce(place, session_id, event_id);
      await expectVerified(place, session_id);
    }
  });
});

describe('SIGHUP', () => {
  const reloaded = async (place: Place, daemon: Daemon, config: () => void, says: string): Promise<void> => {
    config();
    process.kill(daemon.pid, 'SIGHUP');
    await daemon.says(says);
    expect(place.home).not.toBe('');
  };

  test('lets a changed model answer from the next turn on', async ({ place }) => {
    const scripted = (text: string): Parameters<Place['play']>[0] => [{ match: { any: true }, reply: { text } }];
    place.play(scripted('one'));
    const daemon = await startDaemon(place);
    expect((await daemon.send({ content: 'hi' })).status).toMatchObject({ text: 'one' });
    const both = { log: { level: 'debug' }, daemon: { shutdown_timeout: '1s' } };
    await reloaded(place, daemon, () => place.play(scripted('two'), both), '"configuration reloaded"');
    expect((await daemon.send({ content: 'hi' })).status).toMatchObject({ text: 'two' });
    const { stderr } = await stopped(daemon);
    expect(linesOf(stderr)).toContainEqual(
      expect.objectContaining({
        msg: 'configuration reloaded',
        changed: ['log.level'],
        needs_restart: ['daemon.shutdown_timeout'],
      }),
    );
    expect(stderr).toContain('"level":"debug"');
  });

  test('holds a running turn to the policy as it is now', async ({ place, mock }) => {
    place.connect(mock, {}, { governance: { auto_allow: ['exec_command'] } });
    mock.reply(
      { calls: [{ name: 'exec_command', arguments: { cmd: 'touch ran' } }], holdAfter: 1 },
      { text: 'Denied.' },
    );
    const daemon = await startDaemon(place);
    const { event_id } = await accept(daemon, { content: 'run it' });
    await until('the model is asked', () => mock.requests.length === 1);
    const deny = { governance: { deny: ['exec_command'] } };
    await reloaded(place, daemon, () => place.connect(mock, {}, deny), '"configuration reloaded"');
    mock.release();
    expect(await status(daemon, event_id)).toMatchObject({ status: 'done', text: 'Denied.' });
    expect(existsSync(join(place.project, 'ran'))).toBe(false);
  });

  test('refuses a configuration that is not valid, and goes on with the one before', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ text: 'As before.' });
    const daemon = await startDaemon(place);
    const broken = { governance: { deny: ['exec_comand'] } };
    await reloaded(place, daemon, () => place.connect(mock, {}, broken), 'configuration refused');
    expect((await daemon.send({ content: 'hi' })).status).toMatchObject({ text: 'As before.' });
    expect((await stopped(daemon)).stderr).toContain('there is no tool');
  });
});

const stopped = async (daemon: Daemon): ReturnType<() => Daemon['ended']> => {
  process.kill(daemon.pid, 'SIGTERM');
  return daemon.ended;
};

describe('the commands', () => {
  test('status and stop find the daemon by what it holds, not by what a file says', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ hangHead: true });
    expect(await place.run(['daemon', 'status'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('stopped'),
    });
    expect(await place.run(['daemon', 'stop'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No daemon'),
    });
    const daemon = await startDaemon(place);
    const { session_id } = await accept(daemon, { content: 'wait' });
    await until('the model is asked', () => mock.requests.length === 1);
    rmSync(join(place.home, 'workspaces/default/owner.json'));
    const { code, stdout } = await place.run(['daemon', 'status', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 'runtime.daemon_status.v1',
      status: 'running',
      pid: daemon.pid,
      url: daemon.url,
      workspace: 'default',
      in_flight: 1,
    });
    expect(code).toBe(0);
    const slow = await place.run(['daemon', 'stop', '--timeout', '100ms']);
    expect(slow).toMatchObject({ code: 3, stderr: expect.stringContaining('still stopping') });
    const stop = await place.run(['daemon', 'stop', '--now']);
    expect(stop).toMatchObject({ code: 0, stdout: `stopped pid ${daemon.pid}\n` });
    expect(stop.stderr).toContain(`left open: ${session_id}: the model is asked again`);
    await daemon.ended;
    expect(await place.run(['daemon', 'status'])).toMatchObject({ code: 1 });
  });

  test('a process that is no daemon is not stopped', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ hangHead: true });
    const run = place.start(['run', 'hello']);
    await until('the model is asked', () => mock.requests.length === 1);
    await until('it serves', () => existsSync(join(place.home, 'workspaces/default/control.sock')));
    expect(await place.run(['daemon', 'status'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('no daemon'),
    });
    expect(await place.run(['daemon', 'stop'])).toMatchObject({ code: 3 });
    expect(run.child.exitCode).toBe(null);
  });

  test.for([
    ['standard error, a socket', '/dev/stderr', 'stderr', '"$@"'],
    ['standard error, a pipe', '/dev/stderr', 'stderr', '{ "$@" 2>&1 >&3 | cat >&2; } 3>&1'],
    ['standard output, a socket', '/dev/stdout', 'stdout', '"$@"'],
    ['standard output, a pipe', '/dev/stdout', 'stdout', '"$@" | cat'],
    ['standard error by a link, as images have it', '../daemon.log', 'stderr', '"$@"'],
    ['nowhere', '/dev/null', undefined, '"$@"'],
  ] as const)('logs to %s', async ([, file, output, shell], { place, mock }) => {
    symlinkSync('/dev/stderr', join(place.home, '../daemon.log'));
    place.connect(mock, {}, { log: { file } });
    const daemon = place.start(['daemon', '--port', '0'], { shell });
    await daemon.says('"runtime.ready.v1"');
    expect(await place.run(['daemon', 'logs'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no log') as string,
    });
    expect(await place.run(['daemon', 'stop'])).toMatchObject({ code: 0 });
    const ended = await daemon.ended;
    const said = /"daemon started"[^]*"daemon stopped"/;
    for (const name of ['stdout', 'stderr'] as const) {
      if (name === output) expect(ended[name]).toMatch(said);
      else expect(ended[name]).not.toMatch(said);
    }
  });

  test('logs shows what the daemon wrote into its file', async ({ place, mock }) => {
    place.connect(mock, {}, { log: { file: 'logs/default.log', level: 'debug' } });
    mock.reply({ text: 'secret words' });
    expect(await place.run(['daemon', 'logs'])).toMatchObject({ code: 1 });
    const daemon = await startDaemon(place);
    const { accepted } = await daemon.send({ content: 'private words' });
    const follow = place.start(['daemon', 'logs', '-f', '-n', '1', '-o', 'json']);
    await follow.says('"msg"');
    const { stderr } = await stopped(daemon);
    expect(stderr).toBe('');
    await follow.says('daemon stopped');
    process.kill(follow.pid, 'SIGINT');
    expect(await follow.ended).toMatchObject({ code: 0 });
    const { stdout } = await place.run(['daemon', 'logs', '-o', 'json', '--level', 'info']);
    const said = linesOf(stdout) as { msg: string; request_id?: string; event_id?: string; event_ids?: string[] }[];
    expect(said.map(({ msg }) => msg)).toEqual([
      'daemon started', 'message accepted', 'turn started', 'turn ended', 'daemon stopping', 'daemon stopped',
    ]); // prettier-ignore
    expect(said[1]).toMatchObject({ event_id: accepted.event_id, request_id: expect.stringMatching(/^r-/) });
    expect(said[3]).toMatchObject({
      event_ids: [accepted.event_id],
      session_id: accepted.session_id,
      reason: 'success',
    });
    const file = readFileSync(join(place.home, 'logs/default.log'), 'utf8');
    for (const hidden of ['secret words', 'private words', KEY, daemon.token]) expect(file).not.toContain(hidden);
    expect((await place.run(['daemon', 'logs', '-n', '1'])).stdout).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} INFO {2}daemon stopped\n$/,
    );
  });

  test('logs asks the daemon where it logs, which a flag may have said', async ({ place, mock }) => {
    place.connect(mock);
    const daemon = await startDaemon(place, ['--log.file', 'elsewhere.log']);
    await until('the log is written', () => existsSync(join(place.home, 'elsewhere.log')));
    expect(await place.run(['daemon', 'logs'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('daemon started'),
    });
    const status = await (await daemon.ask('GET', '/v1/status')).json();
    expect(status).toMatchObject({ log: join(place.home, 'elsewhere.log') });
  });
});

describe('terminals', () => {
  test('join a daemon, go on when it stops, and give the workspace to the next one', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ text: 'By the daemon.' }, { text: 'By the terminal.' }, { text: 'By the next one.' });
    const daemon = await startDaemon(place);
    const terminal = await joinRepl(place, 's');
    say(terminal, 'one');
    await terminal.waitFor('By the daemon.');
    expect(await stopped(daemon)).toMatchObject({ code: 0 });
    await terminal.waitFor('this one has taken over');
    say(terminal, 'two');
    await terminal.waitFor('By the terminal.');
    const next = await startDaemon(place);
    await terminal.waitFor(`the workspace was asked for; another one has taken over, pid ${next.pid}`);
    expect(ownerOf(place)).toBe(next.pid);
    say(terminal, 'three');
    await terminal.waitFor('By the next one.');
    terminal.press('ctrl-d');
    expect(await terminal.exited).toMatchObject({ code: 0 });
    expect((await next.ask('GET', '/v1/status')).status).toBe(200);
    expect(entriesOf(place.journal('s'), 'turn.ended')).toHaveLength(3);
    await expectVerified(place, 's');
  });

  test('keep the workspace until their turn has ended; what is said meanwhile has one turn', async ({
    place,
    mock,
  }) => {
    place.connect(mock, {}, { governance: { auto_allow: ['exec_command'] } });
    mock.reply(shell(HELD), { text: 'First done.' }, { text: 'Second done.' });
    const [one, two] = [await openRepl(place, 's'), await joinRepl(place, 's')];
    say(one, 'one');
    await journaled(place, 's', (lines) => lines.some(({ type }) => type === 'call.started'));
    const starting = startDaemon(place);
    say(two, 'two');
    await journaled(place, 's', (lines) => lines.filter(({ type }) => type === 'input.received').length === 2);
    expect(ownerOf(place)).toBe(one.pid);
    letGo(place);
    const daemon = await starting;
    await one.waitFor('the workspace was asked for; another one has taken over');
    await two.waitFor('has left; another one has taken over');
    for (const terminal of [one, two]) await terminal.waitFor('Second done.');
    expectOnceInOrder(one, '› one', 'First done.', 'Second done.');
    expect([ownerOf(place), place.read('ran.txt'), mock.requests.length]).toEqual([daemon.pid, 'ran\n', 3]);
    await expectEnded(place, 's', 2);
  });

  test('leave to the daemon what waits for an answer, and answer it there', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply(shell('echo ran >> ran.txt'), { text: 'It ran.' });
    const terminal = await openRepl(place, 's');
    say(terminal, 'one');
    await terminal.waitFor('y yes');
    const daemon = await startDaemon(place);
    await terminal.waitFor('another one has taken over');
    await press('y', terminal);
    await terminal.waitFor('It ran.');
    expect([ownerOf(place), place.read('ran.txt')]).toEqual([daemon.pid, 'ran\n']);
    await expectEnded(place, 's', 1);
  });

  test('that work for long keep it: the daemon says who has it', async ({ place, mock }) => {
    place.connect(mock, {}, { governance: { auto_allow: ['exec_command'] } });
    mock.reply(shell(HELD), { text: 'First done.' });
    const terminal = await openRepl(place, 's');
    say(terminal, 'one');
    await journaled(place, 's', (lines) => lines.some(({ type }) => type === 'call.started'));
    const refused = await place.run(['daemon', '--port', '0']);
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toContain(`locked by pid ${terminal.pid}`);
    expect(refused.stderr).toContain('waiting for the workspace');
    letGo(place);
    await terminal.waitFor('First done.');
    await expectEnded(place, 's', 1);
    expect(ownerOf(place)).toBe(terminal.pid);
  });

  test('a second daemon is told how to look at the first one and to stop it', async ({ place, mock }) => {
    place.connect(mock);
    const daemon = await startDaemon(place, ['--workspace', 'mine']);
    const refused = await place.run(['daemon', '--port', '0', '--workspace', 'mine']);
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toContain(`locked by pid ${daemon.pid} (runtime daemon `);
    expect(refused.stderr).toContain('`runtime daemon status --workspace mine`');
    expect(refused.stderr).toContain('`runtime daemon stop --workspace mine`');
    expect(refused.stderr).not.toContain('kill');
    expect(await place.run(['daemon', 'stop', '--workspace', 'mine'])).toMatchObject({ code: 0 });
  });

  test('a run that is attached gets its answer, though the daemon is stopped and started meanwhile', async ({
    place,
    mock,
  }) => {
    place.connect(mock);
    mock.reply({ hangHead: true }, { text: 'In the end.' });
    const daemon = await startDaemon(place);
    const run = place.start(['run', '--session', 's', 'wait']);
    await until('the model is asked', () => mock.requests.length === 1);
    process.kill(daemon.pid, 'SIGKILL');
    await daemon.ended;
    expect(await run.ended).toMatchObject({ code: 0, stdout: 'In the end.\n' });
    await startDaemon(place);
    expect(entriesOf(place.journal('s'), 'turn.ended')).toHaveLength(1);
    await expectVerified(place, 's');
  });
});

test('in a terminal its log is for people, and it ends when the terminal is closed', async ({ place, mock }) => {
  place.connect(mock);
  const terminal = openTerminal(place, ['daemon', '--port', '0'], { columns: 200, rows: 20 });
  await terminal.waitFor(/\d\d:\d\d:\d\d\.\d{3} INFO {2}daemon started/);
  process.kill(terminal.pid, 'SIGHUP');
  await terminal.waitFor('configuration reloaded');
  expect((await place.run(['daemon', 'status'])).code).toBe(0);
  await terminal.hangUp();
  await terminal.exited;
  expect(await place.run(['daemon', 'status'])).toMatchObject({ code: 1, stdout: expect.stringContaining('stopped') });
});

test('whoever stops reading its log does not hold it up, nor keep it from ending', async ({ place, mock }) => {
  place.connect(mock);
  const shell = 'mkfifo pipe; exec 3<>pipe; exec "$@" 2>&3';
  const daemon = await startDaemon(place, ['--log.level', 'debug'], { shell });
  for (let n = 0; n < 600; n++) expect((await daemon.ask('GET', '/v1/status')).status).toBe(200);
  process.kill(daemon.pid, 'SIGTERM');
  expect(await daemon.ended).toMatchObject({ code: 0 });
});

test('it ends when its folder is removed: another daemon may take what is there then', async ({ place, mock }) => {
  place.connect(mock);
  const daemon = await startDaemon(place);
  // Removing it where it stands leaves it there, without a word, when the daemon removes a file of it meanwhile.
  const aside = join(place.home, 'removed');
  renameSync(join(place.home, 'workspaces'), aside);
  rmSync(aside, { recursive: true });
  expect(await daemon.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('was removed or replaced') });
});

test('signals in a burst end it, and are no errors', async ({ place, mock }) => {
  place.connect(mock);
  mock.reply({ hangHead: true });
  const daemon = await startDaemon(place);
  await accept(daemon, { content: 'wait' });
  await until('the model is asked', () => mock.requests.length === 1);
  for (const signal of ['SIGTERM', 'SIGPIPE', 'SIGHUP', 'SIGINT', 'SIGHUP', 'SIGTERM'] as const) {
    process.kill(daemon.pid, signal);
    await daemon.says('daemon stopping');
  }
  const { code, stderr } = await daemon.ended;
  expect([130, 143]).toContain(code);
  expect(stderr).not.toContain('"level":"error"');
});

test('SIGUSR1 lets no debugger in', async ({ place, mock }) => {
  place.connect(mock);
  const daemon = await startDaemon(place);
  process.kill(daemon.pid, 'SIGUSR1');
  process.kill(daemon.pid, 'SIGHUP');
  await daemon.says('configuration reloaded');
  process.kill(daemon.pid, 'SIGTERM');
  const { code, stderr } = await daemon.ended;
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('Debugger')]);
});
