/** `runtime chaos`: what a person, a script and a tool of the agent see of it. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { type Killed, killAtEach } from '../src/engine/chaos/kill-at.ts';
import { POINTS } from '../src/engine/chaos/points.ts';
import { LAUNCHER, type Place, test, until } from './support/place.ts';
import { startedIn } from './support/processes.ts';
import { openTerminal } from './support/terminal.ts';

/** Lets the system's temporary folder be one of the test's own. */
function ownTemporary(place: Place): string {
  const folder = join(place.home, '../tmp');
  mkdirSync(folder);
  place.environment['TMPDIR'] = folder;
  return folder;
}

test('a table for people: each point in words and by name, and nothing is left behind', async ({ place }) => {
  const folder = ownTemporary(place);
  const { code, stdout, stderr } = await place.run(['chaos', '--points', '*effect:12']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.replaceAll(/ +/g, ' ')).toContain(
    [
      '✓ about to run the command told the model: unknown',
      ' before-effect:12 ran 0×, 35 entries verified',
      '✓ the command has run, unwritten told the model: unknown',
      ' after-effect:12 ran 1×, 35 entries verified',
    ].join('\n'),
  );
  expect(stdout).toContain('2 points: 2 held, 0 did not\n');
  expect([readdirSync(folder), readdirSync(place.home)]).toEqual([[], []]);
});

test('a selection without arguments, in 80 columns, with what it did about each kind of thing', async ({ place }) => {
  const terminal = openTerminal(place, ['chaos'], { columns: 80, rows: 100 });
  expect(await terminal.exited).toEqual({ code: 0, signal: null });
  const shown = terminal.scrollback();
  expect(shown).toContain('22 points: 22 held, 0 did not');
  expect(shown).not.toContain('…');
  for (const did of ['asked the model again', 'ran the read again', 'finished the patch', 'told the model: unknown']) {
    expect(shown).toContain(did);
  }
});

test('JSON for programs, with the folders that were kept', async ({ place }) => {
  const folder = ownTemporary(place);
  const { code, stdout } = await place.run(['chaos', '--points', 'before-ack', '--keep', '-o', 'json']);
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as { points: { folder: string }[] };
  expect(report).toEqual({
    schemaVersion: 'runtime.chaos.v1',
    ok: true,
    passed: 1,
    failed: 0,
    points: [
      {
        point: 'before-ack',
        words: 'the message is durable, nobody was told',
        entries_left: 0,
        next_start: 'began the turn',
        command_runs: 1,
        unknown: false,
        proof: 'verified',
        entries: 34,
        broken: [],
        folder: expect.stringContaining(folder) as string,
      },
    ],
  });
  const environment = { RUNTIME_HOME: join(report.points[0]!.folder, 'home') };
  expect((await place.run(['session', 'verify', 'one'], { environment })).code).toBe(0);
});

test('Ctrl-C ends it: said, exit code 130, no process and no folder left', async ({ place }) => {
  const folder = ownTemporary(place);
  const running = place.start(['chaos', '--all']);
  await until('it is at work', () => readdirSync(folder).length > 0);
  running.child.kill('SIGINT');
  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(stderr).toMatch(/^stopped: \d+ of 105 points were tried\n$/);
  expect(readdirSync(folder)).toEqual([]);
  await until('nothing runs', () => startedIn(folder).length === 0);
});

test('what does not hold is named, and its folder stays', async ({ place }) => {
  // A program that passes no crash point, and answers at the first go.
  const spared = ['/bin/sh', '-c', 'unset RUNTIME_CHAOS; exec "$0" "$@"', LAUNCHER];
  const path = process.env['PATH']!;
  const how = { program: spared, path, keep: false, signal: new AbortController().signal };
  const { value } = await killAtEach(POINTS.slice(0, 1), how).next();
  const { broken, folder } = value as Killed;
  place.atEnd(async () => rmSync(dirname(folder!), { recursive: true }));
  expect(broken[0]).toContain('it was not killed: exit code 0');
  expect(existsSync(folder!)).toBe(true);
});

test('no such point, and a tool of the agent: refused', async ({ place }) => {
  expect(await place.run(['chaos', '--points', 'nowhere'])).toMatchObject({ code: 2, stdout: '' });
  const environment = { RUNTIME_TOOL_CALL: 'c1.1.1@1.1' };
  expect((await place.run(['chaos'], { environment })).code).toBe(6);
});
