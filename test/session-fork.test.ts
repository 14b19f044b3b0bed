/** Forks through the built program: where they leave, what they may do, and how they are listed. */
import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { approvalsIn, entriesOf, expectVerified, linesOf, type Place, test, until } from './support/place.ts';
import { socketOf } from './support/shared.ts';

function prepare(place: Place, config: object = { governance: { auto_allow: ['exec_command'] } }): void {
  place.play(
    [
      { match: { equals: 'wait' }, stall: '40s', reply: { text: 'late' } },
      { match: { tool_result: 'exec_command' }, reply: { text: 'Told: {{result}}' } },
      { match: { contains: 'cmd' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran' } }] } },
      { match: { any: true }, reply: { text: 'You said: {{asked}}' } },
    ],
    config,
  );
}

async function fork(place: Place, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.run(['session', 'fork', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trim();
}

async function threeTurns(place: Place): Promise<void> {
  for (const text of ['one', 'two', 'three']) await place.run(['run', '--session', 'source', text]);
}

describe('where a fork leaves its source', () => {
  test('behind a turn, an entry, or the last turn; the id is all that is printed', async ({ place }) => {
    prepare(place);
    await threeTurns(place);
    const source = place.journal('source');
    const ends = source.filter(({ type }) => type === 'turn.ended').map(({ seq }) => seq);
    for (const [args, seq] of [
      [['--at', '2'], ends[1]],
      [['--at', 'seq:12'], 12],
      [[], ends[2]],
    ] as const) {
      const id = await fork(place, 'source', ...args);
      expect(id).toMatch(/^s-[0-9a-z]{26}$/);
      const lines = place.journal(id);
      const data = (all: typeof lines) => all.slice(0, seq).map((line) => [line.seq, line.type, line.data]);
      expect(data(lines)).toEqual(data(source));
      expect(entriesOf(lines, 'session.forked')).toMatchObject([
        { session_id: id, from: { session_id: 'source', seq } },
      ]);
      await expectVerified(place, id);
    }
    expect(place.journal('source')).toEqual(source);
  });

  test('both go on by themselves; a message is answered at once', async ({ place }) => {
    prepare(place);
    await threeTurns(place);
    const { code, stdout } = await place.run(['session', 'fork', 'source', '--at', '1', '--message', 'another']);
    expect(code).toBe(0);
    const [id = '', answer] = stdout.split('\n');
    expect(answer).toBe('You said: another');
    expect(entriesOf(place.journal(id), 'turn.ended').map(({ turn }) => turn)).toEqual([1, 2]);
    expect(entriesOf(place.journal('source'), 'turn.ended')).toHaveLength(3);
    await expectVerified(place, id);
    const streamed = await place.run(['session', 'fork', 'source', '--message', 'more', '--json']);
    const events = linesOf(streamed.stdout) as { type: string; scope: { id: string } }[];
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', data: { text: 'You said: more' } });
    expect(events[0]!.scope.id).toMatch(/^s-/);
  });

  test('in the middle of a turn, which is carried on like any other', async ({ place }) => {
    prepare(place);
    await place.run(['run', '--session', 'source', 'cmd']);
    const seqOf = (type: string) => place.journal('source').find((line) => line.type === type)!.seq;
    const id = await fork(place, 'source', '--at', `seq:${seqOf('call.finished')}`);
    const resumed = await place.run(['session', 'resume', id]);
    expect(resumed).toMatchObject({ code: 0, stdout: 'Told: ran\n[exit code 0]\n' });
    expect(resumed.stderr).toBe('goes on: the model is asked\n');
    expect(entriesOf(place.journal(id), 'turn.ended')).toMatchObject([{ reason: 'success', event_ids: [] }]);
    await expectVerified(place, id);

    const at = `seq:${seqOf('call.inspected')}`;
    const said = await place.run(['session', 'fork', 'source', '--at', at, '--message', 'and then?']);
    expect(said.stdout).toMatch(/^s-\S+\nYou said: and then\?\n$/);
    expect(said.stderr).toContain('goes on: Run echo ran: had not started; it runs\n');
    prepare(place, {}); // commands ask
    const waits = await fork(place, 'source', '--at', `seq:${seqOf('model.replied')}`);
    const { code, stderr } = await place.run(['session', 'resume', waits]);
    expect([code, approvalsIn({ stderr })]).toEqual([5, [expect.stringMatching(/^a-/)]]);
  });

  test.for([
    [['source', '--at', '9'], 1, 'Session source has no turn 9 that has ended.'],
    [['source', '--at', 'seq:999'], 1, 'Session source has no entry 999.'],
    [['none'], 1, 'There is no session none.'],
    [['source', '--at', 'x'], 2, 'x is no turn'],
    [['source', '--at', '0'], 2, '0 is no turn'],
    [['../x'], 2, 'is no session id'],
    [['source', '--json'], 2, 'are for the turn of a --message'],
    [['source', '--policy', 'none.yaml'], 2, "can't read"],
  ] as const)('%s', async ([args, code, message], { place, expect }) => {
    prepare(place);
    await place.run(['run', '--session', 'source', 'one']);
    const ran = await place.run(['session', 'fork', ...args]);
    expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) as string });
  });
});

test('while another process owns the workspace', async ({ place }) => {
  prepare(place);
  await threeTurns(place);
  const owner = place.start(['run', '--session', 'own', '--json', 'wait']);
  await owner.says('model.requested');
  await until('the owner serves', () => existsSync(socketOf(place)));
  place.write('careful.yaml', 'deny: [exec_command]\n');
  const id = await fork(place, 'source', '--at', '1', '--policy', 'careful.yaml', '--model', 'scripted');
  const [forked] = entriesOf(place.journal(id), 'session.forked');
  expect(forked).toMatchObject({ own_policies: [expect.stringMatching(/^sha256:/)] });
  expect(entriesOf(place.journal(id), 'session.configured')).toMatchObject([{ model: 'scripted' }]);
  await expectVerified(place, id);
});

describe('a policy of its own', () => {
  const verdicts = (place: Place, session: string) => entriesOf(place.journal(session), 'policy.decided').map(({ verdict }) => verdict); // prettier-ignore

  test('holds beside that of the workspace, for ever, and in forks of the fork', async ({ place }) => {
    prepare(place);
    await place.run(['run', '--session', 'source', 'one']);
    place.write('asking.yaml', 'require_approval: [exec_command]\n');
    place.write('denying.yaml', 'deny: [exec_command]\nsandbox: off\n');
    const asking = await fork(place, 'source', '--policy', 'asking.yaml');
    const asked = await place.run(['run', '--session', asking, 'cmd']);
    expect(asked.code).toBe(5);
    await place.run(['approve', approvalsIn(asked)[0]!, '--resume']);
    expect((await place.run(['run', '--session', asking, 'cmd'])).code).toBe(5); // again, after a restart

    const child = await fork(place, asking, '--at', '1');
    expect((await place.run(['run', '--session', child, 'cmd'])).code).toBe(5);
    const denying = await fork(place, asking, '--at', '1', '--policy', 'denying.yaml');
    expect((await place.run(['run', '--session', denying, 'cmd'])).stdout).toContain('[denied]');
    const free = await fork(place, 'source');
    expect((await place.run(['run', '--session', free, 'cmd'])).stdout).toContain('Told: ran');
    expect([asking, child, denying, free].map((id) => verdicts(place, id).at(-1))).toEqual([
      'require_approval',
      'require_approval',
      'deny',
      'allow',
    ]);
    for (const id of [asking, child, denying, free]) await expectVerified(place, id);
  });

  test('never loosens that of the workspace, nor the sandbox that the source was made with', async ({ place }) => {
    prepare(place, { governance: { deny: ['exec_command'] }, sandbox: { mode: 'required' } });
    await place.run(['run', '--session', 'source', 'one']);
    place.write('free.yaml', 'auto_allow: [exec_command]\n');
    const id = await fork(place, 'source', '--policy', 'free.yaml');
    expect((await place.run(['run', '--session', id, 'cmd'])).stdout).toContain('[denied]');
    prepare(place); // the workspace is loosened
    const later = await fork(place, id);
    expect(entriesOf(place.journal(later), 'session.forked').at(-1)!.rights).toMatchObject({ sandbox: 'required' });
    await place.run(['run', '--session', later, 'cmd']);
    // As it is confined, or not at all, whatever this machine has.
    const journal = place.journal(later);
    const { facts } = entriesOf(journal, 'call.inspected').at(-1)!;
    const { verdict, rules } = entriesOf(journal, 'policy.decided').at(-1)!;
    if (facts.sandbox === undefined) expect(rules).toContainEqual({ id: 'sandbox:required', verdict: 'deny' });
    else expect(verdict).toBe('allow');
  });
});

test('a tool of the agent makes no fork', async ({ place }) => {
  prepare(place);
  await place.run(['run', '--session', 'source', 'one']);
  const ran = await place.run(['session', 'fork', 'source'], { environment: { RUNTIME_TOOL_CALL: '1' } });
  expect(ran).toMatchObject({ code: 6, stdout: '' });
});

test('session ls --tree draws where sessions come from, also when a source is gone', async ({ place }) => {
  prepare(place);
  await threeTurns(place);
  const a = await fork(place, 'source', '--at', '1');
  const b = await fork(place, a);
  const { stdout } = await place.run(['session', 'ls', '--tree']);
  const [, ...rows] = stdout.trimEnd().split('\n');
  expect(rows.map((row) => row.split(/ {2,}/).slice(0, 2))).toEqual([
    ['source', 'success'],
    [`└─ ${a}`, 'at 9'],
    ['', `└─ ${b}`],
  ]);
  await place.run(['session', 'rm', 'source']);
  const listed = await place.run(['session', 'ls', '--tree', '-o', 'json']);
  expect(JSON.parse(listed.stdout)).toMatchObject([
    { session_id: a, parent: { session_id: 'source', seq: 9, removed: true } },
    { session_id: b, parent: { session_id: a } },
  ]);
  expect((await place.run(['session', 'ls', '--tree'])).stdout).toContain('of source (removed), at 9');
});
