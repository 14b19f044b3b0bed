import { describe, expect, test } from 'vitest';
import {
  abandoned, approvalRequested, callStarted, decided, planMade, reflected, refused, requested, someText, turnEnded,
} from '../testing/expected.ts'; // prettier-ignore
import { created, finished, forked, imported, granted, inspected, later, message, modelFailed, opened, replied, started, steer, stop, timerFired } from '../testing/observations.ts'; // prettier-ignore
import { given, START_AT, type Story } from '../testing/story.ts';
import { HOUR, pathFact, type Inputs } from '../testing/values.ts';

const unguarded: Inputs = { policy: { require_approval: [], allow: ['exec_command', 'apply_patch'] } };

function running(name: string, inputs: Inputs = unguarded): Story {
  return given(created(), message('e1'), started(inputs), replied({ calls: [[name]] }), inspected('c1.1.1'));
}

describe('when the program starts again', () => {
  test('A-130: a model call is asked again, one attempt later', () => {
    const story = given(created(), message('e1'), started());
    expect(story.when(opened())).toEqual([requested('m1.1', { attempt: 2 })]);
  });

  test('an inspection is made again', () => {
    const story = given(created(), message('e1'), started(), replied({ calls: [['read_file']] }));
    const { open } = story;
    const before = open();
    expect(story.when(opened())).toEqual([]);
    expect(open()).toEqual(before);
  });

  test('a read runs again, after policy has judged it again', () => {
    const story = running('read_file');
    expect(story.when(opened())).toEqual([
      decided('c1.1.1', 'read_file', 'read', 'allow', { rule: 'default:read' }),
      callStarted('c1.1.1', 'read_file', { attempt: 2 }),
    ]);
    expect(story.refuses(finished('c1.1.1', { attempt: 1 }))).toBe(true);
    expect(story.when(finished('c1.1.1')).at(-1)).toMatchObject({ type: 'model.requested' });
    expect(story.when(replied({ text: 'x' })).at(-1)).toMatchObject({ data: { tool_calls: 1 } });
  });

  test('a read that a person granted runs again under the same approval', () => {
    const story = given(created(), message('e1'), started(), replied({ calls: [['read_file']] }));
    story.when(inspected('c1.1.1', { facts: { paths: [pathFact('/x', { inside_root: false })] } }));
    const { approval_id } = story.turn.calls[0]!.approval!;
    story.when(granted('c1.1.1'));
    expect(story.when(opened())[1]).toEqual(callStarted('c1.1.1', 'read_file', { attempt: 2, approval_id }));
  });

  test('a patch runs again with the files of its intent, to be rolled forward', () => {
    const story = running('apply_patch');
    expect(story.when(opened())[1]).toEqual(callStarted('c1.1.1', 'apply_patch', { attempt: 2, files: [] }));
  });

  test('any other tool is abandoned: nobody knows how it ended', () => {
    const story = running('exec_command');
    expect(story.when(opened())).toEqual([
      abandoned('c1.1.1'),
      reflected('continue', 'results', { evidence: ['c1.1.1'] }),
      requested('m1.2'),
    ]);
    expect(story.state.unknowns).toMatchObject([{ call_id: 'c1.1.1', tool: 'exec_command' }]);
  });

  test('of a group each call goes its own way', () => {
    const story = given(created(), message('e1'), started(), replied({ calls: [['read_file'], ['list_files']] }));
    story.when(inspected('c1.1.1'), inspected('c1.1.2'), finished('c1.1.2'));
    expect(story.when(opened())).toMatchObject([
      { type: 'policy.decided', data: { call_id: 'c1.1.1' } },
      { type: 'call.started', data: { call_id: 'c1.1.1', attempt: 2 } },
    ]);
  });

  test('A-37: a retry wait still waits, to the same time', () => {
    const story = given(created(), message('e1'), started(), modelFailed('network'));
    const before = story.open();
    expect(story.when(later(100, opened()))).toEqual([]);
    expect(story.open()).toEqual(before);
    expect(story.when(later(400, timerFired('rm1.1.1')))).toEqual([requested('m1.1', { attempt: 2 })]);
  });

  test('a reservation whose usage nobody knows is settled in full', () => {
    const story = given(created(), message('e1'), started());
    const { tokens } = story.turn.ask.reserve;
    story.when(opened());
    expect(story.turn.tokens).toBe(tokens);
  });

  test('of a turn that was being stopped nothing runs again', () => {
    const story = running('read_file');
    story.when(stop('e1'));
    expect(story.when(opened())).toEqual([abandoned('c1.1.1'), turnEnded('canceled', { tool_calls: 1 })]);
    expect(story.state.unknowns).toEqual([]);
  });
});

describe('the third opening in which the same thing was running', () => {
  const given_up = (over: object = {}): object =>
    turnEnded('interrupted', { code: 'quarantined', message: someText, ...over });

  test('ends the turn `interrupted`, without a reply; the others go on', () => {
    const story = given(created(), message('e1'), started(), message('e2'));
    expect(story.when(opened())).toEqual([requested('m1.1', { attempt: 2 })]);
    expect(story.when(opened())).toEqual([requested('m1.1', { attempt: 3 })]);
    expect(story.when(opened())).toEqual([given_up({ model_calls: 3 })]);
    expect(story.open()).toEqual([{ kind: 'freeze', key: 'freeze:2', turn: 2, minimal: false }]);
    expect(story.when(started())).toEqual([planMade('main', 2), requested('m2.1')]);
  });

  test('counts what runs again: a read that brings the program down is given up', () => {
    const story = running('read_file');
    story.when(opened(), opened());
    expect(story.when(opened())).toEqual([abandoned('c1.1.1', 3), given_up({ tool_calls: 1 })]);
    expect(story.history.at(-1)).toMatchObject({ role: 'tool', status: 'unknown' });
  });

  test('refuses the calls that have not started', () => {
    const calls = replied({ calls: [['read_file'], ['exec_command']] });
    const story = given(created(), message('e1'), started(), calls, opened(), opened());
    expect(story.when(opened())).toEqual([refused('c1.1.1', 'canceled'), refused('c1.1.2', 'canceled'), given_up()]);
    expect(story.history.map((content) => content.role)).toEqual(['user', 'assistant', 'tool', 'tool']);
  });

  test('counts from anew when something came of an effect', () => {
    const story = running('read_file');
    story.when(opened(), opened(), finished('c1.1.1'), opened(), opened());
    expect(story.turn.cut).toBeNull();
    expect(story.when(opened()).at(-1)).toMatchObject({ data: { reason: 'interrupted' } });
  });

  test('is not reached by bystanders, messages or openings in which nothing ran', () => {
    const story = given(created(), message('e1'), started(), opened(), opened(), steer('e2'));
    expect(story.state.stalls).toBe(2);
    const waiting = running('exec_command', {});
    waiting.when(opened(), opened(), opened(), opened());
    expect(waiting.state.stalls).toBe(0);
    expect(waiting.turn.calls[0]!.status).toBe('asked');
  });

  test('is counted over recoveries only', () => {
    const story = given(created(), message('e1'), started());
    story.when(opened({ reason: 'repair' }), opened({ reason: 'upgrade' }));
    expect(story.state.stalls).toBe(0);
    story.when(opened({ reason: 'restore', epoch: 2 }), opened({ epoch: 2 }));
    expect(story.state.stalls).toBe(1);
  });

  test('with no turn open, the freeze is minimal, and its turn ends `interrupted` at once; the next is ordinary', () => {
    const story = given(created(), message('e1'), message('e2'));
    story.when(opened(), opened());
    expect(story.open()).toMatchObject([{ kind: 'freeze', minimal: false }]);
    story.when(opened());
    expect(story.open()).toEqual([{ kind: 'freeze', key: 'freeze:1', turn: 1, minimal: true }]);
    story.when(opened({ epoch: 1 }));
    expect(story.open()).toMatchObject([{ kind: 'freeze', minimal: true }]);
    expect(story.when(started())).toEqual([given_up({ model_calls: 0 })]);
    expect(story.open()).toEqual([{ kind: 'freeze', key: 'freeze:2', turn: 2, minimal: false }]);
    expect(story.when(started())).toEqual([planMade('main', 2), requested('m2.1')]);
  });
});

describe('a fork', () => {
  test('abandons what ran, also what could run again, and derives its ids from the new session', () => {
    const story = running('read_file');
    expect(story.when(forked('s-2'))).toEqual([
      abandoned('c1.1.1'),
      reflected('continue', 'results', { evidence: ['c1.1.1'] }),
      requested('m1.2'),
    ]);
    story.when(replied({ calls: [['exec_command']] }));
    expect(story.when(inspected('c1.2.1'))[1]).toEqual(
      callStarted('c1.2.1', 'exec_command', { idempotency_key: 's-2:c1.2.1' }),
    );
    expect(story.state.session).toMatchObject({ id: 's-2' });
  });

  test('may repeat a read that it abandoned without asking', () => {
    const story = running('read_file');
    story.when(forked(), replied({ calls: [['read_file']] }));
    expect(story.when(inspected('c1.2.1'))[1]).toMatchObject({ type: 'call.started' });
  });

  test('voids approvals, and an approval of the fork is another one', () => {
    const story = running('exec_command', {});
    const { approval_id } = story.turn.calls[0]!.approval!;
    expect(story.when(forked())[0]).toEqual(refused('c1.1.1', 'void'));
    story.when(replied({ calls: [['exec_command']] }));
    expect(story.when(inspected('c1.2.1'))[1]).toEqual(approvalRequested('c1.2.1', START_AT + HOUR));
    expect(story.turn.calls[0]!.approval!.approval_id).not.toBe(approval_id);
  });

  test('in another workspace ends the turn that is open, whatever it was at', () => {
    const at: Story[] = [
      given(created(), message('e1'), started()),
      running('exec_command', {}),
      running('read_file'),
      running('exec_command'),
    ];
    for (const story of at) {
      expect(story.when(imported('s-2', 7)).at(-1)).toMatchObject({ type: 'turn.ended', data: { reason: 'canceled' } });
      expect(story.state).toMatchObject({ turn: null, queue: [], grants: [], session: { id: 's-2', epoch: 7 } });
      expect(story.open()).toEqual([]);
    }
    const [, , , ran] = at;
    expect(ran!.state.unknowns).toMatchObject([{ call_id: 'c1.1.1' }]);
  });

  test('in another workspace has its epoch, also where that is lower', () => {
    const story = given(created());
    story.when(opened({ epoch: 9, reason: 'restore' }), imported('s-2', 1));
    expect(story.refuses(opened({ epoch: 1 }))).toBe(false);
  });

  test('has nobody waiting for an answer: neither the turn’s events, nor steers, nor the queue', () => {
    const story = given(created(), message('e1'), started(), message('e2'), steer('e3'));
    expect(story.when(forked())).toEqual([requested('m1.1', { attempt: 2 })]);
    expect(story.when(replied({ text: 'Hi' })).at(-1)).toEqual(turnEnded('success', { event_ids: [], model_calls: 2 }));
    expect(story.state.queue).toEqual([]);
    expect(story.open()).toEqual([]);
    expect(story.when(message('e4'), started()).at(-1)).toEqual(requested('m2.1'));
  });
});

describe('when a repair has cut the journal', () => {
  const loss = { role: 'note', text: expect.stringContaining('could not be recovered') as string };
  const repaired = opened({ reason: 'repair', cut_bytes: 100, cut_from: 1000 });

  test('between turns: the model is told where it was cut, before what comes next', () => {
    const story = given(created(), message('e1'), started(), replied({ text: 'Hi' }));
    expect(story.when(repaired)).toEqual([]);
    story.when(message('e2'));
    story.when(started());
    expect(story.history.map(({ role }) => role)).toEqual(['user', 'assistant', 'note', 'user']);
    expect(story.history[2]).toMatchObject(loss);
  });

  test('in a turn: what ran goes its way, and the request has the note', () => {
    const story = given(created(), message('e1'), started());
    const before = story.entries.at(-1);
    expect(story.when(repaired)).toEqual([requested('m1.1', { attempt: 2 })]);
    expect(story.history.at(-1)).toMatchObject(loss);
    expect(story.entries.at(-1)!.data).toMatchObject({ message_count: 2 });
    expect(before!.data).toMatchObject({ message_count: 1 });
  });

  test('while calls are open: the note stands before them, and their results follow them', () => {
    const story = given(created(), message('e1'), started(), replied({ calls: [['read_file']] }));
    story.when(repaired);
    story.when(inspected('c1.1.1'));
    story.when(finished('c1.1.1'));
    expect(story.history.map(({ role }) => role)).toEqual(['user', 'note', 'assistant', 'tool']);
  });

  test('a call that may have run doesn’t run again: granted, allowed, or not even inspected', () => {
    const asked = given(created(), message('e1'), started(), replied({ calls: [['exec_command']] }));
    asked.when(inspected('c1.1.1'));
    asked.when(granted('c1.1.1'));
    const cut = given(created(), message('e1'), started(), replied({ calls: [['exec_command']] }));
    cut.when(inspected('c1.1.1'));
    for (const story of [
      cut,
      given(created(), message('e1'), started(unguarded), replied({ calls: [['exec_command']] })),
    ]) {
      expect(story.when(repaired)).toMatchObject([
        {
          type: 'call.abandoned',
          data: { call_id: 'c1.1.1', attempt: 0, message: expect.stringContaining('damaged record') as string },
        },
        { type: 'turn.reflected', data: { signal: 'continue' } },
        { type: 'model.requested' },
      ]);
    }
    expect(cut.state.unknowns).toMatchObject([{ call_id: 'c1.1.1' }]);
    expect(asked.when(repaired)[0]).toMatchObject({ type: 'call.abandoned', data: { attempt: 1 } });
    expect(cut.refuses(granted('c1.1.1'))).toBe(true);
  });

  test('reads are made again, as at any start', () => {
    const story = running('read_file');
    expect(story.when(repaired)).toMatchObject([
      { type: 'policy.decided' },
      { type: 'call.started', data: { attempt: 2 } },
    ]);
  });

  test('a message that waited may have been answered: its turn only ends', () => {
    const story = given(created(), message('e1'));
    story.when(repaired);
    expect(story.when(started())).toEqual([
      turnEnded('canceled', { event_ids: ['e1'], usage: expect.anything() as never, model_calls: 0 }),
    ]);
    story.when(message('e2'));
    expect(story.when(started()).at(-1)).toMatchObject({ type: 'model.requested' });
  });

  test('no other opening says so', () => {
    const story = given(created(), message('e1'), started());
    for (const reason of ['recovery', 'upgrade', 'restore'] as const) story.when(opened({ reason, epoch: 2 }));
    expect(story.history.map(({ role }) => role)).toEqual(['user']);
  });
});
