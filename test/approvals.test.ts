/** Approvals as a person meets them: asked for, answered, refused, late. H-numbers: the prior art's checks. */
import { describe, expect } from 'vitest';
import type { ApprovalRecord } from '../src/contract/answers.ts';
import { approvalsIn, entriesOf, expectVerified, linesOf, type Place, type Ran, test, until } from './support/place.ts';

const CALL = { tool: 'exec_command', arguments: { cmd: 'echo ran >> ran.txt' } };

/** A model that runs one command and says what came of it. */
const oneCommand = (place: Place, config: object = {}): void =>
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'It said: {{result}}' } },
      { match: { any: true }, reply: { text: 'Let me run it.', calls: [CALL] } },
    ],
    config,
  );

const ask = async (place: Place, session = 'one'): Promise<{ id: string; ran: Ran }> => {
  const ran = await place.run(['run', '--session', session, 'run it']);
  expect(ran.code).toBe(5);
  return { id: approvalsIn(ran)[0]!, ran };
};

const show = async (place: Place, id: string): Promise<ApprovalRecord> =>
  JSON.parse((await place.run(['approvals', 'show', id, '-o', 'json'])).stdout) as ApprovalRecord;

const list = async (place: Place): Promise<ApprovalRecord[]> =>
  JSON.parse((await place.run(['approvals', 'ls', '-o', 'json'])).stdout) as ApprovalRecord[];

describe('asking', () => {
  test('H-111, C-85, C-86: a guarded call waits, whoever asked for it: exit 5, nothing on stdout, id and command each on a line of stderr', async ({
    place,
  }) => {
    oneCommand(place);
    const { id, ran } = await ask(place);
    expect(ran.stdout).toBe('');
    expect(id).toMatch(/^a-[0-9a-f]{16}$/);
    expect(ran.stderr.split('\n')).toEqual(expect.arrayContaining([`approval ${id}`, `runtime approve ${id}`]));
    expect(place.read('ran.txt')).toBe('');
    const shown = await place.run(['approvals', 'show', id]);
    expect(shown.stdout).toContain('echo ran >> ran.txt');
  });

  test('the commands that are named are about the same workspace and configuration', async ({ place }) => {
    oneCommand(place);
    const other = ['--workspace', 'other', '--config', `${place.home}/config.yaml`];
    const ran = await place.run(['run', '--session', 'one', 'run it', ...other]);
    const [id] = approvalsIn(ran);
    const named = `runtime approve ${id} ${other.join(' ')}`;
    expect(ran.stderr.split('\n')).toContain(named);
    expect((await place.run(['approvals', 'show', id!, ...other])).stdout.split('\n')).toContain(named);
    const approved = await place.run(named.split(' ').slice(1));
    expect(approved.code).toBe(0);
    const next = / with: runtime (.*)\n/.exec(approved.stderr)![1]!;
    expect(await place.run(next.split(' '))).toMatchObject({ code: 0, stdout: expect.stringContaining('It said') });
    expect((await place.run(named.split(' ').slice(1))).stderr).toContain('has started already: entry');
  });

  test('H-111 with --json the last line says that it waits, and for what', async ({ place }) => {
    oneCommand(place);
    const ran = await place.run(['run', '--json', '--session', 'one', 'run it']);
    expect(ran.code).toBe(5);
    expect(ran.stderr.match(/sandbox off/g)).toHaveLength(1);
    expect(linesOf(ran.stdout).at(-1)).toMatchObject({
      type: 'run.finished',
      turn: 1,
      terminal: true,
      data: { state: 'waiting_approval', exit_code: 5, approvals: approvalsIn(ran) },
    });
    const again = await place.run(['run', '--json', '--session', 'one']);
    expect(linesOf(again.stdout)).toMatchObject([
      { type: 'run.finished', scope: { kind: 'session', id: 'one' }, turn: 1, data: { approvals: approvalsIn(ran) } },
    ]);
  });

  test('the record says what would run, for whom, why it asks and until when', async ({ place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    const [record] = await list(place);
    const requested = entriesOf(place.journal('one'), 'approval.requested')[0]!;
    const inspected = entriesOf(place.journal('one'), 'call.inspected')[0]!;
    expect(record).toEqual({
      schemaVersion: 'runtime.approval.v1',
      id,
      session_id: 'one',
      turn: 1,
      call_id: 'c1.1.1',
      tool: 'exec_command',
      effect: 'exec',
      args: CALL.arguments,
      args_digest: inspected.args_digest,
      digest: requested.digest,
      project_root: place.project,
      presentation: { title: 'Run echo ran >> ran.txt', body: 'echo ran >> ran.txt' },
      once_only: true,
      facts: inspected.facts,
      rules: [{ id: 'ask:exec_command', verdict: 'require_approval' }],
      reason: expect.stringContaining('exec_command'),
      taint: [],
      requester: { id: 'local', role: 'operator' },
      approver_roles: ['operator', 'admin', 'overlord'],
      status: 'pending',
      created_at: expect.any(Number),
      expires_at: record!.created_at + 3_600_000,
    } satisfies ApprovalRecord);
    expect(await show(place, id)).toEqual(record);
  });

  test('asked again without a message it waits still: exit 5, the same id, no model call', async ({ place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    const before = place.journal('one');
    const again = await place.run(['run', '--session', 'one']);
    expect({ code: again.code, stdout: again.stdout, ids: approvalsIn(again) }).toEqual({
      code: 5,
      stdout: '',
      ids: [id],
    });
    expect(place.journal('one')).toEqual(before);
  });
});

describe('granting', () => {
  test('H-112 that very call runs once, and the same turn goes on to its answer', async ({ place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    const approved = await place.run(['approve', id]);
    expect(approved).toMatchObject({ code: 0, stdout: '' });
    expect(approved.stderr).toContain('runtime run --session one');
    expect(place.read('ran.txt')).toBe(''); // an answer starts nothing
    const resumed = await place.run(['run', '--session', 'one']);
    expect(resumed).toMatchObject({ code: 0, stdout: 'It said: [exit code 0]\n' });
    expect(place.read('ran.txt')).toBe('ran\n');
    const lines = place.journal('one');
    expect(entriesOf(lines, 'model.requested').map(({ call_id }) => call_id)).toEqual(['m1.1', 'm1.2']);
    expect(entriesOf(lines, 'call.started')).toMatchObject([{ call_id: 'c1.1.1', approval_id: id }]);
    expect(entriesOf(lines, 'turn.ended')).toMatchObject([{ turn: 1, reason: 'success' }]);
    await expectVerified(place, 'one');
  });

  test('--resume goes on at once and prints the answer', async ({ place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    const { code, stdout } = await place.run(['approve', id.slice(0, 8), '--resume']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'It said: [exit code 0]\n' });
    expect(place.read('ran.txt')).toBe('ran\n');
  });

  test('H-115 what waits is there for any later process, and its turn goes on', async ({ place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    await place.run(['run', '--session', 'other', '-p', 'run it']); // other work in between
    expect((await list(place)).map((record) => record.id)).toContain(id);
    await place.run(['approve', id]);
    expect((await place.run(['run', '--session', 'one'])).code).toBe(0);
    expect(place.read('ran.txt')).toBe('ran\n');
    expect((await list(place)).map(({ session_id }) => session_id)).toEqual(['other']);
  });

  test('C-87: the record keeps who answered, how, and the entry that used it', async ({ place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    await place.run(['approve', id, '--resume']);
    const record = await show(place, id);
    const used = place.journal('one').find(({ type }) => type === 'call.started')!;
    expect(record).toMatchObject({
      status: 'granted',
      resolved: { outcome: 'granted', scope: 'once', by: { id: 'local', role: 'operator' }, via: 'cli' },
      used_by: { seq: used.seq },
    });
    expect(await list(place)).toEqual([]);
  });

  test('H-114, A-74, C-87: one answer is for one call: used, it is good for nothing more', async ({ place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    await place.run(['approve', id, '--resume']);
    const { id: second } = await ask(place); // the same call in the next turn asks anew
    expect(second).not.toBe(id);
    expect((await place.run(['approve', id])).code).toBe(0); // one's own answer repeated changes nothing
    expect((await place.run(['run', '--session', 'one'])).code).toBe(5);
    expect(place.read('ran.txt')).toBe('ran\n');
  });

  test('H-114, A-74: a call whose files changed since it was shown does not run', async ({ place }) => {
    place.write('a.txt', 'old\n');
    const patch = '*** Begin Patch\n*** Update File: a.txt\n@@\n-old\n+new\n*** End Patch\n';
    place.play([
      { match: { tool_result: 'apply_patch' }, reply: { text: '{{result}}' } },
      { match: { any: true }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch } }] } },
    ]);
    const { id } = await ask(place);
    place.write('a.txt', 'old\nand more\n');
    const { code, stdout } = await place.run(['approve', id, '--resume']);
    expect(code).toBe(0);
    expect(stdout).toContain('[void]');
    expect(place.read('a.txt')).toBe('old\nand more\n');
    await expectVerified(place, 'one');
  });
});

describe('denying', () => {
  test('H-113, C-89: nothing runs, and the model is told why', async ({ place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    const denied = await place.run(['deny', id, '--reason', 'not on a Friday', '--resume']);
    expect(denied.code).toBe(0); // the turn still ends with an answer
    expect(denied.stdout).toContain('not on a Friday');
    expect(place.read('ran.txt')).toBe('');
    const lines = place.journal('one');
    expect(entriesOf(lines, 'call.refused')).toMatchObject([{ call_id: 'c1.1.1', why: 'approval_denied' }]);
    expect(entriesOf(lines, 'call.started')).toEqual([]);
    expect(await show(place, id)).toMatchObject({ status: 'denied', resolved: { reason: 'not on a Friday' } });
    await expectVerified(place, 'one');
  });

  test('a denied call cannot be granted after all, nor a granted one denied', async ({ place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    await place.run(['deny', id]);
    const granted = await place.run(['approve', id]);
    expect(granted).toMatchObject({ code: 1, stdout: '' });
    expect(granted.stderr).toContain('denied by local');
    expect((await place.run(['deny', id])).code).toBe(0); // the same answer again
    expect((await place.run(['run', '--session', 'one'])).code).toBe(0);
    expect(place.read('ran.txt')).toBe('');
  });
});

describe('what can no longer be answered', () => {
  test('H-116, C-91: in time nobody answered: expired for everyone, and the model is told', async ({ place }) => {
    oneCommand(place, { governance: { approval_ttl: '1s' } });
    const { id } = await ask(place);
    const { expires_at } = await show(place, id);
    await until('it has expired', () => Date.now() >= expires_at);
    expect(await list(place)).toEqual([]);
    expect((await show(place, id)).status).toBe('expired');
    const late = await place.run(['approve', id]);
    expect(late).toMatchObject({ code: 1, stdout: '' });
    expect(late.stderr).toContain('expired');
    const resumed = await place.run(['run', '--session', 'one']);
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toContain('Nobody answered');
    expect(place.read('ran.txt')).toBe('');
    expect(entriesOf(place.journal('one'), 'approval.resolved')).toMatchObject([
      { outcome: 'expired', by: { actor: { id: 'system' } } },
    ]);
    await expectVerified(place, 'one');
  });

  test('a policy that became stricter while it waited makes it void', async ({ place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    expect((await place.run(['policy', 'set', 'exec_command', '--deny'])).code).toBe(0);
    const resumed = await place.run(['run', '--session', 'one']);
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toContain('Denied by policy');
    expect(await show(place, id)).toMatchObject({ status: 'void' });
    const late = await place.run(['approve', id]);
    expect(late.code).toBe(1);
    expect(late.stderr).toContain('void');
    expect(place.read('ran.txt')).toBe('');
    await expectVerified(place, 'one');
  });

  test.for([
    ['--governance.auto_allow', 'exec_command'],
    ['--governance.rules', '[{"tool":"exec_command","command":"echo *","path":"*.txt","decision":"allow"}]'],
  ])('a looser one doesn’t: it waits as it did, and what is denied stays so: %s %s', async (flags, { place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    const resumed = await place.run(['run', '--session', 'one', ...flags]);
    expect([resumed.code, approvalsIn(resumed)]).toEqual([5, [id]]);
    expect((await place.run(['deny', id])).code).toBe(0);
    expect((await place.run(['run', '--session', 'one', ...flags])).stdout).toContain('[approval_denied]');
    expect(place.read('ran.txt')).toBe('');
    expect((await place.run(['run', '--session', 'two', 'run it', ...flags])).code).toBe(0);
    await expectVerified(place, 'one');
  });

  test('of a session that was removed there is none', async ({ place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    expect((await place.run(['session', 'rm', 'one'])).code).toBe(1); // its turn is open
    expect((await place.run(['session', 'rm', 'one', '--force'])).code).toBe(0);
    expect((await place.run(['approve', id])).code).toBe(1);
    expect(await list(place)).toEqual([]);
  });

  test('an id that is unknown, too short or ambiguous resolves nothing', async ({ place }) => {
    oneCommand(place);
    const { id } = await ask(place);
    for (const wrong of ['a-000000000000', id.slice(0, 5), 'a-', '../../x']) {
      const ran = await place.run(['approve', wrong]);
      expect(ran).toMatchObject({ code: 1, stdout: '' });
      expect(ran.stderr).toContain('runtime approvals ls');
    }
    expect((await show(place, id)).status).toBe('pending');
  });
});
