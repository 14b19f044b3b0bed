/** Whatever goes wrong, the next step can be taken as it stands: its commands exist, and name what there is. */
import { appendFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { approvalsIn, type Place, type Ran, test } from './support/place.ts';

const ASKS = { tool: 'exec_command', arguments: { cmd: 'touch asked' } };

/** A session `one` whose turn waits for an approval, another one that has ended. Gives the approval's id. */
async function atWork(place: Place): Promise<string> {
  place.play([
    { match: { asked: ['touch'] }, reply: { calls: [ASKS] } },
    { match: { any: true }, reply: { text: 'done' } },
  ]);
  const [id] = approvalsIn(await place.run(['run', '--session', 'one', 'touch it']));
  await place.run(['run', '--session', 'two', 'hello']);
  return id!;
}

/** The next step; that it can be taken was checked. */
async function nextOf(place: Place, args: string[]): Promise<string> {
  const ran: Ran = await place.run(args);
  expect(ran.code).not.toBe(0);
  expect(ran.stderr.match(/^next:/gm)).toHaveLength(1);
  const next = /^next: (.*)$/m.exec(ran.stderr)![1]!;
  expect(next).not.toMatch(/<\w+>/);
  for (const [, command] of next.matchAll(/`runtime ([^`]*)`/g)) {
    const words = command!.split(' ').filter((word) => !word.includes('--help'));
    const { code, stderr } = await place.run([...words, '--help']);
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
  }
  return next;
}

describe('with the real ids', () => {
  test('of sessions and approvals', async ({ place }) => {
    const approval = await atWork(place);
    expect(await nextOf(place, ['session', 'rm', 'one'])).toBe(
      'Carry its turn on with `runtime run --session one`, or repeat with --force.',
    );
    place.write('my file.yaml', '');
    expect(await nextOf(place, ['session', 'rm', 'one', '--workspace', 'default', '--config', 'my file.yaml'])).toBe(
      "Carry its turn on with `runtime run --session one --workspace default --config 'my file.yaml'`, or repeat with --force.",
    );
    await place.run(['deny', approval]);
    expect(await nextOf(place, ['approve', approval])).toBe(
      `See who decided with \`runtime approvals show ${approval}\`.`,
    );
  });

  test('of a session that is damaged', async ({ place }) => {
    await atWork(place);
    appendFileSync(place.journalFile('two'), 'garbage\nmore\n');
    for (const args of [
      ['run', '--session', 'two', 'x'],
      ['session', 'show', 'two'],
      ['run', '--session', 'two', '--json', 'x'],
    ]) {
      // prettier-ignore
      expect(await nextOf(place, args)).toContain('`runtime session verify two`');
    }
  });
});

test('all', async ({ place }) => {
  await atWork(place);
  for (const args of [
    ['session', 'show', 'tow'],
    ['session', 'verify', 'tow'],
    ['session', 'verify'],
    ['session', 'verify', 'no.jsonl'],
    ['session', 'rm', 'tow'],
    ['session', 'show', '../x'],
    ['session', 'show', 'one', '--limit', 'x'],
    ['session', 'show', 'one', '--follow', '-o', 'yaml'],
    ['session'],
    ['approve', 'a-000000'],
    ['approve', 'a'],
    ['approvals', 'show', 'x'],
    ['approvals', 'revoke', 'g-000000'],
    ['run', '--session', 'b d', 'x'],
    ['run', '--model', 'nosuch', 'x'],
    ['run', '--root', 'nosuch', 'x'],
    ['run', '--timeout', 'x', 'x'],
    ['run', '--max-cost', '1', 'x'],
    ['run', '--from', '3', 'x'],
    ['run', ''],
    ['run', '--continue', '--workspace', 'other'],
    ['run', '--continue', 'x', '--workspace', 'other'],
    ['--workspace', '../x', 'session', 'ls'],
    ['--config', 'nosuch', 'run', 'x'],
    ['policy', 'set', 'nosuch', '--allow'],
    ['policy', 'set', 'time'],
    ['policy', 'check', 'time', '{'],
    ['help', 'nosuch'],
    ['completion', 'tcsh'],
    ['nosuch'],
  ]) {
    await nextOf(place, args);
  }
});
