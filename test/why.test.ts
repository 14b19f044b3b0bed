/** `why`: each line is told from an entry that says so; what isn't known any more is said. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Script } from '../src/contract/script.ts';
import type { WhyReport, WhyTopic } from '../src/contract/why.ts';
import { CONFINED, test as confinedTest } from './support/confined.ts';
import { approvalsIn, entriesOf, type Line, type Place, test } from './support/place.ts';

const STEPS: Script['turns'] = [
  { match: { tool_result: 'exec_command' }, reply: { text: 'It is built.' } },
  { match: { equals: 'build' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo built' } }] } },
  { match: { equals: 'read' }, reply: { calls: [{ tool: 'read_file', arguments: { path: 'a.txt' } }] } },
  { match: { tool_result: 'read_file' }, reply: { text: 'I read it.' } },
  { match: { equals: 'wait' }, stall: '40s', reply: { text: 'late' } },
  { match: { any: true }, reply: { text: 'Hello.' } },
];

async function why(place: Place, ...args: string[]): Promise<WhyReport> {
  const { stdout, stderr } = await place.run(['why', ...args, '-o', 'json']);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as WhyReport;
}

const textOf = (report: WhyReport, topic: WhyTopic): string =>
  report.steps.filter((step) => step.topic === topic).flatMap(({ lines }) => lines.map(({ text }) => text)).join('\n'); // prettier-ignore

/** Each line names entries, and those stand in the journal under that number. */
function expectCited(report: WhyReport, journal: Line[]): void {
  const lines = [report.answer, ...report.steps.flatMap((step) => step.lines)];
  expect(lines.filter(({ missing, evidence }) => !missing && evidence.length === 0)).toEqual([]);
  for (const cited of lines.flatMap(({ evidence }) => evidence)) {
    const [, seq, type] = /^seq (\d+) (\S+)$/.exec(cited) ?? [];
    if (seq !== undefined) expect(`${cited} ${journal[Number(seq) - 1]?.type}`).toBe(`${cited} ${type}`);
    else expect(cited).toMatch(/^(ingress\/\d+\.jsonl seq \d+|audit\.jsonl seq \d+ session\.removed)$/);
  }
}

/** A turn with an approval that was granted; gives its id. */
async function approved(place: Place, ...scope: string[]): Promise<string> {
  place.play(STEPS, scope.length > 0 ? CONFINED : {});
  place.write('a.txt', 'a\n');
  const asked = await place.run(['run', '--session', 'one', 'build']);
  const [id] = approvalsIn(asked);
  expect((await place.run(['approve', id!, ...scope, '--resume'])).code).toBe(0);
  return id!;
}

describe('an approval', () => {
  test('who asked, what was shown, who answered, and what came of it', async ({ place }) => {
    const id = await approved(place);
    const report = await why(place, id);
    expect(report).toMatchObject({ schemaVersion: 'runtime.why.v1', id, kind: 'approval', session_id: 'one' });
    expect(report.answer.text).toMatch(
      /^a-\w+ was granted \(once\) by local \(operator\) via cli at .*; c1\.1\.1 exec_command ran, as a person let it run, and ended ok$/,
    );
    expect(report.steps.map(({ topic }) => topic)).toEqual([
      'asked', 'turn', 'reply', 'budget', 'call', 'inspected', 'policy', 'approval', 'started', 'outcome', 'answer', 'followed',
    ]); // prettier-ignore
    expect(textOf(report, 'asked')).toContain('local (operator) said "build" via cli, interactive');
    expect(textOf(report, 'asked')).toContain('with the idempotency key');
    expect(textOf(report, 'reply')).toContain('m1.1, attempt 1: scripted (script) was asked');
    expect(textOf(report, 'budget')).toMatch(
      /^\d+ tokens were reserved .*\nused before: of the turn's tokens 0 of \d+; /,
    );
    expect(textOf(report, 'call')).toBe('c1.1.1: exec_command {"cmd":"echo built"}');
    expect(textOf(report, 'inspected')).toContain('command echo built');
    expect(textOf(report, 'policy')).toMatch(/^require_approval: .*ask:exec_command says require_approval/);
    expect(textOf(report, 'approval')).toContain('shown was: Run echo built');
    expect(textOf(report, 'started')).toContain('it was durable before anything followed');
    expect(textOf(report, 'outcome')).toContain('attempt 1: ok (exit code 0');
    expect(textOf(report, 'answer')).toContain('"It is built."');
    expect(textOf(report, 'followed')).toContain('after the round: continue (results)');
    expectCited(report, place.journal('one'));
    expect(await why(place, id.slice(0, 9))).toEqual(report);
    expect(await why(place, `one/${id}`)).toEqual(report);
  });

  test('of a line with several commands: each, what runs it, and what nobody can know', async ({ place }) => {
    const cmd = 'CI=1 ls > out; sudo env "$x"';
    place.play([
      { match: { equals: 'list' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd } }] } },
      { match: { tool_result: 'exec_command' }, reply: { text: 'no' } },
    ]);
    const [id] = approvalsIn(await place.run(['run', '--session', 'one', 'list']));
    const lines = textOf(await why(place, id!), 'inspected').split('\n');
    expect(lines.filter((line) => line.startsWith('command '))).toEqual([
      'command CI=1 ls > out',
      'command sudo env "$x"',
      'command env "$x" (by sudo)',
      'command "$x" (by sudo > env, unclear: dynamic_command)',
    ]);
  });

  test('that waits, and that was denied', async ({ place }) => {
    place.play(STEPS);
    const [id] = approvalsIn(await place.run(['run', '--session', 'one', 'build']));
    const waiting = await why(place, id!);
    expect(waiting.answer.text).toMatch(/ waits for an answer, until /);
    expect(textOf(waiting, 'approval')).toContain('nobody has answered');
    expect(textOf(waiting, 'outcome')).toBe('it has not ended yet');
    await place.run(['deny', id!, '--reason', 'not now', '--resume']);
    const denied = await why(place, id!);
    expect(denied.answer.text).toMatch(
      /denied by local .*: not now; c1\.1\.1 exec_command did not run \(approval_denied\)$/,
    );
    expectCited(denied, place.journal('one'));
  });

  test('for a person, with the entries behind the lines', async ({ place }) => {
    const id = await approved(place);
    const { code, stdout } = await place.run(['why', id]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^which approval$/m);
    expect(stdout.replace(/\s+/g, ' ')).toContain('(seq 10 approval.resolved)');
    expect(stdout).not.toMatch(/[0-9a-f]{64}/);
    const yaml = await place.run(['why', id, '-o', 'yaml']);
    expect(yaml.stdout).toContain('schemaVersion: runtime.why.v1');
  });
});

describe('a call, a think, a reply, a turn', () => {
  confinedTest('each by its session, and without it where only one has it', async ({ place }) => {
    await approved(place, '--session');
    await place.run(['run', '--session', 'one', 'build']);
    expect((await why(place, 'one/c2.1.1')).answer.text).toBe(
      'c2.1.1 exec_command ran, as a grant let it run, and ended ok',
    );
    expect(textOf(await why(place, 'c2.1.1'), 'policy')).toMatch(
      /grant g-\w+ answered for it, given by local with a-\w+ \(session\)/,
    );
    expect((await why(place, 'm1.2', '--session', 'one')).answer.text).toBe(
      'm1.2 was asked because the round before said continue (results)',
    );
    expect((await why(place, 'one/m1.1')).answer.text).toBe('m1.1 was asked to answer the message of turn 1');
    expect((await why(place, 'one/r1')).answer.text).toBe('r1, the text of m1.2: "It is built."');
    const turn = await why(place, 'one/t2');
    expect(turn.answer.text).toBe('turn 2 ended success');
    expectCited(turn, place.journal('one'));
  });

  test('an id that several sessions have names them', async ({ place }) => {
    await approved(place);
    await place.run(['run', '--session', 'two', 'read']);
    const { code, stderr } = await place.run(['why', 'c1.1.1']);
    expect(code).toBe(1);
    expect(stderr).toContain('c1.1.1 is in several sessions: two/c1.1.1, one/c1.1.1.');
    expect(stderr).toContain('next: Name one: runtime why two/c1.1.1');
    expect(textOf(await why(place, 'two/c1.1.1'), 'started')).toContain('a read is not synced for this');
  });

  test('a model that was tried twice, with what came of the first', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ status: 503 }, { text: 'Hello.' });
    await place.run(['run', '--session', 'one', 'hi']);
    const report = await why(place, 'one/m1.1');
    expect(textOf(report, 'reply')).toMatch(
      /attempt 1: .*\nit failed \(overload, .*\n.*attempt 2: .*\nmock-model|attempt 2:/,
    );
    expectCited(report, place.journal('one'));
  });

  test.for([
    [['nonsense'], 2, 'no id that can be asked about'],
    [['a-0000000000000000'], 1, 'Nothing is known of a-0000000000000000'],
    [['e-01m7w6zw1x8m5c3d7p9q2r4s6t'], 1, 'Nothing is known'],
    [['c9.9.9'], 1, 'Nothing is known of c9.9.9'],
    [['one/c1.1.2'], 1, 'Nothing is known of one/c1.1.2'],
    [['none/c1.1.1'], 1, 'There is no session none'],
  ] as const)('%j: said', async ([args, code, text], { place }) => {
    place.play(STEPS);
    await place.run(['run', '--session', 'one', 'hi']);
    const ran = await place.run(['why', ...args]);
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toContain(text);
  });
});

describe('a message', () => {
  const eventOf = (place: Place, session = 'one'): string =>
    entriesOf(place.journal(session), 'input.received')[0]!.event_id;

  test('that was answered', async ({ place }) => {
    await approved(place);
    const report = await why(place, eventOf(place));
    expect(report.answer.text).toMatch(/^e-\w+ is answered by turn 1, which ended success$/);
    expect(textOf(report, 'asked')).toContain('it is done: success');
    expectCited(report, place.journal('one'));
  });

  test('that was accepted, and not begun', async ({ place }) => {
    place.play(STEPS);
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'before-ack' };
    await place.run(['run', '--session', 'one', 'hi'], { environment });
    const log = readFileSync(join(place.home, 'workspaces/default/ingress/1.jsonl'), 'utf8');
    const [id] = /e-[0-9a-z]{26}/.exec(log)!;
    const report = await why(place, id);
    expect(report.answer).toMatchObject({
      text: expect.stringContaining('was accepted, and is not begun'),
      evidence: ['ingress/1.jsonl seq 1'],
    });
    expect(textOf(report, 'asked')).toContain('said "hi"');
  });

  test('whose session was removed: by whom, and that the rest is not known', async ({ place }) => {
    await approved(place);
    const id = eventOf(place);
    await place.run(['session', 'rm', 'one']);
    const report = await why(place, id);
    expect(report.answer.text).toMatch(/: session one was removed by local at /);
    expect(report.steps.at(-1)!.lines.at(-1)).toMatchObject({
      missing: true,
      text: expect.stringContaining('stood in the journal of session one'),
    });
    const { stdout } = await place.run(['why', id]);
    expect(stdout).toContain('not known: what was done about it');
  });

  test('that the ingress log has forgotten is found in its journal, and what is lost is said', async ({ place }) => {
    await approved(place);
    const id = eventOf(place);
    rmSync(join(place.home, 'workspaces/default/ingress'), { recursive: true });
    const report = await why(place, id);
    expect(report.answer.text).toContain('is answered by turn 1');
    expect(report.steps[0]!.lines).toContainEqual({
      missing: true,
      evidence: [],
      text: expect.stringContaining(`holds nothing of ${id}`),
    });
  });

  test('in a session that is cut: as far as is known, exit 7', async ({ place }) => {
    const id = await approved(place);
    const file = place.journalFile('one');
    const lines = readFileSync(file, 'utf8').split('\n');
    const at = lines.findIndex((line) => line.includes('"call.started"'));
    writeFileSync(file, [...lines.slice(0, at), '{"broken":true}', ...lines.slice(at + 1)].join('\n'));
    const { code, stdout, stderr } = await place.run(['why', id, '-o', 'json']);
    expect(code).toBe(7);
    const report = JSON.parse(stdout) as WhyReport;
    expect(report.damaged_behind).toBe(at);
    expect(textOf(report, 'outcome')).toContain(`damaged behind seq ${at}: how it ended is not known`);
    expect(stderr).toContain('session verify one');
  });

  test('while another process owns the workspace', async ({ place }) => {
    place.play(STEPS);
    const owner = place.start(['run', '--json', '--session', 'one', 'wait']);
    await owner.says('model.requested');
    expect((await why(place, eventOf(place))).answer.text).toContain('is answered by turn 1, which has not ended');
    owner.child.kill('SIGTERM');
    await owner.ended;
  });
});

test('a model call that a shared budget refused was not sent, and that is what is told', async ({ place }) => {
  place.play(STEPS, { budget: { day: { tokens: 10 } } });
  await place.run(['run', '--session', 'one', 'hello']);
  const report = await why(place, 'one/t1');
  const lines = report.steps.filter(({ topic }) => topic === 'reply').flatMap((step) => step.lines);
  expect(lines.map(({ text }) => text)).toEqual([
    expect.stringContaining('m1.1, attempt 1: scripted (script) was to be asked'),
    expect.stringMatching(/^it was not sent: .*day's token limit/),
  ]);
  expectCited(report, place.journal('one'));
});
