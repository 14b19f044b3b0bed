/** Goals on disks that fill up, and goals that are carried on from a backup. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { approvalsIn, entriesOf, expectVerified, type Place, test } from './support/place.ts';
import { fill, onSmallDisk } from './support/small-disk.ts';

const steps = [
  { id: 'a', title: 'First', task: 'please do a', depends_on: [] },
  { id: 'b', title: 'Second', task: 'please do b', depends_on: ['a'] },
];
const appends = (id: string) => ({
  match: { contains: `please do ${id}` },
  reply: { calls: [{ tool: 'exec_command', arguments: { cmd: `echo ${id} >> ran.txt` } }] },
});

function play(place: Place, governance: object, plan: object = {}): void {
  place.play(
    [
      { match: { purpose: 'plan' }, reply: { text: JSON.stringify({ steps }), ...plan } },
      { match: { tool_result: 'exec_command', contains: 'void' }, reply: appends('b').reply },
      { match: { tool_result: 'exec_command' }, reply: { text: 'It ran.' } },
      { match: { contains: 'Result of step b' }, reply: { text: 'All is done.' } },
      appends('b'),
      appends('a'),
      { match: { contains: 'Your last try' }, reply: { text: 'It is done.' } },
    ],
    { governance, orchestrator: { subtask_retry_backoff: '10ms' } },
  );
}

const ran = (place: Place): string[] => readFileSync(join(place.project, 'ran.txt'), 'utf8').trim().split('\n');
/** While the program writes, too: what it takes in between is missing then, and the disk is full all the same. */
function fillBeside(file: string, left: number): void {
  try {
    fill(file, left);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown;
  }
}

const childrenOf = (place: Place): string[] => [
  ...new Set(entriesOf(place.journal('one'), 'child.started').map(({ session_id }) => session_id)),
];

test('a goal that was restored in the middle of a step goes on: what was done stays done, and what asked asks anew', async ({
  place,
}) => {
  play(place, { auto_allow: [], require_approval: ['exec_command'] });
  const first = await place.run(['goal', '--session', 'one', 'do both']);
  expect(first.code).toBe(5);
  const [ofA] = approvalsIn(first);
  const second = await place.run(['approve', ofA!, '--resume']);
  expect(second.code).toBe(5);
  const [ofB] = approvalsIn(second);
  expect(ran(place)).toEqual(['a']);
  const backup = join(place.project, 'backup');
  expect((await place.run(['store', 'backup', backup])).code).toBe(0);
  // What happens after the backup is not known when that is restored.
  expect((await place.run(['deny', ofB!])).code).toBe(0);
  expect((await place.run(['store', 'restore', backup, '--force'])).code).toBe(0);

  expect((await place.run(['approve', ofB!])).code).not.toBe(0);
  const carried = await place.run(['session', 'resume', 'one']);
  expect(carried).toMatchObject({ code: 5, stdout: '' });
  const [anew] = approvalsIn(carried);
  expect(anew).not.toBe(ofB);
  const done = await place.run(['approve', anew!, '--resume']);
  expect(done).toMatchObject({ code: 0, stdout: 'All is done.\n' });
  expect(ran(place)).toEqual(['a', 'b']);
  expect(childrenOf(place)).toHaveLength(2);
  for (const id of ['one', ...childrenOf(place)]) await expectVerified(place, id);
});

test.for([0, 2, 4])(
  'a disk with %i pages left when the steps begin: said, and with space the goal goes on, each step done once',
  async (pages, { place, skip }) => {
    const could = await onSmallDisk(place, 'mode=700', async () => {
      play(place, { auto_allow: ['exec_command'] }, { chunks: 3, delay: '300ms' });
      expect((await place.run(['session', 'ls'])).code).toBe(0);
      const goal = place.start(['goal', '--json', '--session', 'one', 'do both']);
      await goal.says('model.requested');
      const filler = join(place.home, 'filler');
      fillBeside(filler, pages * 4096);
      const full = await goal.ended;
      rmSync(filler);
      if (full.code !== 0) {
        expect(full.stderr).toContain('Free some space');
        expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 0, stdout: 'All is done.\n' });
      }
      expect(existsSync(join(place.project, 'ran.txt')) && ran(place)).toEqual(['a', 'b']);
      expect(childrenOf(place)).toHaveLength(2);
      for (const id of ['one', ...childrenOf(place)]) await expectVerified(place, id);
    });
    if (!could) skip('only root can make a small disk');
  },
);
