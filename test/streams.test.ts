/** What stands on which stream. H-numbers: the prior art's checks. */
import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import type { StreamEvent } from '../src/contract/stream.ts';
import { type Line, linesOf, type Place, type Ran, test } from './support/place.ts';

const ESCAPE = '\u001B';

const echo = (place: Place): void =>
  place.play([
    { match: { equals: 'think' }, reply: { text: 'I thought.', reasoning: 'hm', chunks: 3 } },
    { match: { any: true }, reply: { text: 'You said: {{asked}}' } },
  ]);

const eventsOf = ({ stdout }: Ran): StreamEvent[] => linesOf(stdout) as StreamEvent[];
const entriesIn = (ran: Ran): StreamEvent[] => eventsOf(ran).filter(({ id }) => id !== null);
const idOf = ({ seq, hash }: Line): string => `${seq}-${hash.slice(0, 8)}`;

/** Runs a shell line in the place, in which "$@" is the program with the arguments. */
const shell = (place: Place, line: string, ...args: string[]): Promise<Ran> => place.run(args, { shell: line });

describe('the answer', () => {
  test('H-22 stands alone on stdout: nothing before it, nothing after it', async ({ place }) => {
    echo(place);
    for (const args of [
      ['run', 'hello'],
      ['run', '-p', 'hello'],
      ['run', '--prompt', 'hello'],
    ]) {
      expect(await place.run(args)).toEqual({ code: 0, signal: null, stdout: 'You said: hello\n', stderr: '' });
    }
  });

  test('H-22 when the model fails for good the cause is on stderr and stdout is empty', async ({ place }) => {
    place.play([{ match: { any: true }, fail: { class: 'invalid_request', message: 'the model does not want to' } }]);
    const { code, stdout, stderr } = await place.run(['run', '-p', 'hello']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('the model does not want to');
  });

  test('what is piped in is the message, or comes after it', async ({ place }) => {
    echo(place);
    expect((await place.run(['run'], { input: 'from a pipe\n' })).stdout).toBe('You said: from a pipe\n');
    const both = await place.run(['run', '--session', 'both', 'review this'], { input: 'the diff\n' });
    expect(both.code).toBe(0);
    const input = place.journal('both').find(({ type }) => type === 'input.received')!.data;
    expect(input).toMatchObject({ parts: [{ text: 'review this' }, { text: 'the diff\n' }] });
    expect(await place.run(['run'], { input: ' \n' })).toMatchObject({ code: 2, stdout: '' });
  });

  test('the answer goes on when stdin is closed, or is no stream at all', async ({ place }) => {
    echo(place);
    expect((await shell(place, '"$@" <&-', 'run', 'hello')).stdout).toBe('You said: hello\n');
    expect((await shell(place, '"$@" 2>&-', 'run', 'hello')).stdout).toBe('You said: hello\n');
  });

  test('input that is not UTF-8 is taken with replacement characters', async ({ place }) => {
    echo(place);
    const ran = await place.run(['run', '--session', 'one'], { input: Buffer.from([0x61, 0xff, 0x00, 0x62]) });
    expect(ran).toMatchObject({ code: 0, stdout: 'You said: a\uFFFD\0b\n' });
    expect((await place.run(['session', 'verify', 'one'])).code).toBe(0);
  });
});

describe('--json', () => {
  test('the entries of the turn without a gap, as the journal has them, then run.finished', async ({ place }) => {
    echo(place);
    const ran = await place.run(['run', '--json', '--session', 'one', 'think']);
    const events = eventsOf(ran);
    const lines = place.journal('one');
    expect(entriesIn(ran)).toEqual(
      lines.map((line) => expect.objectContaining({ id: idOf(line), seq: line.seq, type: line.type, data: line.data })),
    );
    expect(events[0]).toMatchObject({ seq: 1, type: 'session.created', scope: { kind: 'session', id: 'one' } });
    expect(events.filter(({ type }) => type === 'run.finished')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({
      id: null,
      seq: lines.length,
      turn: 1,
      terminal: true,
      data: { state: 'ended', reason: 'success', exit_code: 0, text: 'I thought.', approvals: [] },
    });
    expect(events.every(({ schemaVersion }) => schemaVersion === 'runtime.event.v1')).toBe(true);
    expect(ran.stderr).toBe('');
  });

  test('deltas add up to the answer and are never stored', async ({ place }) => {
    echo(place);
    const events = eventsOf(await place.run(['run', '--json', '--session', 'one', 'think']));
    const deltas = events.filter((event) => event.type === 'delta');
    expect(deltas.every(({ id }) => id === null)).toBe(true);
    const textOf = (kind: string): string => deltas.map(({ data }) => (data.kind === kind ? data.text : '')).join('');
    expect({ text: textOf('text'), reasoning: textOf('reasoning') }).toEqual({ text: 'I thought.', reasoning: 'hm' });
    expect(deltas.length).toBeGreaterThan(3);
  });

  test('a later turn begins with its own input; --from 1 gives all', async ({ place }) => {
    echo(place);
    await place.run(['run', '--session', 'one', 'hello']);
    const before = place.journal('one').length;
    const later = await place.run(['run', '--json', '--session', 'one', 'again']);
    expect(entriesIn(later)[0]).toMatchObject({ seq: before + 1, type: 'input.received' });
    const all = await place.run(['run', '--json', '--session', 'one', '--from', '1', 'and again']);
    expect(entriesIn(all).map(({ id }) => id)).toEqual(place.journal('one').map(idOf));
  });

  test('with nothing to carry on, run.finished names the session and its last entry', async ({ place }) => {
    echo(place);
    await place.run(['run', '--session', 'one', 'hello']);
    const ran = await place.run(['run', '--json', '--session', 'one']);
    expect(ran.code).toBe(0);
    expect(eventsOf(ran)).toMatchObject([
      { type: 'run.finished', seq: place.journal('one').length, scope: { kind: 'session', id: 'one' } },
    ]);
  });

  test('a failure before there is a session is one run.finished', async ({ place }) => {
    place.configure({ nonsense: true });
    const ran = await place.run(['run', '--json', 'hello']);
    expect(ran.code).toBe(2);
    expect(eventsOf(ran)).toEqual([
      expect.objectContaining({
        type: 'run.finished',
        scope: { kind: 'process' },
        terminal: true,
        data: expect.objectContaining({
          state: 'error',
          exit_code: 2,
          error: { code: 'config_invalid', message: expect.any(String), next: expect.any(String) },
        }),
      }),
    ]);
  });

  test.for([
    ['an unknown flag', ['run', '--json', '--jsn', 'hello'], '--json'],
    ['a bad value', ['run', '--json', '--timeout', 'soon', 'hello'], '30s'],
    ['no message', ['run', '--json'], 'runtime run'],
    ['two messages', ['run', '--json', '-p', 'a', 'b'], '--prompt'],
    ['two sessions', ['run', '--json', '--session', 'a', '--continue', 'b'], '--continue'],
  ] as const)('usage errors leave stdout empty: %s', async ([, args, named], { place }) => {
    const { code, stdout, stderr } = await place.run([...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(named);
  });
});

describe('a reader that goes', () => {
  test('stdout closed early loses nothing: the turn ends and is recorded', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'word '.repeat(20_000), chunks: 400 } }]);
    const ran = await shell(place, '{ "$@"; echo $? >code; } | head -1', 'run', '--json', '--session', 'one', 'go');
    expect(linesOf(ran.stdout)).toMatchObject([{ type: 'session.created' }]);
    expect(place.read('code')).toBe('0\n');
    expect(place.journal('one').at(-1)).toMatchObject({ type: 'turn.ended', data: { reason: 'success' } });
    expect((await place.run(['session', 'verify', 'one'])).code).toBe(0);
  });

  test('stdout closed from the start', async ({ place }) => {
    echo(place);
    const ran = await shell(place, '"$@" >&-', 'run', '--session', 'one', 'go');
    expect(ran).toMatchObject({ code: 0, stdout: '' });
    expect((await place.run(['session', 'verify', 'one'])).code).toBe(0);
  });
});

describe('listings', () => {
  test.for([
    ['session', 'ls'],
    ['approvals', 'ls'],
  ])('H-17 nothing is [] with -o json: %s %s', async (args, { place }) => {
    expect(await place.run([...args, '-o', 'json'])).toMatchObject({ code: 0, stdout: '[]\n', stderr: '' });
    const table = await place.run([...args]);
    expect(table).toMatchObject({ code: 0, stdout: '' });
    expect(table.stderr).not.toBe('');
  });

  test('yaml says the same as json', async ({ place }) => {
    echo(place);
    await place.run(['run', '--session', 'one', 'hello']);
    const { load } = await import('js-yaml');
    for (const args of [
      ['session', 'ls'],
      ['session', 'show', 'one'],
      ['policy', 'show'],
    ]) {
      const [json, yaml] = [await place.run([...args, '-o', 'json']), await place.run([...args, '-o', 'yaml'])];
      expect(load(yaml.stdout)).toEqual(JSON.parse(json.stdout));
    }
  });
});

describe('usage', () => {
  test('H-16 an unknown command: exit 2, the nearest name, said once, nothing on stdout', async ({ place }) => {
    const { code, stdout, stderr } = await place.run(['sesion', 'ls']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.match(/unknown command/g)).toHaveLength(1);
    expect(stderr).toContain('session');
    expect(stderr).toContain('usage: ');
  });

  test('H-19 no escapes where there is no terminal', async ({ place }) => {
    echo(place);
    await place.run(['run', '--session', 'one', 'hello']);
    for (const args of [
      ['--help'],
      ['run', '--help'],
      ['session', 'ls'],
      ['session', 'show', 'one'],
      ['session', 'verify', 'one'],
      ['policy', 'show'],
      ['doctor'],
      ['nonsense'],
    ]) {
      const { stdout, stderr } = await place.run(args);
      expect(stdout + stderr).not.toBe('');
      expect(stdout + stderr).not.toContain(ESCAPE);
    }
  });

  test.runIf(existsSync('/usr/bin/script'))('a terminal gets colours unless NO_COLOR says no', async ({ place }) => {
    echo(place);
    await place.run(['run', '--session', 'one', 'hello']);
    const inTerminal = (before: string) =>
      shell(place, `${before} script -qec '"$PROGRAM" session verify one' /dev/null </dev/null`);
    expect((await inTerminal('')).stdout).toContain(ESCAPE);
    expect((await inTerminal('NO_COLOR=1')).stdout).not.toContain(ESCAPE);
  });

  test.runIf(existsSync('/usr/bin/script'))('session show colours whole lines of a terminal', async ({ place }) => {
    echo(place);
    await place.run(['run', '--session', 'one', 'hello']);
    const { stdout } = await shell(place, `script -qec '"$PROGRAM" session show one' /dev/null </dev/null`);
    expect(stdout).toContain(`${ESCAPE}[32m  ended    success`);
    expect(stdout).not.toContain('\uFFFD');
  });

  test.runIf(existsSync('/usr/bin/script'))('escapes in an answer do not reach a terminal', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'a\u001B[2Jb' } }]);
    const terminal = await shell(place, `script -qec '"$PROGRAM" run hello' /dev/null </dev/null`);
    expect(terminal.stdout).not.toContain('\u001B[2J');
    expect((await place.run(['run', 'hello'])).stdout).toBe('a\u001B[2Jb\n'); // a pipe gets what was said
  });
});
