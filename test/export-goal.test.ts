/** `session export --redact` of goals: plan, steps and results are proved, and nothing is told of what they were about. */
import { expect } from 'vitest';
import type { VerifyReport } from '../src/contract/verify.ts';
import { entriesOf, linesOf, test, type Line, type Place } from './support/place.ts';
import { ANSWERS, does, plans, step } from './support/goals.ts';

const SECRET = 'falcon';
const POLICY = { governance: { auto_allow: ['exec_command'] }, orchestrator: { subtask_retry_backoff: '20ms' } };

async function shared(place: Place, id: string): Promise<{ text: string; lines: Line[] }> {
  const file = `${id}.jsonl`;
  expect(await place.run(['session', 'export', id, '--redact', '--file', file])).toMatchObject({ code: 0, stderr: '' });
  const verified = await place.run(['session', 'verify', `./${file}`, '-o', 'json']);
  expect(verified).toMatchObject({ code: 0, stderr: '' });
  const report = JSON.parse(verified.stdout) as VerifyReport;
  expect(report).toMatchObject({ status: 'verified', entries: place.journal(id).length });
  expect(report.notes).toContain('redacted');
  const text = place.read(file);
  return { text, lines: linesOf(text) as Line[] };
}

test('a goal whose steps are tried again, checked and left out, and each of its steps', async ({ place }) => {
  place.play(
    [
      { match: { purpose: 'plan', request: 1 }, reply: { text: `First I look for the ${SECRET}: {"steps": [` } },
      plans(
        step(`${SECRET}-nest`, [], { title: `Find the ${SECRET}`, check: `echo ${SECRET}` }),
        step(`${SECRET}-eggs`, [`${SECRET}-nest`], { check: `test ${SECRET} = found` }),
        step('s3', [`${SECRET}-eggs`]),
        step('s4'),
      ),
      does(`${SECRET}-nest`, { calls: [{ tool: 'exec_command', arguments: { cmd: `echo ${SECRET}` } }] }),
      { match: { tool_result: 'exec_command' }, fail: { class: 'invalid_request' } },
      { match: { contains: 'Your last try' }, reply: { text: `the ${SECRET} has a nest` } },
      does(`${SECRET}-eggs`, { text: `the ${SECRET} has no eggs` }),
      does('s4', { text: `nothing but the ${SECRET}` }),
      { match: { contains: 'The runtime checked' }, reply: { text: `still no ${SECRET}` } },
      ANSWERS,
    ],
    POLICY,
  );
  await place.run(['goal', '--session', 'g', '--check', `test ${SECRET} = ${SECRET}`, `find the ${SECRET}`]);
  const journal = place.journal('g');
  const { text, lines } = await shared(place, 'g');
  expect(text).not.toContain(SECRET);

  const [plan] = entriesOf(lines, 'plan.made');
  const [nest, eggs] = plan!.steps.map(({ id }) => id);
  expect(plan!.steps.map(({ id, depends_on }) => [id, depends_on])).toEqual([
    [nest, []],
    [eggs, [nest]],
    ['s3', [eggs]],
    ['s4', []],
  ]);
  const ends = (of: Line[]): unknown[] =>
    entriesOf(of, 'child.finished').map(({ attempt, reason, usage, tool_calls }) => ({ attempt, reason, usage, tool_calls })); // prettier-ignore
  expect(ends(lines)).toEqual(ends(journal));
  expect(ends(lines)).toContainEqual(expect.objectContaining({ attempt: 2, reason: 'success' }));
  expect(entriesOf(lines, 'timer.fired').length).toBe(entriesOf(journal, 'timer.fired').length);
  expect(entriesOf(lines, 'turn.ended')).toMatchObject([{ reason: entriesOf(journal, 'turn.ended')[0]!.reason }]);

  const children = new Set(entriesOf(journal, 'child.started').map(({ session_id }) => session_id));
  expect(children.size).toBe(3);
  for (const id of children) expect((await shared(place, id)).text).not.toContain(SECRET);
  for (const id of children) expect(text).not.toContain(id);
});

test('a plan that cannot be read is none with placeholders, either', async ({ place }) => {
  place.play([{ match: { purpose: 'plan' }, reply: { text: `{"steps": [{"id": "${SECRET}", "task": ""}]}` } }]);
  await place.run(['goal', '--session', 'g', 'do it']);
  const { text, lines } = await shared(place, 'g');
  expect(text).not.toContain(SECRET);
  expect(entriesOf(lines, 'turn.ended')).toMatchObject([{ reason: 'task_graph_invalid' }]);
});

test('a fork in the middle of a step, which shares no budget any more', async ({ place }) => {
  place.play(
    [
      plans(step('a'), step('b')),
      does('a', { calls: [{ tool: 'exec_command', arguments: { cmd: `echo ${SECRET}` } }] }),
      does('b', { text: 'B' }),
      { match: { tool_result: 'exec_command' }, reply: { text: `the ${SECRET} was there` } },
      ANSWERS,
    ],
    POLICY,
  );
  await place.run(['goal', '--session', 'g', 'do it']);
  const [a] = entriesOf(place.journal('g'), 'child.started').map(({ session_id }) => session_id);
  const ran = place.journal(a).find(({ type }) => type === 'call.finished')!;
  const fork = (await place.run(['session', 'fork', a!, '--at', `seq:${ran.seq}`])).stdout.trim();
  expect(await place.run(['session', 'resume', fork])).toMatchObject({ code: 0, stdout: `the ${SECRET} was there\n` });
  const reserved = (id: string): number => entriesOf(place.journal(id), 'budget.reserved').length;
  expect([reserved(a!), reserved(fork)]).toEqual([2, 1]);
  expect((await shared(place, fork)).text).not.toContain(SECRET);
});

test('steps that what was left of their session refuses', async ({ place }) => {
  const runs = { calls: [{ tool: 'exec_command', arguments: { cmd: `echo ${SECRET}` } }] };
  place.play(
    [
      plans(step('a'), step('b')),
      does('a', runs),
      does('b', runs),
      { match: { tool_result: 'exec_command' }, reply: { text: `the ${SECRET} was there` } },
      ANSWERS,
    ],
    { ...POLICY, budget: { session: { calls: 5 } } },
  );
  expect((await place.run(['run', '--session', 'g', 'tell me the Result of step 0'])).code).toBe(0);
  expect((await place.run(['goal', '--session', 'g', 'do it'])).code).toBe(1);
  const children = new Set(entriesOf(place.journal('g'), 'child.started').map(({ session_id }) => session_id));
  const refused = [...children].flatMap((id) => entriesOf(place.journal(id), 'budget.refused'));
  expect(refused[0]).toMatchObject({ refused_by: 'session_calls' });
  for (const id of ['g', ...children]) await shared(place, id);
});
