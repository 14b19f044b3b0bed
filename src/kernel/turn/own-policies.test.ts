// A session's own policies: they hold beside the workspace's, in every later turn and in every fork.
import { describe, expect, test } from 'vitest';
import type { EntryData } from '../../contract/entries.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import { approvalRequested, callStarted, refused } from '../testing/expected.ts';
import { created, finished, forked, inspected, message, only, replied, started, type Step } from '../testing/observations.ts'; // prettier-ignore
import { given, START_AT, type Story } from '../testing/story.ts';
import { HOUR, person, rights } from '../testing/values.ts';

const free = { require_approval: [], allow: ['exec_command'] };
const denying = { ...free, allow: [], deny: ['exec_command'] };
const asking = { ...free, allow: [], require_approval: ['exec_command'] };

/** A session with one ended turn, forked with these policies. */
function forkedWith(...own: object[]): Story {
  const story = given(created(), message('e1'), started({ policy: free }), replied({ text: 'Hi' }));
  story.when(forked('s-2', ...own));
  return story;
}

/** In the next turn the model calls a command. */
function call(story: Story, own: object[], id = 'e2'): ReturnType<Story['when']> {
  story.when(message(id), started({ policy: free, ...(own.length > 0 && { own }) }));
  story.when(replied({ calls: [['exec_command']] }));
  return story.when(inspected(`c${story.turn.turn}.1.1`));
}

describe('a fork with a policy of its own', () => {
  test('is judged by that one, too: the strictest wins', () => {
    expect(call(forkedWith(), [])[1]).toEqual(callStarted('c2.1.1', 'exec_command', { idempotency_key: 's-2:c2.1.1' }));
    expect(call(forkedWith(asking), [asking])[1]).toEqual(approvalRequested('c2.1.1', START_AT + HOUR));
    expect(call(forkedWith(denying), [denying])[1]).toEqual(refused('c2.1.1', 'denied'));
  });

  test('starts no turn without it, nor with another one, nor in another order', () => {
    const story = forkedWith(asking, denying);
    story.when(message('e2'));
    for (const own of [undefined, [asking], [denying, asking], [asking, free], [asking, denying, denying]]) {
      expect(story.refuses(started({ policy: free, ...(own && { own }) }))).toBe(true);
    }
    expect(story.refuses(started({ policy: free, own: [asking, denying] }))).toBe(false);
  });

  test('keeps it in its own forks, which can only add to it', () => {
    const story = forkedWith(asking);
    story.when(forked('s-3'));
    story.when(forked('s-4', denying, asking), message('e2'));
    expect(story.state.session!.own_policies).toHaveLength(2);
    expect(story.refuses(started({ policy: free, own: [asking] }))).toBe(true);
    expect(story.refuses(started({ policy: free, own: [asking, denying] }))).toBe(false);
  });

  test('judges what is open by it at once', () => {
    const story = given(created(), message('e1'), started({ policy: free }));
    story.when(replied({ calls: [['exec_command']] }));
    expect(story.whenAlone(inspected('c1.1.1'))).toMatchObject([{ data: { verdict: 'allow' } }]);
    expect(story.when(forked('s-2', denying))).toMatchObject([
      { type: 'policy.decided', data: { verdict: 'deny' } },
      { type: 'call.refused' },
      { type: 'turn.reflected' },
      { type: 'model.requested' },
    ]);
  });

  test('as by a sandbox that only its rights require', () => {
    const story = given(created(), message('e1'), started({ policy: free }));
    story.when(replied({ calls: [['exec_command']] }));
    story.whenAlone(inspected('c1.1.1'));
    const strict: Step = (state) => {
      const { observation } = forked('s-2')(state);
      const data = { ...observation.data, rights: { ...rights, sandbox: 'required' } };
      return { observation: { ...observation, data } as typeof observation };
    };
    expect(story.when(strict)).toMatchObject([
      { type: 'policy.decided', data: { verdict: 'deny' } },
      { type: 'call.refused' },
      { type: 'turn.reflected' },
      { type: 'model.requested' },
    ]);
  });

  describe('whoever forks an open turn goes on with it as who speaks to it', () => {
    const free = { require_approval: [], allow: [] };
    const rules: PolicyRule[] = [
      { id: 'operators', tool: ['exec_command'], role: ['operator'], decision: 'allow' },
      { id: 'here', tool: ['apply_patch'], channel: ['cli'], decision: 'allow' },
    ];
    const asker = { channels: ['cli'], lane: 'interactive' as const, utc_offset_min: 0 };
    const openTurn = (tool: string): Story => {
      const story = given(created(), message('e1'), started({ policy: { ...free, rules }, asker }));
      story.when(replied({ calls: [[tool]] }));
      return story;
    };
    const forkedBy =
      (over: Partial<EntryData<'session.forked'>>): Step =>
      (state) => {
        const { observation } = forked('s-2')(state);
        return { observation: { ...observation, data: { ...observation.data, ...over } } as typeof observation };
      };
    const asMember = forkedBy({ rights: { ...rights, role: 'member' } });

    test('a rule for a higher role holds no longer, nor what it had decided', () => {
      const before = openTurn('exec_command');
      before.when(asMember);
      expect(before.turn.rights.role).toBe('member');
      expect(before.when(inspected('c1.1.1'))[0]).toMatchObject({ data: { verdict: 'require_approval' } });
      const decided = openTurn('exec_command');
      expect(decided.whenAlone(inspected('c1.1.1'))).toMatchObject([{ data: { verdict: 'allow' } }]);
      expect(decided.when(asMember)).toMatchObject([
        { type: 'policy.decided', data: { verdict: 'require_approval' } },
        { type: 'approval.requested' },
      ]);
    });

    test('a rule for a channel by which they did not come is in doubt', () => {
      const story = openTurn('apply_patch');
      expect(story.whenAlone(inspected('c1.1.1'))).toMatchObject([{ data: { verdict: 'allow' } }]);
      expect(story.when(forkedBy({ source: 'api' }))).toMatchObject([
        { type: 'policy.decided', data: { verdict: 'require_approval' } },
        { type: 'approval.requested' },
      ]);
    });

    test('of the same role, from the same place, nothing is judged anew', () => {
      for (const same of [forkedBy({}), forkedBy({ source: 'cli' })]) {
        const story = openTurn('apply_patch');
        story.whenAlone(inspected('c1.1.1'));
        expect(story.when(same)).toMatchObject([{ type: 'call.started' }]);
      }
    });
  });

  test('is not admitted without the value behind its digest', () => {
    const story = given(created());
    const step = forked('s-2', denying);
    expect(story.refuses((state) => ({ observation: step(state).observation }))).toBe(true);
    expect(story.refuses(step)).toBe(false);
  });
});

test('a session that is made with policies of its own has them from its first turn on', () => {
  const { own_policies } = (
    forked('s', asking)(given().state).observation as { data: { own_policies: `sha256:${string}`[] } }
  ).data;
  const make: Step = (state) => {
    const { observation } = created()(state);
    return { observation: { ...observation, data: { ...observation.data, own_policies } } as typeof observation };
  };
  const story = given(make, message('e1'));
  expect(story.refuses(started({ policy: free }))).toBe(true);
  expect(story.when(started({ policy: free, own: [asking] })).at(-1)).toMatchObject({ type: 'model.requested' });
});

test('a fork never loosens what its source may do at most', () => {
  const strict = { ...rights, sandbox: 'required' as const, role: 'member' as const };
  const story = given(
    only({
      type: 'session.created',
      data: {
        session_id: 's-1', workspace_id: 'w', kind: 'chat', project_root: '/p', source: 'cli', actor: person, rights: strict, epoch: 1,
      }, // prettier-ignore
    }),
  );
  story.when(forked('s-2'));
  expect(story.state.session!.rights).toMatchObject({ sandbox: 'required', role: 'member' });
});

test('a call that a policy of its own lets through runs as any other', () => {
  const story = forkedWith(free);
  expect(call(story, [free])[1]).toMatchObject({ type: 'call.started' });
  expect(story.when(finished('c2.1.1')).at(-1)).toMatchObject({ type: 'model.requested' });
});
