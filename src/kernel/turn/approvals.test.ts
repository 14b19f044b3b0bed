import { describe, expect, test } from 'vitest';
import {
  abandoned, approvalRequested, callStarted, decided, reflected, refused,
} from '../testing/expected.ts'; // prettier-ignore
import { created, denied, expired, finished, forked, granted, inspected as look, later, message, opened, policyChanged, replied, restored, started, steer, type Step } from '../testing/observations.ts'; // prettier-ignore
import type { Policy } from '../../contract/manifest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { Facts, Role } from '../../contract/values.ts';
import { given, START_AT, type Story } from '../testing/story.ts';
import { commandFact, HOUR, policyOf, type Inputs } from '../testing/values.ts';

/** In a sandbox, if nothing else is said. */
const inspected = (call_id: string, { facts = {} }: { facts?: Partial<Facts> } = {}): Step =>
  look(call_id, { facts: { sandbox: 'bubblewrap', ...facts } });

const make = replied({ calls: [['exec_command', '{"cmd":"make"}']] });

const revoking =
  (grant_id: string): Step =>
  () => ({
    observation: {
      type: 'session.configured',
      data: { revoke: [grant_id], by: { actor: { id: 'me', role: 'operator' } } },
    },
  });

/** A turn in which a command waits for a person. */
function waiting(inputs: Inputs = {}): Story {
  return given(created(), message('e1'), started(inputs), make, inspected('c1.1.1'));
}

function approvalOf(story: Story): string {
  return story.turn.calls[0]!.approval!.approval_id;
}

describe('the answer', () => {
  test('granted → exactly that call starts, in the same turn, with no further model call', () => {
    const story = waiting();
    const approval_id = approvalOf(story);
    expect(story.when(granted('c1.1.1'))).toEqual([callStarted('c1.1.1', 'exec_command', { approval_id })]);
  });

  test('denied → refused, and the model is told by whom and why', () => {
    const story = waiting();
    expect(story.when(denied('c1.1.1', 'not today'))[0]).toEqual(
      refused('c1.1.1', 'approval_denied', 'A person denied this call: not today'),
    );
    expect(waiting().when(denied('c1.1.1'))[0]).toEqual(
      refused('c1.1.1', 'approval_denied', 'A person denied this call.'),
    );
  });

  test('expired → refused, from its time on and not before', () => {
    const story = waiting();
    expect(story.refuses(later(HOUR - 1, expired('c1.1.1')))).toBe(true);
    expect(story.refuses(later(HOUR, granted('c1.1.1')))).toBe(true);
    expect(story.refuses(later(HOUR, denied('c1.1.1')))).toBe(true);
    expect(story.when(later(HOUR, expired('c1.1.1')))[0]).toEqual(refused('c1.1.1', 'approval_expired'));
  });

  test('counts once: the first is the compare-and-set', () => {
    const story = waiting();
    const second = granted('c1.1.1')(story.state);
    story.when(granted('c1.1.1'));
    expect(story.refuses(() => second)).toBe(true);
    expect(story.refuses(denied('c1.1.1'))).toBe(true);
    story.when(finished('c1.1.1'));
    expect(story.refuses(() => second)).toBe(true);
  });

  test('of an approval that nobody asked for is refused', () => {
    expect(waiting().refuses(granted('c1.1.2'))).toBe(true);
    expect(given(created(), message('e1'), started()).refuses(granted('c1.1.1'))).toBe(true);
  });

  test('may be written by a bystander, and starts nothing until an owner comes', () => {
    const story = waiting();
    const approval_id = approvalOf(story);
    expect(story.whenAlone(granted('c1.1.1'))).toEqual([]);
    expect(story.when(steer('e2'))).toEqual([callStarted('c1.1.1', 'exec_command', { approval_id })]);
  });

  test('is for one call id: a later call with the same arguments asks again', () => {
    const story = waiting();
    const first = approvalOf(story);
    story.when(granted('c1.1.1'), finished('c1.1.1'), make);
    expect(story.when(inspected('c1.2.1'))).toEqual([
      decided('c1.2.1', 'exec_command', 'exec', 'require_approval', { rule: 'ask:exec_command' }),
      approvalRequested('c1.2.1', START_AT + HOUR),
    ]);
    expect(approvalOf(story)).not.toBe(first);
  });
});

describe('a policy that comes while a call waits', () => {
  const by =
    (role: Role, step: Step): Step =>
    (state) => {
      const { observation } = step(state);
      const data = { ...observation.data, by: { actor: { id: role, role }, via: 'http' } };
      return { observation: { ...observation, data } as typeof observation };
    };
  const push: PolicyRule = { id: 'r', tool: ['exec_command'], decision: 'require_approval', approvers: ['admin'] };

  test.each<[string, Partial<Policy>]>([
    ['by its approver roles', { approver_roles: ['admin'] }],
    ['by a rule that asks', { rules: [push] }],
  ])('leaves fewer who may answer, %s', (_, policy) => {
    const story = waiting();
    expect(story.when(policyChanged(policy))).toMatchObject([
      { type: 'policy.decided', data: { verdict: 'require_approval', approver_roles: ['admin'] } },
    ]);
    for (const answer of [granted('c1.1.1'), denied('c1.1.1')]) {
      expect(story.refuses(by('operator', answer))).toBe(true);
      expect(story.refuses(by('admin', answer))).toBe(false);
    }
    expect(story.refuses(later(HOUR, expired('c1.1.1')))).toBe(false);
    expect(story.when(by('admin', granted('c1.1.1')))).toMatchObject([{ type: 'call.started' }]);
  });

  test('which is found by an opening does so, too', () => {
    const story = waiting();
    story.when(opened({ tightened: policyOf({ approver_roles: ['admin'] }) }));
    expect(story.refuses(granted('c1.1.1'))).toBe(true);
  });

  test('leaves none whom not all of them name: only the overlord', () => {
    const story = waiting({ policy: { approver_roles: ['operator'] } });
    story.when(policyChanged({ approver_roles: ['admin'] }));
    expect(story.turn.calls[0]!.approval!.approver_roles).toEqual(['overlord']);
    story.when(policyChanged({ approver_roles: ['operator', 'admin'] }));
    for (const role of ['operator', 'admin'] as const) expect(story.refuses(by(role, granted('c1.1.1')))).toBe(true);
    expect(story.refuses(by('overlord', granted('c1.1.1')))).toBe(false);
  });

  test('and names more, or the same, changes nothing of that; nor does one behind the answer', () => {
    const story = waiting({ policy: { approver_roles: ['admin'] } });
    for (const approver_roles of [['operator', 'admin'], ['admin']] as Role[][]) {
      const [decision] = story.when(policyChanged({ approver_roles, deny: ['send_mail', ...approver_roles] }));
      expect(decision!.data).not.toHaveProperty('approver_roles');
    }
    expect(story.refuses(by('operator', granted('c1.1.1')))).toBe(true);
    const answered = waiting();
    answered.whenAlone(granted('c1.1.1'));
    const decisions = answered.when(policyChanged({ approver_roles: ['admin'] }));
    expect(decisions.map(({ type }) => type)).toEqual(['policy.decided', 'call.started']);
    expect(decisions[0]!.data).not.toHaveProperty('approver_roles');
  });
});

describe('a grant of a rule', () => {
  const rule: PolicyRule = { id: 'g1', tool: ['exec_command'], command: ['make *'], decision: 'allow' };
  const line = (...words: string[]) => ({ facts: { commands: [commandFact('', { words, parser: 'bash' })] } });

  test.each(['session', 'always'] as const)('for %s lets what it covers run without asking, and nothing else', (scope) => {
    const story = given(created(), message('e1'), started(), make, inspected('c1.1.1', line('make')));
    story.when(granted('c1.1.1', { scope, grant_id: 'g1', rule }), finished('c1.1.1'));
    story.when(replied({ calls: [['exec_command', '{"cmd":"make install"}'], ['exec_command', '{"cmd":"rm x"}']] }));
    expect(story.when(inspected('c1.2.1', line('make', 'install')))[1]).toEqual(
      callStarted('c1.2.1', 'exec_command', { grant_id: 'g1' }),
    );
    story.when(finished('c1.2.1'));
    expect(story.when(inspected('c1.2.2', line('rm', 'x')))[1]).toEqual(approvalRequested('c1.2.2', START_AT + HOUR));
  }); // prettier-ignore

  test('is frozen with the turns that come', () => {
    const grant = { grant_id: 'g1', tool: 'exec_command', project_root: '/project', rule };
    const story = given(created(), message('e1'), started({ grants: [grant] }), make);
    grant.project_root = story.state.session!.project_root;
    expect(story.when(inspected('c1.1.1', line('make')))[1]).toMatchObject({ data: { grant_id: 'g1' } });
  });
});

describe('a session grant', () => {
  const grant = { scope: 'session', grant_id: 'g1' } as const;

  function granting(): Story {
    const story = waiting();
    story.when(granted('c1.1.1', grant), finished('c1.1.1'));
    return story;
  }

  test('lets a later call with the same arguments run without asking, also in the next turn', () => {
    const story = granting();
    story.when(make);
    const allowed = decided('c1.2.1', 'exec_command', 'exec', 'allow', {
      rule: '',
      rules: [{ id: 'ask:exec_command', verdict: 'require_approval' }],
      grant_id: 'g1',
    });
    expect(story.when(inspected('c1.2.1'))).toEqual([
      allowed,
      callStarted('c1.2.1', 'exec_command', { grant_id: 'g1' }),
    ]);
    story.when(finished('c1.2.1'), replied({ text: 'Done' }), message('e2'), started(), make);
    expect(story.when(inspected('c2.1.1'))[1]).toEqual(callStarted('c2.1.1', 'exec_command', { grant_id: 'g1' }));
  });

  test('does not hold for other arguments, nor for another tool', () => {
    const story = granting();
    story.when(replied({ calls: [['exec_command', '{"cmd":"make install"}']] }));
    expect(story.when(inspected('c1.2.1'))[1]).toEqual(approvalRequested('c1.2.1', START_AT + HOUR));
    story.when(granted('c1.2.1'), finished('c1.2.1'), replied({ calls: [['send_mail', '{"cmd":"make"}']] }));
    expect(story.when(inspected('c1.3.1'))[1]).toEqual(approvalRequested('c1.3.1', START_AT + HOUR));
  });

  test('never beats a deny', () => {
    const story = granting();
    story.when(policyChanged({ deny: ['exec_command'] }), make);
    expect(story.when(inspected('c1.2.1'))[1]).toEqual(refused('c1.2.1', 'denied'));
  });

  test('holds no more once a policy names others who may answer', () => {
    const story = granting();
    story.when(policyChanged({ require_approval: ['exec_command'], approver_roles: ['admin'] }), make);
    const asked = approvalRequested('c1.2.1', START_AT + HOUR, { approver_roles: ['admin'] });
    expect(story.when(inspected('c1.2.1'))[1]).toEqual(asked);
  });

  test('holds on in a turn that was frozen before that counted', () => {
    const before = { grants_by_role: false } as const;
    const story = given(created(), message('e1'), started(before), make, inspected('c1.1.1'));
    story.when(granted('c1.1.1', grant), finished('c1.1.1'));
    story.when(policyChanged({ require_approval: ['exec_command'], approver_roles: ['admin'] }), make);
    expect(story.when(inspected('c1.2.1'))[1]).toEqual(callStarted('c1.2.1', 'exec_command', { grant_id: 'g1' }));
  });

  test('holds for no command that no sandbox confines, but in a turn that was frozen before that counted', () => {
    const story = (before: Inputs): Story => {
      const one = given(created(), message('e1'), started(before), make, look('c1.1.1'));
      one.when(granted('c1.1.1', grant), finished('c1.1.1'), make);
      return one;
    };
    expect(story({}).when(look('c1.2.1'))[1]).toEqual(approvalRequested('c1.2.1', START_AT + HOUR));
    const later = story({ grants_confined: false }).when(look('c1.2.1'))[1];
    expect(later).toEqual(callStarted('c1.2.1', 'exec_command', { grant_id: 'g1' }));
  });

  test('never holds for a command that names this program', () => {
    const story = granting();
    story.when(make);
    const facts = { commands: [commandFact('make', { names_runtime: true as const })] };
    expect(story.when(inspected('c1.2.1', { facts }))[1]).toEqual(approvalRequested('c1.2.1', START_AT + HOUR));
  });

  test.each([{}, { grants_of_epoch: false }] as const)(
    'ends with a restore, also for a call that it has let through: %j',
    (inputs) => {
      const story = given(created(), message('e1'), started(inputs), make, inspected('c1.1.1'));
      story.when(granted('c1.1.1', grant), finished('c1.1.1'), make);
      story.whenAlone(inspected('c1.2.1'));
      const next = story.when(restored());
      if ('grants_of_epoch' in inputs)
        expect(next).toEqual([callStarted('c1.2.1', 'exec_command', { grant_id: 'g1' })]);
      else expect(next).toMatchObject([{ data: { verdict: 'require_approval' } }, { type: 'approval.requested' }]);
    },
  );

  test('ends when a repair has lost entries: what took it back may have stood there', () => {
    const story = granting();
    story.when(opened({ reason: 'repair', cut_bytes: 1, cut_from: 1 }), make);
    expect(story.when(inspected('c1.2.1'))[1]).toEqual(approvalRequested('c1.2.1', START_AT + HOUR));
  });

  test('ends when it is taken back, also for a call that it has let through, and only that one', () => {
    const story = granting();
    story.when(make);
    story.whenAlone(inspected('c1.2.1'));
    expect(story.when(revoking('g2'))).toEqual([callStarted('c1.2.1', 'exec_command', { grant_id: 'g1' })]);
    const other = granting();
    other.when(make);
    other.whenAlone(inspected('c1.2.1'));
    expect(other.when(revoking('g1'))).toMatchObject([
      { type: 'policy.decided', data: { verdict: 'require_approval' } },
      { type: 'approval.requested' },
    ]);
  });

  test('stays behind when the session is forked, also for a call that it has let through but that has not started', () => {
    const story = granting();
    story.when(make);
    expect(story.whenAlone(inspected('c1.2.1'))).toMatchObject([{ data: { verdict: 'allow', grant_id: 'g1' } }]);
    expect(story.when(forked())).toMatchObject([
      { type: 'policy.decided', data: { verdict: 'require_approval' } },
      { type: 'approval.requested' },
    ]);
  });

  test('stays behind also when it stood when the turn was frozen: it may have been taken back since', () => {
    const asking = waiting();
    const { args_digest, facts_digest } = asking.turn.calls[0]!.inspected!;
    const { project_root } = asking.state.session!;
    const grants = [{ grant_id: 'g0', tool: 'exec_command', args_digest, facts_digest, project_root }];
    const story = given(created(), message('e1'), started({ grants }), make);
    story.when(forked());
    expect(story.when(inspected('c1.1.1'))[1]).toEqual(approvalRequested('c1.1.1', START_AT + HOUR));
  });

  test('is given by `once` to nobody', () => {
    const story = waiting();
    story.when(granted('c1.1.1'));
    expect(story.state.grants).toEqual([]);
  });

  test('that stood when the turn was frozen holds as well', () => {
    const before = waiting();
    const { args_digest, facts_digest } = before.turn.calls[0]!.inspected!;
    const { project_root } = before.state.session!;
    const story = given(
      created(),
      message('e1'),
      started({ grants: [{ grant_id: 'g0', tool: 'exec_command', args_digest, facts_digest, project_root }] }),
      make,
    );
    expect(story.when(inspected('c1.1.1'))[1]).toEqual(callStarted('c1.1.1', 'exec_command', { grant_id: 'g0' }));
  });
});

describe('a policy that comes while the turn is open', () => {
  const deny = policyChanged({ deny: ['exec_command'] });
  const redecided = decided('c1.1.1', 'exec_command', 'exec', 'deny', {
    rule: '',
    rules: [
      { id: 'ask:exec_command', verdict: 'require_approval' },
      { id: 'deny:exec_command', verdict: 'deny' },
    ],
  });

  test('tightens a call that waits for a person', () => {
    const story = waiting();
    const late = granted('c1.1.1')(story.state);
    expect(story.when(deny).slice(0, 2)).toEqual([redecided, refused('c1.1.1', 'denied')]);
    expect(story.refuses(() => late)).toBe(true);
  });

  test('tightens a call that was granted and has not started', () => {
    const story = waiting();
    expect(story.whenAlone(granted('c1.1.1'))).toEqual([]);
    expect(story.when(deny).slice(0, 2)).toEqual([redecided, refused('c1.1.1', 'denied')]);
  });

  test('tightens a call that was allowed and has not started', () => {
    const story = given(
      created(),
      message('e1'),
      started({ policy: { require_approval: [], allow: ['exec_command'] } }),
    );
    story.when(make);
    expect(story.whenAlone(inspected('c1.1.1'))).toMatchObject([{ data: { verdict: 'allow' } }]);
    expect(story.when(policyChanged({}))).toMatchObject([
      { type: 'policy.decided', data: { verdict: 'require_approval' } },
      { type: 'approval.requested' },
    ]);
  });

  test('tightens a call that is about to run again', () => {
    const read = replied({ calls: [['read_file']] });
    const story = given(created(), message('e1'), started(), read, inspected('c1.1.1'));
    expect(story.when(opened({ tightened: policyOf({ deny: ['read_file'] }) })).slice(0, 2)).toMatchObject([
      { type: 'policy.decided', data: { verdict: 'deny' } },
      { type: 'call.abandoned', data: { call_id: 'c1.1.1', attempt: 1 } },
    ]);
  });

  test('has a call asked for that ran once unasked, and keeps it from running again when that is denied', () => {
    const read = replied({ calls: [['read_file']] });
    const story = given(created(), message('e1'), started(), read, inspected('c1.1.1'));
    expect(story.when(opened({ tightened: policyOf({ require_approval: ['read_file'] }) }))).toMatchObject([
      { type: 'policy.decided', data: { verdict: 'require_approval' } },
      { type: 'approval.requested' },
    ]);
    expect(story.when(denied('c1.1.1'))[0]).toEqual(abandoned('c1.1.1'));
  });

  test('never loosens: the strictest wins', () => {
    const story = waiting();
    expect(story.when(policyChanged({ require_approval: [], allow: ['exec_command'] }))).toMatchObject([
      { type: 'policy.decided', data: { verdict: 'require_approval' } },
    ]);
    expect(story.open()).toMatchObject([{ kind: 'timer', of: 'approval' }]);
  });

  test('that is in force already has nothing decided again', () => {
    const story = waiting();
    expect(story.when(policyChanged({}))).toEqual([]);
    expect(story.when(opened({ tightened: policyOf() }))).toEqual([]);
  });

  test('is admitted only while a turn is open', () => {
    expect(given(created()).refuses(deny)).toBe(true);
  });

  test('lets nobody but the asked person answer a call that was asked for, whatever was granted meanwhile', () => {
    // Two reads side by side, of the same file outside the project: the grant for one must not start the other.
    const facts = { paths: [{ arg: 'path', path: '/x', real: '/x', inside_root: false, kind: 'file', secret_shaped: false }] } as const; // prettier-ignore
    const both = replied({ calls: [['read_file'], ['read_file']] });
    const story = given(created(), message('e1'), started(), both);
    story.when(inspected('c1.1.1', { facts: { paths: [...facts.paths] } }));
    story.when(inspected('c1.1.2', { facts: { paths: [...facts.paths] } }));
    story.when(granted('c1.1.1', { scope: 'session', grant_id: 'g1' }));
    expect(story.when(policyChanged({ deny: ['send_mail'] }))).toMatchObject([
      { type: 'policy.decided', data: { call_id: 'c1.1.2', verdict: 'allow', grant_id: 'g1' } },
    ]);
    expect(story.open()).toMatchObject([{ kind: 'run_tool', call_id: 'c1.1.1' }, { of: 'approval' }, { of: 'wall' }]);
    story.when(finished('c1.1.1'));
    expect(story.when(denied('c1.1.2'))).toMatchObject([
      refused('c1.1.2', 'approval_denied'),
      reflected('continue', 'results', { evidence: ['c1.1.1', 'c1.1.2'] }),
      { type: 'model.requested' },
    ]);
  });
});

describe('after a restore', () => {
  test('what was asked before is void: refused, and the model may call again', () => {
    const story = waiting();
    expect(story.when(restored())[0]).toEqual(refused('c1.1.1', 'void'));
  });

  test('what was granted and has not started is void too', () => {
    const story = waiting();
    story.whenAlone(granted('c1.1.1'));
    expect(story.when(restored())[0]).toEqual(refused('c1.1.1', 'void'));
  });

  test('what was granted and ran is abandoned', () => {
    const story = waiting();
    story.when(granted('c1.1.1'));
    expect(story.when(restored())[0]).toEqual(abandoned('c1.1.1'));
  });

  test('an older epoch is not admitted', () => {
    const story = waiting();
    story.when(restored());
    expect(story.refuses(opened())).toBe(true);
  });
});
