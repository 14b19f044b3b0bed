/** What the terminal shows of tools at work: the status line, results, failures, and a person who stops or steers them. */
import { expect } from 'vitest';
import { expectFrame } from './support/frames.ts';
import { test, until } from './support/place.ts';
import { clean, enter, openRepl, send } from './support/repl.ts';

const ALLOWED = { governance: { auto_allow: ['exec_command'] } };
const PRICE = { price: { input: 1, output: 10 } };
const USAGE = { usage: { input: 2000, output: 100 } };
const exec = (cmd: string): { calls: { name: string; arguments: object }[] } => ({
  calls: [{ name: 'exec_command', arguments: { cmd } }],
});

test('the status line and the results of calls', async ({ place, mock }) => {
  place.connect(mock, PRICE, ALLOWED);
  place.write('notes.md', 'first line\nsecond line\nthird line\nfourth line\nfifth line\nsixth line\n');
  place.write('wait.sh', 'echo begun; echo more; while [ ! -e go ]; do sleep 0.02; done; echo done');
  place.write('long.sh', String.raw`printf 'x%.0s' $(seq 1 30000); printf '50%%\r100%%\n\033[31mred\033[0m'`);
  const terminal = await openRepl(place, { rows: 40 });

  mock.reply({ text: 'I see.', holdAfter: 0 });
  await send(terminal, 'Hello', 'thinks');
  expectFrame('repl-thinking', terminal);
  await until('the model is asked', () => mock.requests.length === 1);
  mock.release();
  await terminal.waitFor('15 tokens');
  await terminal.settled();

  await clean(terminal);
  mock.reply(
    { text: 'I look at it.', calls: [{ name: 'read_file', arguments: { path: 'notes.md' } }], ...USAGE },
    { ...exec('sh wait.sh'), ...USAGE },
    { text: 'Both went well.', ...USAGE },
  );
  await send(terminal, 'Read it, then wait', /│ more/);
  expectFrame('repl-tool-running', terminal);
  place.write('go', '');
  await terminal.waitFor('Both went well.');
  await terminal.settled();
  expectFrame('repl-tool-results', terminal);
  expectFrame('repl-tool-results-styled', terminal, { styled: true });

  await clean(terminal);
  mock.reply(
    exec('seq 1 400'),
    exec('echo oops >&2; exit 3'),
    { calls: [{ name: 'read_file', arguments: { path: 'missing.md' } }] },
    { calls: [{ name: 'no_such_tool', arguments: {} }, exec('kill -9 $$').calls[0]!] },
    { text: 'Three of them failed.' },
  );
  await enter(terminal, 'Do what fails', 'Three of them');
  expectFrame('repl-tool-failures', terminal);

  await clean(terminal);
  mock.reply(exec('sh long.sh'), exec(String.raw`printf '50%%\r100%%\n\033[31mred\033[0m'`), { text: 'Long.' });
  await enter(terminal, 'Print a lot', 'Long.');
  expectFrame('repl-tool-long-output', terminal);
});

test('a queued message, a steer, a stop and a cancel', async ({ place, mock }) => {
  place.connect(mock, {}, ALLOWED);
  const terminal = await openRepl(place, { rows: 44 });
  mock.reply(
    exec('while [ ! -e go ]; do sleep 0.02; done'),
    { text: 'Done, with care.' },
    { text: 'The second answer.' },
  );
  await send(terminal, 'Work', 'while');
  await send(terminal, 'And afterwards this', 'next: And afterwards this');
  await send(terminal, '/steer be careful', '» be careful');
  expectFrame('repl-queued-and-steered', terminal);
  place.write('go', '');
  await terminal.waitFor('The second answer.');
  await terminal.settled();
  expectFrame('repl-queued-after', terminal);
  expect(JSON.stringify(mock.requests[1]!.body)).toContain('be careful');

  await clean(terminal);
  mock.reply({ text: 'I begin to say something that never comes to its end.', chunks: 4, hangAfter: 3 });
  await send(terminal, 'Talk', 'something');
  terminal.press('ctrl-c');
  await terminal.waitFor('canceled');
  await terminal.settled();
  expectFrame('repl-cancelled', terminal);

  mock.reply(exec('echo started; sleep 60'));
  await send(terminal, 'Sleep', '│ started');
  await enter(terminal, '/stop', /■ canceled[^]*■ canceled/);
  expectFrame('repl-stopped', terminal);
  mock.reply({ text: 'Not too late.' });
  await enter(terminal, '/steer as a message', 'Not too late.');
  await enter(terminal, '/stop', 'no turn is running');
  expectFrame('repl-nothing-to-stop', terminal);
});

test('H-24: Ctrl-C once cancels and the prompt is back; twice leaves with 130', async ({ place, mock }) => {
  place.connect(mock);
  const terminal = await openRepl(place);
  mock.reply({ hangHead: true }, { text: 'Here again.' }, { hangHead: true });
  await send(terminal, 'Hang', 'thinks');
  await until('the model is asked', () => mock.requests.length === 1);
  terminal.press('ctrl-c');
  await terminal.waitFor('canceled');
  await terminal.settled();
  expect(terminal.screen()).toMatch(/\n›\n {2}mock · .*$/);
  await enter(terminal, 'Are you there?', 'Here again.');

  await send(terminal, 'Hang again', 'thinks');
  terminal.press('ctrl-c', 'ctrl-c');
  expect(await terminal.exited).toEqual({ code: 130, signal: null });
  expect(terminal.screen()).toMatch(/\n(?:left open|to go on): runtime run --session s-\w{26}$/);
});

test('a model that fails is shown with what to do', async ({ place, mock }) => {
  place.connect(mock, {}, { orchestrator: { model_attempts: 2 } });
  const terminal = await openRepl(place, { rows: 50 });
  const refused = { status: 401, body: { error: { message: 'Incorrect API key provided', code: 'invalid_api_key' } } };
  mock.reply(refused);
  await enter(terminal, 'One', /■ /);
  mock.reply({ status: 503, headers: { 'retry-after': '0' } }, { text: 'At the second attempt.' });
  await enter(terminal, 'Two', 'At the second');
  mock.reply(
    { text: 'half of an answer', chunks: 2, cutAfter: 2 },
    { status: 503, headers: { 'retry-after': '0' } },
    { status: 400, body: { error: { message: 'max_tokens is too large', code: 'invalid_value' } } },
  );
  await enter(terminal, 'Three', /■ unavailable|■ .*\n[^]*■ /);
  await enter(terminal, 'Four', 'max_tokens is too large');
  expectFrame('repl-model-failures', terminal);
});
