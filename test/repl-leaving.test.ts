/** Coming, leaving, and coming back: what is said, what goes on, and how the program ends. */
import { expect } from 'vitest';
import { expectFrame } from './support/frames.ts';
import { entriesOf, expectVerified, test, until } from './support/place.ts';
import { clean, enter, openRepl, send, sessionsOf } from './support/repl.ts';
import { openTerminal } from './support/terminal.ts';

const ALLOWED = { governance: { auto_allow: ['exec_command'] } };
const WAIT = { name: 'exec_command', arguments: { cmd: 'sh wait.sh' } };
const WAITING = 'echo yes > begun; while [ ! -e go ]; do sleep 0.02; done; echo end';

test('the first screen where nothing is known', async ({ place }) => {
  const terminal = openTerminal(place, []);
  await terminal.waitFor('Number [1]:');
  await terminal.settled();
  expectFrame('repl-first-start', terminal);
});

test('/resume, --session and --continue show the end of what was said', async ({ place, mock }) => {
  place.connect(mock, {}, ALLOWED);
  const terminal = await openRepl(place, { rows: 40 });
  mock.reply(
    { text: 'I run it.', calls: [{ name: 'exec_command', arguments: { cmd: 'echo hello' } }] },
    { text: 'It said **hello**:\n\n```ts\nconst a = 1;\n```' },
  );
  await enter(terminal, 'Run echo', 'const a');
  const [session = ''] = sessionsOf(place);
  terminal.press('ctrl-d');
  expect(await terminal.exited).toEqual({ code: 0, signal: null });
  expectFrame('repl-left', terminal);

  const again = await openRepl(place, { args: ['run', '--continue'] });
  expectFrame('repl-continued-styled', again, { styled: true });
  mock.reply({ text: 'Yes.' });
  await enter(again, 'Again?', 'Yes.');
  await enter(again, '/exit', 'to go on').catch(() => {});
  expect((await again.exited).code).toBe(0);

  const named = await openRepl(place, { args: ['run', '--session', session], rows: 40 });
  expect(named.screen()).toContain('› Again?');
  await enter(named, '/new', 'a new session');
  await clean(named);
  await enter(named, '/resume', 'Again?');
  expectFrame('repl-resumed', named);
});

test('H-21: piped input is one message: its answer on standard output, exit 0', async ({ place, mock }) => {
  place.connect(mock);
  mock.reply({ text: 'Hello to you.' });
  const { code, stdout } = await place.run(['run'], { input: 'hello\n/exit\n' });
  expect([code, stdout]).toEqual([0, 'Hello to you.\n']);
  expect(JSON.stringify(mock.requests[0]!.body)).toContain(String.raw`hello\n/exit`);
});

test('H-23: the end of piped input does not cut the turn', async ({ place, mock }) => {
  place.connect(mock, {}, ALLOWED);
  place.write('wait.sh', WAITING);
  mock.reply({ calls: [WAIT] }, { text: 'It came to its end.' });
  const running = place.start(['run'], { input: 'work\n' });
  await until('it has begun', () => place.read('begun') !== '');
  place.write('go', '');
  const { code, stdout } = await running.ended;
  expect([code, stdout]).toEqual([0, 'It came to its end.\n']);
});

test('H-23: Ctrl-D while a turn runs: it is journaled and goes on at the next start', async ({ place, mock }) => {
  place.connect(mock, {}, ALLOWED);
  place.write('wait.sh', WAITING);
  const terminal = await openRepl(place);
  mock.reply({ calls: [WAIT] });
  await send(terminal, 'Work', 'Run sh wait.sh');
  await until('it runs', () => place.read('begun') !== '');
  terminal.press('ctrl-d');
  expect(await terminal.exited).toEqual({ code: 0, signal: null });
  expectFrame('repl-left-open', terminal);

  const [session = ''] = sessionsOf(place);
  expect(entriesOf(place.journal(session), 'turn.ended')).toEqual([]);
  place.write('go', '');
  mock.reply({ text: 'It went on.' });
  const again = await openRepl(place, { args: ['run', '--session', session] });
  await again.waitFor('It went on.');
  await again.settled();
  expectFrame('repl-went-on', again);
  await expectVerified(place, session);
});

test('H-23: a terminal that is closed while a turn runs: it is journaled and can be carried on', async ({
  place,
  mock,
}) => {
  place.connect(mock);
  const terminal = await openRepl(place);
  mock.reply({ hangHead: true }, { text: 'Carried on.' });
  await send(terminal, 'Hang', 'thinks');
  await until('the model is asked', () => mock.requests.length === 1);
  await terminal.hangUp();
  // What comes first, the end of the input or the signal, is the system's to say.
  expect([0, 129]).toContain((await terminal.exited).code);
  const [session = ''] = sessionsOf(place);
  const { code, stdout } = await place.run(['run', '--session', session]);
  expect([code, stdout]).toEqual([0, 'Carried on.\n']);
  await expectVerified(place, session);
});
