/** Help that teaches, words mistyped, and what a person on a terminal gets: through the built program. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Place, type Ran, test } from './support/place.ts';

const HAS_SCRIPT = existsSync('/usr/bin/script');

/** Runs a line for sh on a terminal of 12 rows and 80 columns. */
async function onTerminal(place: Place, line: string, environment: Record<string, string> = {}): Promise<Ran> {
  place.write('line.sh', `stty rows 12 cols 80\n${line}\n`);
  const ran = await place.run([], {
    shell: 'exec script -qec "sh line.sh" /dev/null </dev/null',
    environment: { TERM: 'xterm', ...environment },
  });
  return { ...ran, stdout: ran.stdout.replaceAll('\r\n', '\n') };
}

describe('help', () => {
  test('without words: the topics, and where the commands are', async ({ place }) => {
    const { code, stdout, stderr } = await place.run(['help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const topic of ['policy', 'sessions', 'config', 'scripts', 'approvals', 'exit-codes', 'terminal']) {
      expect(stdout).toMatch(new RegExp(`^  ${topic} +\\S`, 'm'));
      const page = await place.run(['help', topic]);
      expect({ code: page.code, stderr: page.stderr }).toEqual({ code: 0, stderr: '' });
      expect(page.stdout).toMatch(/^[A-Z].+\n\n/);
      expect(page.stdout).not.toContain('```');
    }
  });

  test('of a command: what its --help says', async ({ place }) => {
    for (const words of [['run'], ['session'], ['session', 'verify'], ['policy', 'set']]) {
      expect(await place.run(['help', ...words])).toEqual(await place.run([...words, '--help']));
    }
    expect((await place.run(['help', 'policy'])).stdout).toContain('runtime policy --help');
  });

  test('examples stand first', async ({ place }) => {
    const { stdout } = await place.run(['session', 'show', '--help']);
    const order = ['Show the turns', 'Examples:\n  runtime session show nightly\n', 'Usage: ', 'Options:'];
    expect(order.map((text) => stdout.indexOf(text)).toSorted((a, b) => a - b)).toEqual(
      order.map((text) => stdout.indexOf(text)),
    );
    expect(stdout.indexOf(order[0]!)).toBe(0);
  });
});

describe('what is mistyped', () => {
  test.for([
    [['help', 'polcy'], 'did you mean policy?'],
    [['help', 'exit-code'], 'did you mean exit-codes?'],
    [['help', 'session', 'shw'], 'did you mean show?'],
    [['aprove', 'x'], '(Did you mean approve?)'],
    [['session', 'verfy', 'x'], '(Did you mean verify?)'],
    [['session', 'ls', '--outptu', 'json'], '(Did you mean --output?)'],
    [['session', 'ls', '-o', 'jsno'], '(Did you mean json?)'],
    [['completion', 'bsh'], '(Did you mean bash?)'],
    [['run', '--orchestrator.max_turn', '3', 'x'], 'did you mean --orchestrator.max_turns?'],
    [['policy', 'set', 'exec_comand', '--allow'], 'did you mean exec_command?'],
    [['verify', 'x'], 'next: There is `runtime session verify` and `runtime audit verify`.'],
    [['session', 'doctor'], 'next: There is `runtime doctor`.'],
    [['What does this project do?'], 'next: A message goes behind run: runtime run "'],
    [['run', 'What', 'does', 'it'], 'next: Put the message into quotes'],
    [['run', '--budget.turn.cost'], 'next: Give it one: --budget.turn.cost <value>.'],
  ] as const)('%j: exit 2, nothing on standard output, %s', async ([args, said], { place }) => {
    const { code, stdout, stderr } = await place.run([...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
    expect(stderr.match(/^error:/gm)).toHaveLength(1);
    expect(stderr.match(/^next:/gm)).toHaveLength(1);
  });
});

describe.skipIf(!HAS_SCRIPT)(`on a terminal${HAS_SCRIPT ? '' : ' (skipped: script(1) is not installed)'}`, () => {
  const shown = (place: Place): string => place.read('shown');
  const keeping = (place: Place): Record<string, string> => ({
    RUNTIME_PAGER: `cat >'${join(place.project, 'shown')}'`,
    NO_COLOR: '1',
  });

  test('no command in a pipe means help', async ({ place }) => {
    expect((await onTerminal(place, '"$PROGRAM" | cat')).stdout).toContain('Usage: runtime');
    expect((await onTerminal(place, '"$PROGRAM" </dev/null')).stdout).toContain('Usage: runtime');
  });

  test('run with one end on the terminal: a message, or what is missing', async ({ place }) => {
    const nothing = await onTerminal(place, '"$PROGRAM" run | cat', { NO_COLOR: '1' });
    expect(nothing.stdout).toBe(
      'error: there is no message\nnext: Give a message: runtime run "What does this project do?"\n',
    );
    for (const line of [
      'echo hello | "$PROGRAM" run',
      '"$PROGRAM" run hello | cat',
      'echo hello | "$PROGRAM" run | cat',
    ]) {
      expect((await onTerminal(place, line)).stdout).toContain('I am the offline demo of runtime');
    }
    expect((await onTerminal(place, '"$PROGRAM" run </dev/null', { NO_COLOR: '1' })).stdout).toContain(
      'error: there is no message',
    );
  });

  test('what is long goes through the pager, as it is in a pipe', async ({ place }) => {
    await place.run(['run', '--session', 'one', 'hello']);
    for (const args of [
      ['help', 'policy'],
      ['help', 'run'],
      ['config', 'view'],
      ['config', 'view', '--origin'],
      ['policy', 'show', '-o', 'json'],
      ['session', 'show', 'one', '-o', 'json'],
    ]) {
      const line = `"$PROGRAM" ${args.join(' ')}`;
      const { code, stdout } = await onTerminal(place, line, keeping(place));
      expect({ args, code, stdout }).toEqual({ args, code: 0, stdout: '' });
      expect(shown(place).split('\n').length).toBeGreaterThan(12);
      if (args[1] !== 'run') expect(shown(place)).toBe((await place.run(args)).stdout);
      place.write('shown', '');
    }
    await onTerminal(place, '"$PROGRAM" session show one', keeping(place));
    expect(shown(place)).toMatch(/^session one\n[^]*ended {4}success/);
  });

  test('what is short does not, nor anything in a pipe', async ({ place }) => {
    const { stdout } = await onTerminal(place, '"$PROGRAM" policy show', keeping(place));
    expect(stdout).toContain('exec_command');
    expect((await onTerminal(place, '"$PROGRAM" help policy | cat', keeping(place))).stdout).toContain('Policy');
    expect(shown(place)).toBe('');
  });

  test('leaving the pager is no error', async ({ place }) => {
    const ran = await onTerminal(place, '"$PROGRAM" config schema >/dev/null; "$PROGRAM" config view', {
      RUNTIME_PAGER: 'head -n 1',
    });
    expect(ran).toMatchObject({ code: 0, stdout: 'models:\n' });
  });

  test('RUNTIME_PAGER is no unknown variable', async ({ place }) => {
    const { stderr } = await place.run(['config', 'view'], { environment: { RUNTIME_PAGER: 'cat' } });
    expect(stderr).toBe('');
  });
});
