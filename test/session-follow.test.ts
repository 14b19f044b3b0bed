/** `session show --follow`: what any process does to a session is shown as it happens, by one that only looks. */
import { appendFileSync, readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { linesOf, type Place, type Running, test, until } from './support/place.ts';
import { openTerminal } from './support/terminal.ts';

/** Each message has a command run that waits for a file; what it is called is the message. */
function play(place: Place): void {
  const cmd = (name: string): string => `until test -e ${name}; do sleep 0.02; done; echo ${name} is there`;
  const turn = (name: string) => [
    {
      match: { request: 1, contains: name },
      reply: { calls: [{ tool: 'exec_command', arguments: { cmd: cmd(name) } }] },
    },
  ];
  place.play([...turn('first'), ...turn('second'), { match: { any: true }, reply: { text: 'All is done.' } }], {
    governance: { auto_allow: ['exec_command'] },
  });
}

const FOLLOW = ['session', 'show', 'one', '--follow'];

interface Told {
  id: string | null;
  seq: number;
  type: string;
  data: Record<string, unknown>;
}

/** The entries that a follower with --json gave so far. */
const entries = (text: string): Told[] => (linesOf(text) as Told[]).filter(({ id }) => id !== null);

async function stop(follower: Running): Promise<Told[]> {
  follower.child.kill('SIGINT');
  const { code, stdout, stderr } = await follower.ended;
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  return entries(stdout);
}

describe('another process works', () => {
  test('its turns are told live, each entry once, as they stand in the journal', async ({ place }) => {
    play(place);
    const run = place.start(['run', '--session', 'one', 'first']);
    await run.says('sandbox off');
    const follower = place.start([...FOLLOW, '--json']);
    await follower.says('"call.started"');
    place.write('first', '');
    await run.ended;
    await follower.says('"turn.ended"');
    place.write('second', '');
    await place.run(['run', '--session', 'one', 'second']);
    await follower.says('second is there');
    await until('the second turn has ended', () => /"turn.ended"/.test(readFileSync(place.journalFile('one'), 'utf8')));
    await follower.says('"turn":2');
    const last = place.journal('one').at(-1)!;
    await follower.says(last.type);
    const told = await stop(follower);
    expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
    expect(told.map(({ type }) => type)).toEqual(place.journal('one').map(({ type }) => type).slice(0, told.length)); // prettier-ignore
  });

  test('its owner is killed, another one carries the turn on: nothing is left out, nothing told twice', async ({
    place,
  }) => {
    play(place);
    const run = place.start(['run', '--session', 'one', 'first']);
    await run.says('sandbox off');
    const follower = place.start([...FOLLOW, '-o', 'json']);
    await follower.says('"call.started"');
    run.child.kill('SIGKILL');
    await run.ended;
    place.write('first', '');
    await place.run(['run', '--session', 'one']);
    await follower.says('"turn.ended"');
    const told = await stop(follower);
    expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
    expect(told.some(({ type }) => type === 'session.opened')).toBe(true);
  });

  test('one that stopped answers nobody: its journal is read', async ({ place }) => {
    play(place);
    const run = place.start(['run', '--session', 'one', 'first']);
    await run.says('sandbox off');
    run.child.kill('SIGSTOP');
    const follower = place.start([...FOLLOW, '--limit', '1', '--json']);
    await follower.says('"seq"');
    run.child.kill('SIGCONT');
    place.write('first', '');
    await follower.says('success');
    follower.child.kill('SIGTERM');
    expect((await follower.ended).code).toBe(143);
    await run.ended;
  });
});

describe('a session', () => {
  test('that is not there yet is waited for', async ({ place }) => {
    play(place);
    const follower = place.start(FOLLOW);
    await follower.says('There is no session one. Waits for it to begin; Ctrl-C ends.');
    place.write('first', '');
    await place.run(['run', '--session', 'one', 'first']);
    await follower.says('success');
    follower.child.kill('SIGINT');
    const { code, stdout } = await follower.ended;
    expect(code).toBe(130);
    expect(stdout).toBe((await place.run(['session', 'show', 'one'])).stdout);
  });

  test('that begins while another process serves', async ({ place }) => {
    play(place);
    const other = place.start(['run', '--session', 'two', 'second']);
    await other.says('sandbox off');
    const follower = place.start(FOLLOW);
    await follower.says('Waits for it to begin');
    place.write('first', '');
    await place.run(['run', '--session', 'one', 'first']);
    await follower.says('success');
    follower.child.kill('SIGINT');
    expect(await follower.ended).toMatchObject({ code: 130 });
    other.child.kill('SIGKILL');
  });

  test('that is removed ends it; with -o json standard output has only events', async ({ place }) => {
    await place.run(['run', '--session', 'one', 'hello']);
    const follower = place.start([...FOLLOW, '--json']);
    await follower.says('"turn.ended"');
    await place.run(['session', 'rm', 'one']);
    const { code, stdout, stderr } = await follower.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'session one was removed\n' });
    expect(entries(stdout).at(-1)!.type).toBe('turn.ended');
  });

  test('that is removed by the process that works on others', async ({ place }) => {
    play(place);
    await place.run(['run', '--session', 'one', 'hello']);
    const other = place.start(['run', '--session', 'two', 'second']);
    await other.says('sandbox off');
    const follower = place.start(FOLLOW);
    await follower.says('success');
    await place.run(['session', 'rm', 'one']);
    expect(await follower.ended).toMatchObject({ code: 0, stderr: 'session one was removed\n' });
    other.child.kill('SIGKILL');
  });

  test('that is damaged meanwhile: exit 7, with what to do', async ({ place }) => {
    await place.run(['run', '--session', 'one', 'hello']);
    const follower = place.start(FOLLOW);
    await follower.says('success');
    appendFileSync(place.journalFile('one'), 'garbage\nmore\n');
    const { code, stderr } = await follower.ended;
    expect(code).toBe(7);
    expect(stderr).toMatch(/^error: Session one is damaged: [^]*next: .*`runtime session verify one`/);
  });
});

describe('whoever looks', () => {
  test('on a terminal sees colours, not a pager, and leaves with Ctrl-C', async ({ place }) => {
    await place.run(['run', '--session', 'one', 'hello']);
    const terminal = openTerminal(place, FOLLOW, { rows: 10, environment: { RUNTIME_PAGER: 'false' } });
    await terminal.waitFor('success');
    await place.run(['run', '--session', 'one', 'again']);
    await terminal.waitFor(() => /again[^]*success/.test(terminal.scrollback()));
    expect(terminal.scrollback()).toMatch(/^session one\n[^]*hello[^]*success[^]*again/);
    expect(terminal.raw()).toContain('\x1b[1msession one');
    terminal.press('ctrl-c');
    expect(await terminal.exited).toEqual({ code: 130, signal: null });
  });

  test('closes the terminal: nothing is left', async ({ place }) => {
    await place.run(['run', '--session', 'one', 'hello']);
    const terminal = openTerminal(place, FOLLOW);
    await terminal.waitFor('success');
    await terminal.hangUp();
    expect((await terminal.exited).code).toBe(129);
  });

  test('reads only the first line: what comes next finds nobody', async ({ place }) => {
    await place.run(['run', '--session', 'one', 'hello']);
    const following = place.start(FOLLOW, { shell: '"$@" | head -n 1' });
    await following.says('session one');
    await place.run(['run', '--session', 'one', 'hello again']);
    expect(await following.ended).toMatchObject({ code: 0, stdout: 'session one\n', stderr: '' });
  });

  test('wants what there is not', async ({ place }) => {
    await place.run(['run', '--session', 'one', 'hello']);
    expect(await place.run([...FOLLOW, '-o', 'yaml'])).toMatchObject({ code: 2, stdout: '' });
    expect(await place.run([...FOLLOW, '--limit', '0'])).toMatchObject({ code: 2, stdout: '' });
  });
});
