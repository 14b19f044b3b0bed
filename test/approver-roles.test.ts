/** Who may answer what: by the token over HTTP, by the machine at the command line, with and without a daemon. */
import { describe, expect } from 'vitest';
import type { ApprovalRecord } from '../src/contract/answers.ts';
import { CONFINED, test as confinedTest } from './support/confined.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { approvalsIn, entriesOf, expectVerified, type Place, test, until } from './support/place.ts';

const obedient = (place: Place, governance: object = {}, config: object = {}): void =>
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: '{{asked}}' } }] } },
    ],
    { governance, ...config },
  );

const ASKS_ADMIN = { tool: 'exec_command', command: 'touch *', decision: 'require_approval', approvers: ['admin'] };

type Answered = { status: number; code?: string; detail?: string };

async function tokenOf(place: Place, role: string): Promise<string> {
  return (await place.run(['token', 'create', `the-${role}`, '--role', role])).stdout.trim();
}

async function answer(daemon: Daemon, id: string, token: string, decision: 'grant' | 'deny' = 'grant', scope?: 'always'): Promise<Answered> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await daemon.ask('POST', `/v1/approvals/${id}/resolve`, { decision, ...(scope && { scope }) }, headers);
  return { ...((await response.json()) as object), status: response.status };
} // prettier-ignore

async function approvalsFor(daemon: Daemon, content: string, token?: string): Promise<string[]> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const accepted = (await (await daemon.ask('POST', '/v1/events', { content }, headers)).json()) as { status_url: string };
  const status = await daemon.ask('GET', `${accepted.status_url}?wait_ms=20000`);
  return ((await status.json()) as { approvals?: string[] }).approvals ?? [];
} // prettier-ignore

async function asked(daemon: Daemon, content = 'touch a.txt', token?: string): Promise<string> {
  const approvals = await approvalsFor(daemon, content, token);
  expect(approvals).toHaveLength(1);
  return approvals[0]!;
}

const record = async (daemon: Daemon, id: string): Promise<ApprovalRecord> =>
  (await (await daemon.ask('GET', `/v1/approvals/${id}`)).json()) as ApprovalRecord;

describe('an approval that the policy leaves to operators and above', () => {
  test.for([
    ['viewer', 403],
    ['member', 403],
    ['operator', 200],
    ['admin', 200],
  ] as const)('%s: %i', async ([role, status], { place }) => {
    obedient(place);
    const token = await tokenOf(place, role);
    const daemon = await startDaemon(place);
    const id = await asked(daemon);
    for (const decision of ['deny', 'grant'] as const) {
      const told = await answer(daemon, id, token, decision);
      if (status === 403) expect(told).toMatchObject({ status, code: 'role_not_allowed' });
      else expect(told).toMatchObject({ status: decision === 'deny' ? 200 : 409 });
    }
    expect(place.read('a.txt')).toBe('');
    expect((await record(daemon, id)).status).toBe(status === 403 ? 'pending' : 'denied');
  });
});

describe('a rule that names who may answer', () => {
  test('leaves it to those, over HTTP and at the command line', async ({ place }) => {
    obedient(place, { rules: [ASKS_ADMIN] });
    const [operator, admin] = [await tokenOf(place, 'operator'), await tokenOf(place, 'admin')];
    const daemon = await startDaemon(place);
    const id = await asked(daemon);
    expect((await record(daemon, id)).approver_roles).toEqual(['admin']);
    const refused = await answer(daemon, id, operator);
    expect(refused).toMatchObject({ status: 403, code: 'role_not_allowed' });
    expect(refused.detail).toContain('the-operator is operator; only admin may answer');
    for (const command of ['approve', 'deny']) {
      const ran = await place.run([command, id]);
      expect(ran).toMatchObject({ code: 6, stdout: '' });
      expect(ran.stderr).toContain('only admin may answer');
    }
    expect(await answer(daemon, id, admin)).toMatchObject({ status: 200 });
    const { session_id } = await record(daemon, id);
    await until('it has ended', () => entriesOf(place.journal(session_id), 'turn.ended').length === 1);
    expect(place.read('a.txt')).toBe('');
    await expectVerified(place, session_id);
    const other = await asked(daemon, 'ls');
    expect((await record(daemon, other)).approver_roles).toEqual(['operator', 'admin', 'overlord']);
    expect((await place.run(['policy', 'show'])).stdout).toContain('require_approval (admin)');
  });

  test('without a daemon, too: exit 6, and it waits', async ({ place }) => {
    obedient(place, { rules: [ASKS_ADMIN] });
    const ran = await place.run(['run', '--session', 'one', 'touch a.txt']);
    const [id = ''] = approvalsIn(ran);
    expect(await place.run(['approve', id])).toMatchObject({ code: 6, stdout: '' });
    const shown = JSON.parse((await place.run(['approvals', 'show', id, '-o', 'json'])).stdout) as ApprovalRecord;
    expect(shown.status).toBe('pending');
    expect(entriesOf(place.journal('one'), 'approval.resolved')).toEqual([]);
  });

  test('where nobody is left only the overlord is', async ({ place }) => {
    obedient(place, { rules: [ASKS_ADMIN, { ...ASKS_ADMIN, approvers: 'operator' }] });
    const admin = await tokenOf(place, 'admin');
    const daemon = await startDaemon(place);
    const id = await asked(daemon);
    expect((await record(daemon, id)).approver_roles).toEqual(['overlord']);
    expect(await answer(daemon, id, admin)).toMatchObject({ status: 403 });
  });

  test.for([
    [{ ...ASKS_ADMIN, approvers: 'member' }, 'approvers'],
    [{ ...ASKS_ADMIN, decision: 'allow' }, 'approvers are for require_approval'],
    [{ ...ASKS_ADMIN, approvers: [] }, 'approvers'],
  ] as const)('%j is no rule', async ([rule, said], { place }) => {
    obedient(place, { rules: [rule] });
    const ran = await place.run(['policy', 'show']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(said);
  });
});

describe('who may answer what waits, where the configuration names fewer since', () => {
  const changed = { tool: 'exec_command', command: 'touch *', decision: 'require_approval', approvers: ['admin'] };
  test.for([
    ['its approver roles', { approver_roles: ['admin'] }],
    ['a rule', { rules: [changed] }],
  ] as const)('by %s, read by a daemon', async ([, governance], { place }) => {
    obedient(place);
    const [operator, admin] = [await tokenOf(place, 'operator'), await tokenOf(place, 'admin')];
    const daemon = await startDaemon(place);
    const [first, second] = [await asked(daemon), await asked(daemon, 'touch b.txt')];
    expect(await answer(daemon, second, operator)).toMatchObject({ status: 200 });
    obedient(place, governance);
    daemon.child.kill('SIGHUP');
    const { session_id } = await record(daemon, first);
    await until('it is recorded', () => entriesOf(place.journal(session_id), 'policy.changed').length === 1);
    expect((await record(daemon, first)).approver_roles).toEqual(['admin']);
    expect((await place.run(['approvals', 'show', first])).stdout).toMatch(/^may answer: +admin$/m);
    expect(await answer(daemon, first, operator)).toMatchObject({ status: 403, code: 'role_not_allowed' });
    expect(await answer(daemon, first, admin)).toMatchObject({ status: 200 });
    await until('it has ended', () => entriesOf(place.journal(session_id), 'turn.ended').length === 1);
    await expectVerified(place, session_id);
    await expectVerified(place, (await record(daemon, second)).session_id);
  });

  test('while nobody worked on it: whoever answers first meets the change', async ({ place }) => {
    obedient(place);
    const [id = ''] = approvalsIn(await place.run(['run', '--session', 'one', 'touch a.txt']));
    obedient(place, { approver_roles: ['admin'] });
    const ran = await place.run(['approve', id]);
    expect(ran).toMatchObject({ code: 6, stdout: '' });
    expect(ran.stderr).toContain('only admin may answer');
    expect(entriesOf(place.journal('one'), 'approval.resolved')).toEqual([]);
    await expectVerified(place, 'one');
  });
});

describe('a grant counts only where who gave it could answer now', () => {
  for (const scope of [['--always'], ['--always', '--exact'], ['--session']]) {
    confinedTest.for([
      ['a rule', { rules: [ASKS_ADMIN] }],
      ['the approver roles', { approver_roles: ['admin'] }],
    ] as const)(`${scope.join(' ')}, and then %s`, async ([, governance], { place }) => {
      obedient(place, {}, CONFINED);
      const [id = ''] = approvalsIn(await place.run(['run', '--session', 'one', 'touch a.txt']));
      expect(await place.run(['approve', id, ...scope, '--resume'])).toMatchObject({ code: 0, stdout: 'done\n' });
      expect((await place.run(['run', '--session', 'one', 'touch a.txt'])).code).toBe(0);
      obedient(place, governance, CONFINED);
      const again = await place.run(['run', '--session', 'one', 'touch a.txt']);
      expect(again.code).toBe(5);
      if (scope.length === 1 && scope[0] === '--always') {
        const explained = (await place.run(['policy', 'explain', approvalsIn(again)[0]!])).stdout;
        expect(explained).toMatch(
          /what was granted:\ng-\w+ \(allow\w*\) does not hold\n +given by is not admin: operator/,
        );
      }
      const refused = await place.run(['approve', approvalsIn(again)[0]!]);
      expect(refused).toMatchObject({ code: 6, stdout: '' });
      expect(refused.stderr).toContain('only admin may answer');
      await expectVerified(place, 'one');
    });
  }

  confinedTest(
    'what an operator granted for himself is none of a member, whose calls an admin answers',
    async ({ place }) => {
      obedient(place, { rules: [{ ...ASKS_ADMIN, role: 'member' }] }, CONFINED);
      const tokens = { operator: '', member: '', admin: '' };
      for (const role of ['operator', 'member', 'admin'] as const) tokens[role] = await tokenOf(place, role);
      const daemon = await startDaemon(place);
      const grant = (id: string, by: 'operator' | 'admin') => answer(daemon, id, tokens[by], 'grant', 'always');
      expect(await grant(await asked(daemon, 'touch a.txt', tokens.operator), 'operator')).toMatchObject({
        status: 200,
      });
      expect(await approvalsFor(daemon, 'touch a.txt', tokens.operator)).toEqual([]);
      const id = await asked(daemon, 'touch a.txt', tokens.member);
      expect((await record(daemon, id)).approver_roles).toEqual(['admin']);
      expect(await grant(id, 'operator')).toMatchObject({ status: 403, code: 'role_not_allowed' });
      expect(await grant(id, 'admin')).toMatchObject({ status: 200 });
      expect(await approvalsFor(daemon, 'touch a.txt', tokens.member)).toEqual([]);
      const { stdout } = await place.run(['approvals', 'grants']);
      expect(stdout).toMatch(/the-operator \(operator\)[^]*the-admin \(admin\)/);
    },
  );
});

test('no configuration lets members or viewers answer', async ({ place }) => {
  for (const role of ['member', 'viewer']) {
    obedient(place, { approver_roles: ['operator', role] });
    expect((await place.run(['policy', 'show'])).code).toBe(2);
  }
});

test('nobody lets run what they may not ask for themselves; they may deny it', async ({ place }) => {
  const rules = [{ tool: 'exec_command', command: 'touch *', role: 'admin', decision: 'deny', reason: 'not for admins' }];
  obedient(place, { rules });
  const [operator, admin] = [await tokenOf(place, 'operator'), await tokenOf(place, 'admin')];
  const daemon = await startDaemon(place);
  const [first, second] = [await asked(daemon, 'touch a.txt', operator), await asked(daemon, 'touch b.txt', operator)];
  const refused = await answer(daemon, first, admin);
  expect(refused).toMatchObject({ status: 403, code: 'role_not_allowed' });
  expect(refused.detail).toContain('not for admins');
  expect(await answer(daemon, first, admin, 'deny')).toMatchObject({ status: 200 });
  expect(await answer(daemon, second, operator)).toMatchObject({ status: 200 }); // who asked may answer
}); // prettier-ignore
