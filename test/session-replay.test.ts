/** `session replay`: a session as it was, from its journal alone. */
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect } from 'vitest';
import type { Script } from '../src/contract/script.ts';
import { approvalsIn, type Place, test } from './support/place.ts';
import { answerApproval, enter, openRepl, send } from './support/repl.ts';
import { openTerminal } from './support/terminal.ts';

const STEPS: Script['turns'] = [
  { match: { tool_result: 'exec_command' }, reply: { text: 'It says **hello**:\n\n- one\n- two\n' } },
  { match: { equals: 'run it' }, reply: { text: 'I run it.', calls: [{ tool: 'exec_command', arguments: { cmd: 'echo hello' } }] } },
  { match: { any: true }, reply: { text: 'You said: {{asked}}' } },
]; // prettier-ignore

/** Two turns, the first with an approval. */
async function play(place: Place): Promise<void> {
  place.play(STEPS);
  const asked = await place.run(['run', '--session', 'one', 'run it']);
  expect(asked.code).toBe(5);
  expect((await place.run(['approve', ...approvalsIn(asked), '--resume'])).code).toBe(0);
  expect((await place.run(['run', '--session', 'one', 'and now?'])).code).toBe(0);
}

const replay = (place: Place, ...args: string[]) => place.run(['session', 'replay', 'one', ...args]);

describe('at a terminal', () => {
  test('what stays on the screen is what stayed there', async ({ place }) => {
    place.play(STEPS);
    const repl = await openRepl(place, { args: ['run', '--session', 'one'], rows: 50 });
    await send(repl, 'run it', 'y yes');
    await answerApproval(repl, 'y');
    await repl.waitFor('two');
    await enter(repl, 'and now?', 'You said: and now?');
    const shown = blocks(repl.scrollback());
    repl.press('ctrl-d');
    await repl.exited;

    const terminal = openTerminal(place, ['session', 'replay', 'one', '--speed', 'max'], { rows: 50 });
    expect(await terminal.exited).toMatchObject({ code: 0 });
    const played = blocks(terminal.scrollback());
    expect(shown).toContain('› run it');
    expect(shown).toContain('✓ approved');
    expect(played).toEqual(shown);
  });

  test('it types, thinks, answers, pauses by Space and ends by Ctrl-C', async ({ place }) => {
    await play(place);
    const terminal = openTerminal(place, ['session', 'replay', 'one', '--speed', '0.5'], { rows: 40 });
    await terminal.waitFor(/^› ru?n?$/m);
    await terminal.waitFor('Space pauses');
    terminal.press('space');
    await terminal.waitFor('paused · Space goes on');
    await terminal.settled();
    const still = terminal.screen();
    terminal.press('space');
    await terminal.waitFor((screen) => screen !== still && screen.includes('Space pauses'));
    await terminal.waitFor('a person is asked');
    terminal.press('ctrl-c');
    expect(await terminal.exited).toMatchObject({ code: 130 });
    expect(terminal.cursor().visible).toBe(true);
    expect(terminal.screen()).not.toContain('Ctrl-C ends');
  });

  test('from a turn on; a dumb terminal gets lines without escape sequences', async ({ place }) => {
    await play(place);
    const args = ['session', 'replay', 'one', '--from', '2', '--speed', '1000'];
    const terminal = openTerminal(place, args, { term: 'dumb' });
    expect(await terminal.exited).toMatchObject({ code: 0 });
    expect(terminal.scrollback()).toContain('You said: and now?');
    expect(terminal.scrollback()).not.toContain('run it');
    expect(terminal.raw()).not.toContain('\x1b');
  });
});

/** What was said, without the input, what stands around it, and the greeting. */
function blocks(scrollback: string): string[] {
  const lines = scrollback.split('\n').filter((line) => line.trim() !== '' && !/^› *$|\/help|^runtime /.test(line));
  return lines.slice(lines.indexOf('› run it'));
}

describe('elsewhere', () => {
  test('all at once, plain', async ({ place }) => {
    await play(place);
    const { code, stdout } = await replay(place);
    expect(code).toBe(0);
    expect(stdout.replace(/\d+m?s/g, '<t>').replace(/[\d,]+ tokens/g, '<n> tokens')).toBe(
      [
        '', '› run it', '', 'I run it.', '', '? Run echo hello', '✓ approved', '', '● Run echo hello · <t>', '  │ hello',
        '', 'It says *hello*:', '', '- one', '- two', '  <t> · <n> tokens', '', '› and now?', '', 'You said: and now?',
        '  <t> · <n> tokens', '',
      ].join('\n'),
    ); // prettier-ignore
    expect((await replay(place, '--from', '2')).stdout).toMatch(/^\n› and now\?\n\nYou said: and now\?\n/);
  });

  test('-o json gives the events as `session show` does', async ({ place }) => {
    await play(place);
    const shown = JSON.parse((await place.run(['session', 'show', 'one', '-o', 'json'])).stdout) as { type: string }[];
    expect(JSON.parse((await replay(place, '-o', 'json')).stdout)).toEqual(shown);
    const second = JSON.parse((await replay(place, '-o', 'json', '--from', '2')).stdout) as { type: string }[];
    expect(second).toEqual(shown.slice(-second.length));
    expect(second[0]!.type).toBe('input.received');
  });

  test('nothing is asked, run, written or locked', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ text: 'Hello.' });
    await place.run(['run', '--session', 'one', 'hi']);
    const asked = mock.requests.length;
    const before = place.journal('one');
    const owner = place.start(['run', '--json', '--session', 'other', 'wait']);
    await owner.says('model.requested');
    expect((await replay(place)).stdout).toContain('Hello.');
    expect(place.journal('one')).toEqual(before);
    owner.child.kill('SIGTERM');
    await owner.ended;
    expect(mock.requests.length - asked).toBeLessThanOrEqual(1); // the owner's own
  });

  test('a damaged session is shown as far as it is whole, exit 7', async ({ place }) => {
    await play(place);
    const file = place.journalFile('one');
    const lines = readFileSync(file, 'utf8').split('\n');
    const at = lines.findIndex((line) => line.includes('"turn.ended"')) + 3;
    rmSync(file);
    appendFileSync(
      file,
      [...lines.slice(0, at), lines[at]!.replace('"at":1', '"at":2'), ...lines.slice(at + 1)].join('\n'),
    );
    const { code, stdout, stderr } = await replay(place);
    expect(code).toBe(7);
    expect(stdout).toContain('It says *hello*:');
    expect(stdout).not.toContain('You said');
    expect(stderr).toContain('session verify one');
    const terminal = openTerminal(place, ['session', 'replay', 'one', '--speed', 'max'], { rows: 40 });
    expect(await terminal.exited).toMatchObject({ code: 7 });
    expect(terminal.scrollback()).toContain('It says hello:');
  });

  test('a text whose blob is gone: what came before is shown, exit 7', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: `${'long '.repeat(5000)}` } }]);
    await place.run(['run', '--session', 'one', 'first']);
    const blobs = `${place.home}/workspaces/default/blobs`;
    rmSync(blobs, { recursive: true });
    const { code, stdout } = await replay(place);
    expect({ code, stdout }).toEqual({ code: 7, stdout: '\n› first\n' });
  });

  test.for([
    [['--speed', '0'], 2],
    [['--speed', 'fast'], 2],
    [['--from', '0'], 2],
    [['--from', '9'], 1],
  ] as const)('%j: refused with what to write', async ([args, code], { place }) => {
    await play(place);
    const ran = await replay(place, ...args);
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toContain('next: ');
  });
});
