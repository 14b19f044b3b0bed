/** Slash commands, and what isn't one. */
import { expect } from 'vitest';
import { COMMANDS } from '../src/surfaces/repl/slash.ts';
import { expectFrame } from './support/frames.ts';
import type { MockRequest } from './support/mock-openai.ts';
import { entriesOf, test } from './support/place.ts';
import { clean, enter, openRepl, sessionsOf } from './support/repl.ts';

const MODELS = (url: string): object => ({
  models: {
    default: 'first',
    registry: ['first', 'second'].map((name) => ({
      name,
      model: `${name}-id`,
      base_url: url,
      api_key: 'sk-test-0123456789abcdef',
      price: { input: 1, output: 10 },
    })),
  },
});
const bodyOf = (request: MockRequest | undefined): { model: string; messages: { role: string; content: unknown }[] } =>
  request!.body as never;

test('what a session is and costs, its tools, policy and proof', async ({ place, mock }) => {
  place.configure(MODELS(mock.url));
  const terminal = await openRepl(place, { rows: 52, columns: 100 });
  await enter(terminal, '/help', '!command');
  expectFrame('repl-help', terminal);
  await clean(terminal);
  mock.reply({ text: 'Hello.', usage: { input: 2000, output: 50, cached: 1500 } });
  await enter(terminal, 'Hi', 'Hello.');
  await enter(terminal, '/status', 'workspace ');
  await enter(terminal, '/cost', 'money');
  await enter(terminal, '/verify', 'verified');
  expectFrame('repl-status-cost-verify', terminal);

  await clean(terminal);
  await enter(terminal, '/tools', 'apply_patch');
  await enter(terminal, '/policy exec_command allow', 'holds from now on');
  await enter(terminal, '/policy exec_command allow', 'it says so already');
  await enter(terminal, '/policy exec_command maybe', 'allow, ask or deny');
  await enter(terminal, '/policy nothing deny', /nothing[^]*error|error[^]*nothing|unknown/);
  await enter(terminal, '/approvals', 'nothing waits');
  expectFrame('repl-tools-policy', terminal);

  terminal.resize(50, 100);
  await clean(terminal);
  await enter(terminal, '/help', '!command');
  expectFrame('repl-help-50', terminal);
});

test('/pin tells the model a fact for good, /unpin takes it back', async ({ place, mock }) => {
  place.configure(MODELS(mock.url));
  const terminal = await openRepl(place);
  await enter(terminal, '/pin Ann decides.', 'nothing has been said yet');
  mock.reply({ text: 'Hello.' }, { text: 'She does.' }, { text: 'Who?' });
  await enter(terminal, 'Hi', 'Hello.');
  await enter(terminal, '/pin', 'nothing is pinned');
  await enter(terminal, '/pin Ann decides.', '· pinned: Ann decides.');
  await enter(terminal, 'Who decides?', 'She does.');
  const instructions = (): unknown => bodyOf(mock.requests.at(-1)).messages[0]!.content;
  expect(instructions()).toMatch(/# Facts that the person pinned[^\n]*\n- Ann decides\.$/);
  await enter(terminal, '/pin', /p\d+ +Ann decides\./);
  await enter(terminal, '/unpin p999', 'No fact p999 is pinned.');
  const [, id] = /(p\d+) +Ann decides\./.exec(terminal.screen())!;
  await enter(terminal, `/unpin ${id}`, `not pinned any more: ${id}`);
  await enter(terminal, 'And now?', 'Who?');
  expect(instructions()).not.toContain('Ann decides');
});

test('H-25: /help lists every command that there is', async ({ place }) => {
  place.play([]);
  const terminal = await openRepl(place, { rows: 80 });
  await enter(terminal, '/help', 'Ctrl-D');
  const listed = [...terminal.screen().matchAll(/^ {2}\/([a-z]+)/gm)].map(([, name]) => name);
  expect(listed).toEqual(Object.keys(COMMANDS));
});

test('H-26, H-27, A-71: /model of an unknown name changes nothing and lists the known; of a known one the next request has it', async ({
  place,
  mock,
}) => {
  place.configure(MODELS(mock.url));
  const terminal = await openRepl(place, { rows: 40 });
  mock.reply({ text: 'The first.' }, { text: 'Still the first.' }, { text: 'The second.' });
  await enter(terminal, 'Who?', 'The first.');
  await enter(terminal, '/model', 'MODEL');
  await enter(terminal, '/model nope', 'error');
  expect(terminal.screen()).toMatch(/nope.*first, second/);
  await enter(terminal, 'And now?', 'Still the first.');
  await enter(terminal, '/model second', '· model: second');
  await enter(terminal, 'Now?', 'The second.');
  expectFrame('repl-model', terminal);
  expect(mock.requests.map((request) => bodyOf(request).model)).toEqual(['first-id', 'first-id', 'second-id']);
});

test('H-28, H-29: a path is a message, an unknown command is none', async ({ place, mock }) => {
  place.connect(mock);
  const terminal = await openRepl(place, { rows: 40 });
  mock.reply({ text: 'I look at the file.' }, { text: 'A message.' });
  await enter(terminal, '/etc/hosts looks odd', 'I look at the file.');
  expect(bodyOf(mock.requests[0]).messages.at(-1)).toMatchObject({ role: 'user', content: '/etc/hosts looks odd' });
  await enter(terminal, '/frobnicate', 'There is no command /frobnicate');
  await enter(terminal, '/stauts', 'Did you mean /status?');
  expect(mock.requests).toHaveLength(1);
  await enter(terminal, ' /frobnicate', 'A message.');
  expectFrame('repl-unknown-command', terminal);
  expect(bodyOf(mock.requests[1]).messages.at(-1)!.content).toContain('/frobnicate');
});

test('H-30, H-32: /clear begins a session without history in the same folder with the same model; what commands say is in no request', async ({
  place,
  mock,
}) => {
  place.configure(MODELS(mock.url));
  const terminal = await openRepl(place, { rows: 40 });
  mock.reply({ text: 'A blue one.' }, { text: 'Which one?' });
  await enter(terminal, '/model second', 'model: second');
  await enter(terminal, 'My bird is blue', 'A blue one.');
  for (const [command, shown] of [
    ['/status', 'entries'],
    ['/cost', 'money'],
    ['/tools', 'apply_patch'],
    ['/verify', 'verified'],
  ] as const)
    await enter(terminal, command, shown);
  const before = JSON.stringify(mock.requests);
  await enter(terminal, '/clear', 'a new session');
  expectFrame('repl-cleared', terminal);
  await enter(terminal, 'What colour is it?', 'Which one?');

  expect(mock.requests).toHaveLength(2);
  expect(before).not.toContain('What colour');
  const [, second] = mock.requests.map(bodyOf);
  expect(mock.requests.map((request) => bodyOf(request).model)).toEqual(['second-id', 'second-id']);
  const said = second!.messages.filter(({ role }) => role !== 'system' && role !== 'developer');
  expect(said).toEqual([{ role: 'user', content: 'What colour is it?' }]);
  const requests = JSON.stringify(mock.requests.map(bodyOf));
  for (const status of ['entries', 'verified', 'a new session', 'model: second', '/status', '/cost', 'derived again'])
    expect(requests, status).not.toContain(status);

  const opened = sessionsOf(place).map((session) => entriesOf(place.journal(session), 'session.created')[0]!);
  expect(opened).toHaveLength(2);
  expect(opened[0]).toMatchObject({ project_root: place.project });
  expect(opened[1]).toMatchObject({ project_root: place.project });
  const sources = sessionsOf(place).map((session) => entriesOf(place.journal(session), 'input.received')[0]!.source);
  expect(new Set(sources).size).toBe(1);
});

test('/new, /sessions, /resume, /fork and /exit', async ({ place, mock }) => {
  place.connect(mock);
  const terminal = await openRepl(place, { rows: 50, columns: 100 });
  await enter(terminal, '/sessions', 'there are no sessions yet');
  await enter(terminal, '/resume', 'There is no other session');
  mock.reply({ text: 'A **first** answer.' }, { text: 'A second answer.' }, { text: 'From the copy.' });
  await enter(terminal, 'The first question', 'answer.');
  await enter(terminal, '/new On birds', 'a new session');
  await enter(terminal, 'The second question', 'A second answer.');
  await enter(terminal, '/sessions', /SESSION[^]*On birds/);
  expectFrame('repl-sessions', terminal);

  await clean(terminal);
  const [first = ''] = sessionsOf(place);
  await enter(terminal, `/resume ${first}`, 'A first answer.');
  await enter(terminal, '/fork', 'forked from');
  await enter(terminal, 'Go on', 'From the copy.');
  await enter(terminal, '/fork x', 'x is no turn');
  await enter(terminal, '/resume s-0123456789', 'There is no session');
  await enter(terminal, '/resume ../../evil', /error[^]*error[^]*error/);
  expectFrame('repl-resume-fork', terminal);
  expect(JSON.stringify(bodyOf(mock.requests[2]).messages)).toContain('A **first** answer.');

  terminal.type('/exit');
  terminal.press('enter');
  expect(await terminal.exited).toEqual({ code: 0, signal: null });
  expect(terminal.screen()).toMatch(/\nto go on: runtime run --session s-\w{26}$/);
});
