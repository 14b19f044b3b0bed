/** Approvals in the terminal: what is shown, and every way to answer. */
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { expectFrame } from './support/frames.ts';
import { approvalsIn, expectVerified, test } from './support/place.ts';
import { answerApproval, clean, enter, LOOKED_MS, openRepl, send } from './support/repl.ts';

const exec = (cmd: string): { calls: { name: string; arguments: object }[] } => ({
  calls: [{ name: 'exec_command', arguments: { cmd } }],
});
const patch = (text: string): { calls: { name: string; arguments: object }[] } => ({
  calls: [{ name: 'apply_patch', arguments: { patch: `*** Begin Patch\n${text}\n*** End Patch` } }],
});
const SOURCE = Array.from({ length: 12 }, (_, index) => `export const n${index} = ${index};`).join('\n');

test('a command: yes, and no with a reason; for longer only in a sandbox', async ({ place, mock }) => {
  place.connect(mock);
  const terminal = await openRepl(place, { rows: 30 });
  mock.reply(exec('echo one'), exec('echo one'), exec('echo one'), { text: 'All said.' });
  await send(terminal, 'Run it', 'y yes');
  await answerApproval(terminal, 's');
  await terminal.waitFor('once only: y');
  await terminal.settled();
  expectFrame('repl-approval-command', terminal);
  await answerApproval(terminal, 'y');
  await terminal.waitFor(/✓ approved[^]*y yes/);
  await answerApproval(terminal, 'n');
  await terminal.waitFor('why not?');
  terminal.type('not twice');
  await terminal.waitFor('not twice');
  expectFrame('repl-approval-reason', terminal);
  terminal.press('enter');
  await terminal.waitFor(/✗ denied: not twice[^]*y yes/);
  await answerApproval(terminal, 'y');
  await terminal.waitFor('All said.');
  await terminal.settled();
  expectFrame('repl-approval-answered', terminal);
  expect(JSON.stringify(mock.requests[2]!.body)).toContain('not twice');
  await expectVerified(place, basename(place.journalFile(), '.jsonl'));
});

test('a patch: for the session, and for always by a rule that is edited first', async ({ place, mock }) => {
  place.connect(mock);
  const terminal = await openRepl(place, { rows: 30 });
  const add = (name: string) => patch(`*** Add File: ${name}\n+text`);
  mock.reply(add('one.txt'), { text: 'Added.' });
  await send(terminal, 'Add it', 'y yes');
  await answerApproval(terminal, 's');
  await terminal.waitFor('Added.');

  await clean(terminal);
  mock.reply(add('two.txt'), add('three.txt'), { text: 'Enough.' });
  await send(terminal, 'Again', /two\.txt[^]*y yes/);
  await answerApproval(terminal, 'a');
  await terminal.waitFor('from now on');
  expectFrame('repl-approval-always', terminal);
  await terminal.settled(LOOKED_MS);
  for (let i = 0; i < ', decision: allow}'.length; i++) terminal.press('left');
  for (let i = 0; i < '"two.txt"'.length; i++) terminal.press('backspace');
  terminal.type('"*.txt"');
  await terminal.waitFor('path: "*.txt", decision');
  terminal.press('enter');
  await terminal.waitFor('Enough.');
  await terminal.settled();
  expectFrame('repl-approval-always-answered', terminal);
  const { stdout } = await place.run(['approvals', 'grants']);
  expect(stdout).toContain('path: *.txt');
  await expectVerified(place, basename(place.journalFile(), '.jsonl'));
});

test('a patch: its diff in colours, and a long one', async ({ place, mock }) => {
  place.connect(mock);
  place.write('src/n.ts', `${SOURCE}\n`);
  const terminal = await openRepl(place, { rows: 36, environment: { RUNTIME_PAGER: 'sed "s/^/paged: /"' } });
  mock.reply(
    patch(
      `*** Update File: src/n.ts\n@@\n export const n1 = 1;\n-export const n2 = 2;\n+export const n2 = 22; // more\n export const n3 = 3;\n*** Add File: docs/new.md\n+# New\n+\n+A text.`,
    ),
    { text: 'Patched.' },
  );
  await send(terminal, 'Change it', 'y yes');
  await terminal.settled();
  expectFrame('repl-approval-patch', terminal);
  expectFrame('repl-approval-patch-styled', terminal, { styled: true });
  await answerApproval(terminal, 'y');
  await terminal.waitFor('Patched.');
  await terminal.settled();
  expectFrame('repl-approval-patch-applied', terminal);
  expect(place.read('docs/new.md')).toBe('# New\n\nA text.\n');

  await clean(terminal);
  const lines = Array.from({ length: 60 }, (_, index) => `+line ${index + 1}`).join('\n');
  mock.reply(patch(`*** Add File: long.txt\n${lines}`), { text: 'I leave it.' });
  await send(terminal, 'Write a long file', 'y yes');
  await terminal.settled();
  expectFrame('repl-approval-long', terminal);
  expect(terminal.scrollback()).toMatch(/\+line 1\n[^]*\+line 60\n/);
  await answerApproval(terminal, 'v');
  await terminal.waitFor(/paged: digest:[^]*y yes/);
  expect(terminal.scrollback()).toMatch(/paged: {3}\+line 1\n[^]*paged: {3}\+line 60\n[^]*paged: status: +pending/);
  terminal.press('escape');
  await terminal.waitFor('left for later');
  terminal.press('ctrl-l');
  await terminal.waitFor((screen) => !screen.includes('left for later'));
  await enter(terminal, '/approvals', 'EXPIRES');
  expectFrame('repl-approvals-listed', terminal);
  await enter(terminal, '/deny too long', 'I leave it.');
  expectFrame('repl-approval-denied-by-command', terminal);
  expect(place.read('long.txt')).toBe('');
});

test('several at once, one by its id, and one of another session', async ({ place, mock }) => {
  place.connect(mock);
  mock.reply(exec('echo elsewhere'));
  const other = await place.run(['run', 'Do it elsewhere']);
  const [id = ''] = approvalsIn(other);
  const terminal = await openRepl(place, { rows: 44 });
  await enter(terminal, '/approvals', 'echo elsewhere');
  mock.reply({ text: 'Done elsewhere.' });
  await enter(terminal, `/approve ${id}`, `granted ${id}`);
  expectFrame('repl-approval-of-another-session', terminal);

  await clean(terminal);
  const add = (name: string) => patch(`*** Add File: ${name}\n+text`).calls;
  mock.reply({ calls: [...add('a.txt'), ...add('b.txt')] }, { text: 'Both.' });
  await send(terminal, 'Two', /a\.txt[^]*y yes/);
  const listed = await place.run(['approvals', 'ls', '-o', 'json']);
  const [first = ''] = /a-[0-9a-f]{16}/.exec(listed.stdout) ?? [];
  await send(terminal, `/approve ${first}`, /✓ approved[^]*y yes/);
  terminal.press('escape');
  await terminal.waitFor('waits for you');
  await terminal.settled();
  expectFrame('repl-approval-later', terminal);
  await delay(LOOKED_MS);
  await enter(terminal, '/approve session', 'Both.');
  await enter(terminal, '/approve', 'nothing waits for an answer here');
  await enter(terminal, '/approve a-0123456789abcdef', 'error');
  await enter(terminal, '/deny', /nothing waits[^]*nothing waits/);
  expectFrame('repl-approval-nothing-waits', terminal);
});
