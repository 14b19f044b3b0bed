/** The sessions of a goal's steps, looked at and removed with it. */
import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { entriesOf, type Place, test } from './support/place.ts';
import { ANSWERS, does, plans, step, THREE } from './support/goals.ts';

async function goalDone(place: Place): Promise<string[]> {
  place.play(THREE);
  await place.run(['goal', '--session', 'g', 'find it all out']);
  return entriesOf(place.journal('g'), 'child.started').map(({ session_id }) => session_id);
}

test('session ls: they stand under their goal, in their order, with their titles', async ({ place }) => {
  const children = await goalDone(place);
  await place.run(['run', '--session', 'other', 'hello']);
  for (const tree of [[], ['--tree']]) {
    const { stdout } = await place.run(['session', 'ls', ...tree]);
    const rows = stdout.trimEnd().split('\n').slice(1).map((line) => line.split(/\s{2,}/)); // prettier-ignore
    expect(rows.map(([id]) => id)).toEqual(['other', 'g', `├─ ${children[0]}`, `├─ ${children[1]}`, `└─ ${children[2]}`]); // prettier-ignore
    expect(stdout).toMatch(/├─ s-\w+ +success +Step a/);
  }
  const listed = await place.run(['session', 'ls', '-o', 'json']);
  expect(JSON.parse(listed.stdout)).toContainEqual(
    expect.objectContaining({
      session_id: children[2],
      title: 'Step c',
      parent: { session_id: 'g', seq: expect.any(Number) as number, step_id: 'c' },
    }),
  );
});

describe('session rm', () => {
  const there = (place: Place, ids: string[]): string[] => ids.filter((id) => existsSync(place.journalFile(id)));

  test('of a goal takes the sessions of its steps with it, and says so', async ({ place }) => {
    const children = await goalDone(place);
    const ran = await place.run(['session', 'rm', 'g']);
    expect(ran).toMatchObject({ code: 0, stderr: 'removed g and 3 sessions of its steps\n' });
    expect(there(place, ['g', ...children])).toEqual([]);
  });

  test('of a step leaves its goal', async ({ place }) => {
    const [first, ...others] = await goalDone(place);
    expect(await place.run(['session', 'rm', first!])).toMatchObject({ code: 0, stderr: `removed ${first}\n` });
    expect(there(place, ['g', ...others])).toEqual(['g', ...others]);
    const { stdout } = await place.run(['session', 'ls']);
    expect(stdout).toContain(`├─ ${others[0]}`);
    expect(await place.run(['session', 'rm', 'g'])).toMatchObject({ code: 0, stderr: 'removed g and 2 sessions of its steps\n' }); // prettier-ignore
  });

  test('of a fork leaves what its source did', async ({ place }) => {
    const children = await goalDone(place);
    const forked = await place.run(['session', 'fork', 'g']);
    const fork = /s-\w+/.exec(forked.stdout)![0];
    expect(await place.run(['session', 'rm', fork])).toMatchObject({ code: 0, stderr: `removed ${fork}\n` });
    expect(there(place, children)).toEqual(children);
  });

  test('of one that waits needs --force, and then all of it goes', async ({ place }) => {
    place.play([
      plans(step('a'), step('b')),
      does('a', { calls: [{ tool: 'exec_command', arguments: { cmd: 'true' } }] }),
      does('b', { text: 'B' }),
      ANSWERS,
    ]);
    expect(await place.run(['goal', '--session', 'g', 'do it'])).toMatchObject({ code: 5 });
    const children = entriesOf(place.journal('g'), 'child.started').map(({ session_id }) => session_id);
    expect(await place.run(['session', 'rm', 'g'])).toMatchObject({ code: 1 });
    expect(there(place, ['g', ...children])).toEqual(['g', ...children]);
    const ran = await place.run(['session', 'rm', 'g', '--force']);
    expect(ran).toMatchObject({ code: 0, stderr: 'removed g and 2 sessions of its steps\n' });
    expect(there(place, ['g', ...children])).toEqual([]);
    expect(await place.run(['approvals', 'ls'])).toMatchObject({ stderr: 'nothing waits for an approval\n' });
  });

  test('of one whose step is used by itself needs --force, too, and until then nothing goes', async ({ place }) => {
    const [first, ...others] = await goalDone(place);
    place.play([{ match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'true' } }] } }]);
    await place.run(['run', '--session', first!, 'run it']);
    const ran = await place.run(['session', 'rm', 'g']);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(`Session ${first} has a turn that hasn't ended`);
    expect(there(place, ['g', first!, ...others])).toEqual(['g', first, ...others]);
  });
});
