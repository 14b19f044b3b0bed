/** `session verify --all`: how far it is on a terminal, what it found for people and programs, and how it ends. */
import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Place, test } from './support/place.ts';
import { openTerminal } from './support/terminal.ts';

const ALL = ['session', 'verify', '--all'];

async function sessions(place: Place, ...ids: string[]): Promise<void> {
  place.play([{ match: { any: true }, reply: { text: 'done' } }]);
  for (const id of ids) await place.run(['run', '--session', id, 'hello']);
}

/** Copies of a session under other names, with hashes that fit. */
function copy(place: Place, from: string, count: number): void {
  const file = place.journalFile(from);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  for (let index = 0; index < count; index++) {
    const id = `${from}-${index}`;
    let prev = sha256(id);
    const made = lines.map((line) => {
      const [head] = line.replaceAll(JSON.stringify(from), JSON.stringify(id)).split(',"prev":"');
      const covered = `${head},"prev":"${prev}"`;
      prev = sha256(covered);
      return `${covered},"hash":"${prev}"}\n`;
    });
    writeFileSync(join(dirname(file), `${id}.jsonl`), made.join(''), { mode: 0o600 });
  }
}

describe('what it says', () => {
  test('all are whole: a line, exit 0', async ({ place }) => {
    await sessions(place, 'one', 'two');
    const entries = place.journal('one').length + place.journal('two').length;
    expect(await place.run(ALL)).toEqual({
      code: 0,
      signal: null,
      stdout: `2 verified: ${entries} entries\n`,
      stderr: '',
    });
    const { stdout } = await place.run([...ALL, '--json']);
    expect((JSON.parse(stdout) as { session_id: string; status: string }[]).toSorted((a, b) => a.session_id.localeCompare(b.session_id))).toMatchObject([
      { session_id: 'one', status: 'verified' },
      { session_id: 'two', status: 'verified' },
    ]); // prettier-ignore
  });

  test('one is damaged: which and where, exit 7; the others are proved all the same', async ({ place }) => {
    await sessions(place, 'one', 'two');
    appendFileSync(place.journalFile('one'), 'garbage\nmore\n');
    const { code, stdout, stderr } = await place.run(ALL);
    expect({ code, stderr }).toEqual({ code: 7, stderr: '' });
    expect(stdout).toMatch(
      /^SESSION +STATUS +WHY\none +failed +.*entry \d+.*\n\n1 verified, 1 failed: \d+ entries\n$/i,
    );
    expect((await place.run([...ALL, '-o', 'json'])).code).toBe(7);
  });

  test('there are none', async ({ place }) => {
    expect(await place.run(ALL)).toMatchObject({ code: 0, stdout: '', stderr: 'no sessions yet\n' });
    expect(await place.run([...ALL, '--json'])).toMatchObject({ code: 0, stdout: '[]\n' });
    expect(readdirSync(place.home)).not.toContain('workspaces');
  });

  test('beside a session: exit 2', async ({ place }) => {
    expect(await place.run([...ALL, 'one'])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('on a terminal', () => {
  test('it shows how far it is, on standard error alone, and takes that away', async ({ place }) => {
    await sessions(place, 'one');
    copy(place, 'one', 40);
    const terminal = openTerminal(place, ALL);
    await terminal.exited;
    expect(terminal.raw()).toMatch(/^\rverifying \[-{20}\] 0\/41 sessions, 0\/s/);
    expect(terminal.scrollback()).toMatch(/^.*entries$/m);
    expect(terminal.scrollback()).not.toContain('verifying');
    const piped = openTerminal(place, ['-c', '"$PROGRAM" session verify --all 2>/dev/null'], { program: '/bin/sh' });
    await piped.exited;
    expect(piped.raw()).not.toContain('verifying');
    const dumb = openTerminal(place, ALL, { term: 'dumb' });
    await dumb.exited;
    expect(dumb.raw()).not.toContain('verifying');
    const toFile = openTerminal(place, ['-c', '"$PROGRAM" session verify --all >out'], { program: '/bin/sh' });
    await toFile.exited;
    expect(toFile.raw()).toContain('verifying');
    expect(place.read('out')).toMatch(/^[^\r]*entries\n$/);
  });

  test.for([
    ['for people: what was found by then', [], /^stopped: \d+ of 801 sessions were looked at\n/],
    ['for programs: nothing', ['--json'], /^stopped: \d+ of 801 sessions were looked at$/],
  ] as const)('Ctrl-C, %s', async ([, args, shown], { place }) => {
    await sessions(place, 'one');
    copy(place, 'one', 800);
    const terminal = openTerminal(place, [...ALL, ...args]);
    await terminal.waitFor('verifying');
    terminal.press('ctrl-c');
    expect(await terminal.exited).toEqual({ code: 130, signal: null });
    expect(terminal.screen()).toMatch(shown);
  });

  test('it is closed', async ({ place }) => {
    await sessions(place, 'one');
    copy(place, 'one', 800);
    const terminal = openTerminal(place, ALL);
    await terminal.waitFor('verifying');
    await terminal.hangUp();
    expect((await terminal.exited).code).toBe(129);
  });
});
