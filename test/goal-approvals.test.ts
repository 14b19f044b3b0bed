/** A goal's step asks for a person: it is named, answered, and the goal goes on. */
import { expect } from 'vitest';
import { approvalsIn, entriesOf, expectVerified, type Place, test } from './support/place.ts';
import { ANSWERS, does, plans, step } from './support/goals.ts';

/** Step `b` wants to run a command; `a` waits for nobody. */
function play(place: Place): void {
  place.play([
    plans(step('a'), step('b', [], { title: 'Touch it' })),
    does('b', { calls: [{ tool: 'exec_command', arguments: { cmd: 'touch asked' } }] }),
    { match: { tool_result: 'exec_command' }, reply: { text: 'B did it' } },
    does('a', { text: 'A found 7' }),
    ANSWERS,
  ]);
}

/** Gives the approval that a goal waits for, and the session of the step that asks. */
async function waiting(place: Place): Promise<{ id: string; child: string; stderr: string }> {
  play(place);
  const ran = await place.run(['goal', '--session', 'g', 'do it all']);
  expect(ran).toMatchObject({ code: 5, stdout: '' });
  const [id, ...more] = approvalsIn(ran);
  expect(more).toEqual([]);
  const [started] = entriesOf(place.journal('g'), 'child.started').filter(({ step_id }) => step_id === 'b');
  return { id: id!, child: started!.session_id, stderr: ran.stderr };
}

test('it is said what waits, and which step asks', async ({ place }) => {
  const { id, child, stderr } = await waiting(place);
  expect(stderr).toContain(
    `waits for a person: Run touch asked (step: Touch it)\napproval ${id}\nruntime approve ${id}\n`,
  );
  const listed = await place.run(['approvals', 'ls', '-o', 'json']);
  expect(JSON.parse(listed.stdout)).toMatchObject([
    { id, session_id: child, parent: { session_id: 'g', step_id: 'b', root: 'g', title: 'Touch it' } },
  ]);
  expect((await place.run(['approvals', 'show', id])).stdout).toMatch(/^step: +Touch it \(b\), of session g$/m);
});

test('carried on before it is answered, it says so again, and leaves', async ({ place }) => {
  const { id, child } = await waiting(place);
  const again = await place.run(['run', '--session', 'g']);
  expect(again).toMatchObject({ code: 5, stdout: '' });
  expect(approvalsIn(again)).toEqual([id]);
  expect(await place.run(['approve', id, '--resume'])).toMatchObject({ code: 0, stdout: 'All in all: done.\n' });
  for (const session of ['g', child]) await expectVerified(place, session);
});

test('answered with --resume the goal goes on, to its answer', async ({ place }) => {
  const { id, child } = await waiting(place);
  const ran = await place.run(['approve', id, '--resume']);
  expect(ran).toMatchObject({ code: 0, stdout: 'All in all: done.\n' });
  for (const session of ['g', child]) await expectVerified(place, session);
  const why = await place.run(['why', id]);
  expect(why).toMatchObject({ code: 0, stderr: '' });
  expect(why.stdout.replace(/\s+/g, ' ')).toContain(
    'it is step b “Touch it” of the goal of session g, begun at its entry',
  );
  expect(why.stdout).not.toContain('ingress log');
});

test('answered alone, the way to go on leads to the goal', async ({ place }) => {
  const { id } = await waiting(place);
  const ran = await place.run(['deny', id, '--reason', 'not now']);
  expect(ran.stderr).toContain('carry the turn on with: runtime run --session g\n');
  const end = await place.run(['run', '--session', 'g']);
  expect(end).toMatchObject({ code: 0, stdout: 'All in all: done.\n' });
});

test('what somebody else says to the session of a step is its own business', async ({ place }) => {
  const { id, child } = await waiting(place);
  await place.run(['approve', id, '--resume']);
  const again = await place.run(['run', '--session', child, 'please do b once more']);
  expect(again.code).toBe(5);
  const [own] = approvalsIn(again);
  const ran = await place.run(['approve', own!]);
  expect(ran.stderr).toContain(`carry the turn on with: runtime run --session ${child}\n`);
});
