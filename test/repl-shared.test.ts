/** Several terminals on one workspace: who sees what, who answers, and who is kept out. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe } from 'vitest';
import { approvalsIn, entriesOf, KEY, LAUNCHER, type Place, test, until } from './support/place.ts';
import { rechained } from './support/rechained.ts';
import { openTerminal } from './support/terminal.ts';
import {
  descriptorsOf,
  expectEnded,
  expectOnceInOrder,
  HELD,
  joinRepl,
  journaled,
  LOOK_MS,
  openRepl,
  otherVersion,
  press,
  say,
  shell,
  socketOf,
  times,
} from './support/shared.ts';

const ASKS = { governance: { auto_allow: ['read_file'] } };
const RUNS = { governance: { auto_allow: ['exec_command'] } };

describe.concurrent('who sees what', () => {
  test('two on one session see the same, as it comes and once', async ({ place, mock, expect }) => {
    place.connect(mock);
    mock.reply({ text: 'alpha beta gamma delta', chunks: 4, hangAfter: 3 }, { text: 'The answer is forty-two.' });
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    say(a, 'first question');
    for (const terminal of [a, b]) await terminal.waitFor('alpha');
    expect(place.journal('s').map(({ type }) => type)).not.toContain('model.replied');
    b.press('ctrl-c');
    for (const terminal of [a, b]) await terminal.waitFor('canceled');
    say(b, 'second question');
    for (const terminal of [a, b]) await terminal.waitFor('forty-two');
    await expectEnded(place, 's', 2);
    for (const terminal of [a, b]) {
      expectOnceInOrder(terminal, '› first question', 'alpha', '› second question', 'forty-two');
    }
    expect(mock.requests).toHaveLength(2);
  });

  test('two on two sessions see nothing of each other', async ({ place, expect }) => {
    place.play([{ match: { any: true }, reply: { text: 'You said: {{asked}}', chunks: 3, delay: '20ms' } }]);
    const a = await openRepl(place, 'one');
    const b = await joinRepl(place, 'two');
    say(a, 'apples');
    say(b, 'pears');
    await a.waitFor('You said: apples');
    await b.waitFor('You said: pears');
    await expectEnded(place, 'one', 1);
    await expectEnded(place, 'two', 1);
    expectOnceInOrder(a, '› apples', 'You said: apples');
    expectOnceInOrder(b, '› pears', 'You said: pears');
    expect([times(a, 'pears'), times(b, 'apples')]).toEqual([0, 0]);
  });

  test('five, three of them on one session, who all speak at once', async ({ place, expect }) => {
    place.play([{ match: { any: true }, reply: { text: 'Re: {{asked}}.', chunks: 3, delay: '10ms' } }]);
    const names = ['s', 's', 's', 'x', 'y'];
    const terminals = [await openRepl(place, 's')];
    for (const name of names.slice(1)) terminals.push(await joinRepl(place, name));
    terminals.forEach((terminal, index) => say(terminal, `word${index}`));
    await expectEnded(place, 's', 3);
    for (const [index, terminal] of terminals.entries()) {
      const own = index < 3 ? [0, 1, 2] : [index];
      await terminal.waitFor(() => own.every((one) => times(terminal, `Re: word${one}.`) > 0));
      for (const one of own) expectOnceInOrder(terminal, `› word${one}`, `Re: word${one}.`);
      for (const other of [0, 1, 2, 3, 4].filter((one) => !own.includes(one))) {
        expect(times(terminal, `word${other}`)).toBe(0);
      }
    }
  });

  test('a model that is chosen in one is seen in the other, and by --follow', async ({ place, mock, expect }) => {
    const registry = ['mock', 'other', 'third'].map((name) => ({ name, base_url: mock.url, api_key: KEY }));
    place.configure({ models: { default: 'mock', registry } });
    mock.reply({ text: 'fine' }, { text: 'better' });
    const a = await openRepl(place, 's');
    say(a, '/model other'); // before there is a session
    await a.waitFor('other ·');
    say(a, 'how is it?');
    await a.waitFor('fine');
    const b = await joinRepl(place, 's');
    say(b, '/model third');
    for (const terminal of [a, b]) await terminal.waitFor(/· model: third[^]*third ·/);
    const follower = place.start(['session', 'show', 's', '--follow']);
    say(a, 'and now?');
    for (const terminal of [a, b]) await terminal.waitFor('better');
    await follower.says('better');
    follower.child.kill('SIGINT');
    expect(mock.requests.map(({ body }) => (body as { model: string }).model)).toEqual(['other', 'third']);
    await expectEnded(place, 's', 2);
  });
});

describe.concurrent('who answers', () => {
  test('an approval is answered in another terminal, or by a command in a third', async ({ place, mock, expect }) => {
    place.connect(mock, {}, ASKS);
    mock.reply(shell('echo one >> ran.txt'), shell('echo two >> ran.txt'), { text: 'Both done.' });
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    say(a, 'go');
    await a.waitFor('y yes');
    await press('y', b);
    for (const terminal of [a, b]) await terminal.waitFor(/Run echo two[^]*y yes/);
    const { approval_id } = entriesOf(place.journal('s'), 'approval.requested')[1]!;
    expect(await place.run(['approve', approval_id])).toMatchObject({ code: 0 });
    for (const terminal of [a, b]) await terminal.waitFor('Both done.');
    await expectEnded(place, 's', 1);
    for (const terminal of [a, b]) {
      await terminal.waitFor((screen) => !screen.includes('y yes'));
      expectOnceInOrder(terminal, '? Run echo one', '● Run echo one', '? Run echo two', '● Run echo two', 'Both done.');
      expect([times(terminal, 'approved'), times(terminal, 'error')]).toEqual([2, 0]);
    }
    expect(place.read('ran.txt')).toBe('one\ntwo\n');
  });

  test('/approve means what was there when it was begun, not what came in its place', async ({
    place,
    mock,
    expect,
  }) => {
    place.connect(mock, {}, ASKS);
    mock.reply(shell('echo one >> ran.txt'), shell('echo two >> ran.txt'), { text: 'Both done.' });
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    say(a, 'go');
    for (const terminal of [a, b]) await terminal.waitFor('y yes');
    b.press('escape');
    await b.waitFor('left for later');
    await delay(LOOK_MS);
    b.type('/approve');
    await press('y', a);
    await b.waitFor(/Run echo two[^]*y yes/);
    b.press('enter');
    await b.waitFor('was asked for as you typed');
    await delay(LOOK_MS);
    expect(place.read('ran.txt')).toBe('one\n');
    say(b, '/approve');
    for (const terminal of [a, b]) await terminal.waitFor('Both done.');
    await expectEnded(place, 's', 1);
    expect(place.read('ran.txt')).toBe('one\ntwo\n');
  });

  test('two say yes at the same time: that is one answer, and no error', async ({ place, mock, expect }) => {
    place.connect(mock, {}, ASKS);
    const patch = '*** Begin Patch\n*** Add File: ran.txt\n+ran\n*** End Patch';
    mock.reply({ calls: [{ name: 'apply_patch', arguments: { patch } }] }, { text: 'Done.' });
    const owner = await openRepl(place, 'elsewhere');
    const a = await joinRepl(place, 's');
    const b = await joinRepl(place, 's');
    say(b, 'go');
    for (const terminal of [a, b]) await terminal.waitFor('y yes');
    owner.signal('SIGSTOP'); // so that both have answered before either is told of it
    await press('y', a);
    await press('s', b);
    for (const terminal of [a, b]) await terminal.waitFor((screen) => !screen.includes('y yes'));
    owner.signal('SIGCONT');
    for (const terminal of [a, b]) await terminal.waitFor('Done.');
    await expectEnded(place, 's', 1);
    await until(
      'the slower one knows',
      () => times(a, 'it was answered already') + times(b, 'it was answered already') === 1,
    );
    for (const terminal of [a, b]) {
      expect([times(terminal, '✓ approved'), times(terminal, 'error')]).toEqual([1, 0]);
    }
    expect(entriesOf(place.journal('s'), 'approval.resolved')).toHaveLength(1);
    expect(place.read('ran.txt')).toBe('ran\n');
  });
});

describe.concurrent('what others do', () => {
  test('session ls tells what runs where; rm keeps what runs, and begins anew what it took', async ({
    place,
    mock,
    expect,
  }) => {
    place.connect(mock, {}, RUNS);
    mock.reply(shell(HELD), { text: 'Anew.' });
    const a = await openRepl(place, 'idle');
    const b = await joinRepl(place, 'busy');
    say(b, 'go');
    await journaled(place, 'busy', (lines) => lines.some(({ type }) => type === 'call.started'));
    const rows = (await place.run(['session', 'ls', '-o', 'json'])).stdout;
    expect(JSON.parse(rows)).toMatchObject([{ session_id: 'busy', status: 'running', phase: 'act', owner_pid: a.pid }]);
    const refused = await place.run(['session', 'rm', 'busy']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("hasn't ended") });
    expect(await place.run(['session', 'rm', 'busy', '--force'])).toMatchObject({ code: 0 });
    await b.waitFor('session busy was removed');
    say(b, 'once more');
    await b.waitFor('Anew.');
    await expectEnded(place, 'busy', 1);
    expectOnceInOrder(b, '› go', '· canceled', 'was removed', '› once more', 'Anew.');
    expect(await place.run(['session', 'rm', 'busy'])).toMatchObject({ code: 0 });
    await b.waitFor(() => times(b, 'session busy was removed') === 2);
  });

  test('a stricter policy holds at once, also for a call that waits; a looser one from the next turn on', async ({
    place,
    mock,
    expect,
  }) => {
    place.connect(mock, {}, ASKS);
    const call = shell('echo ran >> ran.txt');
    mock.reply(call, { text: 'Not run.' }, call, { text: 'Denied.' }, call, { text: 'Ran.' });
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    say(a, 'first');
    await b.waitFor('y yes');
    expect(await place.run(['policy', 'set', 'exec_command', '--deny'])).toMatchObject({ code: 0 });
    for (const terminal of [a, b]) await terminal.waitFor('Not run.');
    expect(entriesOf(place.journal('s'), 'policy.changed')).toHaveLength(1);
    say(a, 'second');
    await a.waitFor('Denied.');
    say(b, '/policy exec_command allow');
    await b.waitFor('it holds from now on');
    say(b, 'third');
    await b.waitFor('Ran.');
    await expectEnded(place, 's', 3);
    expect(place.read('ran.txt')).toBe('ran\n');
    say(b, '/policy');
    await b.waitFor(/exec_command\s+exec\s+allow/);
  });

  test('who takes over has the policy of now, not the one it was started with', async ({ place, mock, expect }) => {
    place.connect(mock, {}, RUNS);
    mock.reply(shell('echo ran >> ran.txt'), { text: 'Denied.' });
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    expect(await place.run(['policy', 'set', 'exec_command', '--deny'])).toMatchObject({ code: 0 });
    a.signal('SIGKILL');
    await b.waitFor('this one has taken over');
    say(b, 'go');
    await b.waitFor('Denied.');
    expect(place.read('ran.txt')).toBe('');
  });
});

/** Speaks on the socket itself, as the process `pid`, and says what it was told. */
const CONNECT = (place: Place, pid: string): string => `
const { request } = require('node:http');
const { writeFileSync } = require('node:fs');
const ask = (path, body, done) => {
  const req = request({ socketPath: ${JSON.stringify(socketOf(place))}, method: 'POST', path,
    headers: { 'content-type': 'application/json' } }, (res) => {
    let text = '';
    res.on('data', (bytes) => { text += bytes; if (text.includes('attached')) done(text); }).on('end', () => done(text));
  });
  req.end(JSON.stringify(body));
};
const version = require(${JSON.stringify(join(LAUNCHER, '../../package.json'))}).version;
ask('/v1/hello', { pid: ${pid}, version, protocol: 1 }, (text) => {
  const { challenge, nonce } = JSON.parse(text);
  writeFileSync('/proc/self/comm', nonce);
  ask('/v1/prove', { challenge }, (answer) => { console.log(answer); process.exit(); });
});
`;

const KEPT_OUT = /started by a tool of the agent[^]*\b6\n$|"caller_is_tool"/;

describe.concurrent('who is kept out', () => {
  test('tools of the agent, whatever they do about their environment', async ({ place, expect }) => {
    place.play(
      [
        { match: { tool_result: 'exec_command' }, reply: { text: 'It said: {{result}}' } },
        { match: { contains: 'patch' }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch: PATCH } }] } },
        { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: '{{asked}}' } }] } },
      ],
      { governance: { auto_allow: ['exec_command'] } },
    );
    const a = await openRepl(place, 's');
    const asks = await place.run(['run', '--session', 'asks', 'patch']);
    const [id] = approvalsIn(asks);
    const bare = `env -i PATH="$PATH" HOME=${place.home} RUNTIME_HOME=${place.home}`;
    const attacks = [
      `${LAUNCHER} approve ${id}`,
      `${bare} ${LAUNCHER} approve ${id}`,
      `RUNTIME_HOME=${place.home} setsid -w ${LAUNCHER} approve ${id}`,
      `${bare} setsid -w ${LAUNCHER} policy set apply_patch --allow`,
      `sh -c '${bare} ${LAUNCHER} session rm asks --force & wait $!'`,
      `${bare} ${LAUNCHER} run --session other hello`,
      `${bare} ${process.execPath} connect.cjs`,
      `${bare} ${process.execPath} pretend.cjs`,
    ];
    place.write('connect.cjs', CONNECT(place, 'process.pid'));
    place.write('pretend.cjs', CONNECT(place, String(process.pid)));
    attacks.forEach((line, index) =>
      place.write(`attack${index}.sh`, `${line} > out${index}.txt 2>&1; echo $? >> out${index}.txt\n`),
    );
    for (const index of attacks.keys()) {
      say(a, `sh attack${index}.sh`);
      await journaled(place, 's', (lines) => entriesOf(lines, 'turn.ended').length === index + 1);
      expect(place.read(`out${index}.txt`), attacks[index]).toMatch(KEPT_OUT);
    }
    expect(JSON.parse((await place.run(['approvals', 'ls', '-o', 'json'])).stdout)).toMatchObject([{ id }]);
  });

  test('a journal of a newer version, wherever it is opened; the other sessions go on', async ({ place, expect }) => {
    place.play([{ match: { any: true }, reply: { text: 'You said: {{asked}}' } }]);
    await place.run(['run', '--session', 'one', 'first']);
    const file = place.journalFile('one');
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const dreamt = lines
      .at(-1)!
      .replace('turn.ended', 'turn.dreamt')
      .replace(/"seq":\d+/, `"seq":${lines.length + 1}`);
    writeFileSync(file, rechained([...lines, dreamt]));
    const newer = expect.stringMatching(/newer version[^]*next: Use the newer version of runtime/);
    const a = await openRepl(place, 'two');
    expect(await place.run(['run', '--session', 'one', 'x'])).toMatchObject({ code: 7, stderr: newer });
    const b = openTerminal(place, ['run', '--session', 'one'], { columns: 150 });
    expect(await b.exited).toEqual({ code: 7, signal: null });
    expect(b.scrollback()).toEqual(newer);
    say(a, '/resume one');
    await a.waitFor('newer version');
    say(a, 'hello');
    await a.waitFor('You said: hello');
    await expectEnded(place, 'two', 1);
  });

  test('other users: folder and socket are closed to them', async ({ place, expect }) => {
    place.play([{ match: { any: true }, reply: { text: 'hello' } }]);
    await openRepl(place, 's');
    await until('it serves', () => existsSync(socketOf(place)));
    expect(statSync(dirname(socketOf(place))).mode & 0o777).toBe(0o700);
    expect(statSync(socketOf(place)).mode & 0o777).toBe(0o600);
    expect(statSync(socketOf(place)).isSocket()).toBe(true);
  });

  test('another version of the program, which says which, and what to do', async ({ place, expect }) => {
    place.play([{ match: { any: true }, reply: { text: 'hello' } }]);
    const program = otherVersion(place);
    const a = await openRepl(place, 's');
    const both = /holds the workspace and is runtime \d+\.\d+\.\d+ [^]*is runtime 99\.0\.0/;
    const run = await place.run(['hi'], { shell: `shift; exec ${program} run "$@"` });
    expect(run).toMatchObject({ code: 3, stderr: expect.stringMatching(both) });
    expect(run.stderr).toContain(`next: End process ${a.pid}, or use version`);
    const b = openTerminal(place, ['run', '--session', 's'], { program, columns: 200 });
    expect(await b.exited).toEqual({ code: 3, signal: null });
    expect(b.scrollback()).toMatch(both);
    say(a, 'hi');
    await a.waitFor('hello');
  });
});

const PATCH = ['*** Begin Patch', '*** Add File: a.txt', '+new', '*** End Patch', ''].join('\n');

test('who comes and goes fifty times leaves nothing behind in the owner', async ({ place, expect }) => {
  place.play([{ match: { any: true }, reply: { text: 'You said: {{asked}}' } }]);
  const a = await openRepl(place, 's');
  say(a, 'hello');
  await a.waitFor('You said: hello');
  const cycle = async (index: number): Promise<void> => {
    if (index % 5 > 0) {
      expect(await place.run(['run', '--session', 's', `hi ${index}`])).toMatchObject({ code: 0 });
      return;
    }
    const b = await joinRepl(place, 's');
    if (index % 2 > 0) b.kill();
    else b.press('ctrl-d');
    await b.exited;
  };
  await cycle(0); // loads what is loaded once
  await cycle(1);
  const workspace = dirname(socketOf(place));
  const before = { open: descriptorsOf(a.pid), files: readdirSync(workspace).toSorted() };
  for (let index = 0; index < 50; index += 5) {
    await Promise.all(Array.from({ length: 5 }, (_, step) => cycle(index + step)));
  }
  await until('the owner has let go of all', () => descriptorsOf(a.pid) <= before.open);
  expect(readdirSync(workspace).toSorted()).toEqual(before.files);
  say(a, '/status');
  await a.waitFor(/looking\s+1 terminal\b/);
});
