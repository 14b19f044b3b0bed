import { describe, expect, test } from 'vitest';
import {
  approvalRequested, callStarted, decided, reflected, refused, requested, someDigest,
} from '../testing/expected.ts'; // prettier-ignore
import { created, finished, granted, inspected, message, replied, started, type Answer } from '../testing/observations.ts'; // prettier-ignore
import { given, START_AT, type Story } from '../testing/story.ts';
import { commandFact, HOUR, pathFact, type Inputs } from '../testing/values.ts';

function calling(calls: Answer['calls'] & {}, inputs: Inputs = {}): Story {
  return given(created(), message('e1'), started(inputs), replied({ calls }));
}

function wanted(story: Story): string[] {
  return story.open().flatMap((effect) => (effect.kind === 'timer' ? [] : [effect.key]));
}

const read = (call_id: string): object[] => [
  decided(call_id, 'read_file', 'read', 'allow', { rule: 'default:read' }),
  callStarted(call_id, 'read_file'),
];

describe('groups', () => {
  test('neighbouring reads are inspected and run side by side, any other call alone, each group after the one before', () => {
    const story = calling([
      ['read_file', '{"path":"a"}'],
      ['list_files', '{"path":"."}'],
      ['exec_command', '{"cmd":"a"}'],
      ['exec_command', '{"cmd":"b"}'],
      ['read_file', '{"path":"b"}'],
    ], { policy: { require_approval: [], allow: ['exec_command'] } }); // prettier-ignore
    expect(wanted(story)).toEqual(['inspect:c1.1.1', 'inspect:c1.1.2']);
    story.when(inspected('c1.1.2'));
    expect(wanted(story)).toEqual(['inspect:c1.1.1']);
    story.when(inspected('c1.1.1'));
    expect(wanted(story)).toEqual(['run_tool:c1.1.1.1', 'run_tool:c1.1.2.1']);
    story.when(finished('c1.1.2'));
    expect(wanted(story)).toEqual(['run_tool:c1.1.1.1']);
    story.when(finished('c1.1.1'));
    expect(wanted(story)).toEqual(['inspect:c1.1.3']);
    story.when(inspected('c1.1.3'));
    expect(wanted(story)).toEqual(['run_tool:c1.1.3.1']);
    story.when(finished('c1.1.3'));
    expect(wanted(story)).toEqual(['inspect:c1.1.4']);
    story.when(inspected('c1.1.4'), finished('c1.1.4'), inspected('c1.1.5'), finished('c1.1.5'));
    expect(wanted(story)).toEqual(['ask_model:m1.2.1']);
  });

  test('a group is decided only when all of it is inspected', () => {
    const story = calling([['read_file'], ['read_file']]);
    expect(story.when(inspected('c1.1.1'))).toEqual([]);
    expect(story.when(inspected('c1.1.2'))).toEqual([...read('c1.1.1'), ...read('c1.1.2')]);
  });

  test('what is refused without a look parts no group', () => {
    const story = calling([['read_file'], ['no_such_tool'], ['read_file']]);
    expect(wanted(story)).toEqual(['inspect:c1.1.1', 'inspect:c1.1.3']);
  });

  test('in a group one call may wait for a person while the others run', () => {
    const story = calling([
      ['read_file', '{"path":"/etc/hosts"}'],
      ['read_file', '{"path":"a"}'],
    ]);
    story.when(inspected('c1.1.1', { facts: { paths: [pathFact('/etc/hosts', { inside_root: false })] } }));
    expect(story.when(inspected('c1.1.2'))).toEqual([
      decided('c1.1.1', 'read_file', 'read', 'require_approval', {
        rule: '',
        rules: [
          { id: 'fact:outside_root', verdict: 'require_approval' },
          { id: 'default:read', verdict: 'allow' },
        ],
      }),
      approvalRequested('c1.1.1', START_AT + HOUR),
      ...read('c1.1.2'),
    ]);
    expect(story.when(finished('c1.1.2'))).toEqual([]);
    expect(wanted(story)).toEqual([]);
    expect(story.when(granted('c1.1.1'))).toMatchObject([{ type: 'call.started', data: { call_id: 'c1.1.1' } }]);
  });
});

describe('refused without a look', () => {
  test('a tool that does not exist: the model is told which there are', () => {
    const story = given(created(), message('e1'), started());
    expect(story.when(replied({ calls: [['run_rm']] }))).toEqual([
      refused(
        'c1.1.1',
        'unknown_tool',
        'There is no tool "run_rm". The tools are: read_file, list_files, apply_patch, exec_command, send_mail.',
      ),
      reflected('continue', 'results', { evidence: ['c1.1.1'] }),
      requested('m1.2', { message_count: 3 }),
    ]);
  });

  test('a name of any length is told shortened', () => {
    const story = given(created(), message('e1'), started());
    const [first] = story.when(replied({ calls: [['x'.repeat(100_000)]] }));
    expect(JSON.stringify(first).length).toBeLessThan(500);
  });

  test('of the calls of a reply the first 64 are run, the rest is refused `limit`', () => {
    const story = given(created(), message('e1'), started());
    const calls = Array.from({ length: 66 }, (): [string] => ['read_file']);
    const text = 'Only the first 64 calls of a reply are run.';
    expect(story.when(replied({ calls }))).toEqual([
      refused('c1.1.65', 'limit', text),
      refused('c1.1.66', 'limit', text),
    ]);
    expect(wanted(story)).toHaveLength(64);
  });

  test('of the calls of a turn only so many are run, and those refused without a look are not counted', () => {
    const limits = { max_calls: 3 };
    const story = calling([['no_such_tool'], ['read_file'], ['read_file']], { limits });
    story.when(inspected('c1.1.2'), inspected('c1.1.3'), finished('c1.1.2'), finished('c1.1.3'));
    const text = 'The turn has reached its 3 tool calls.';
    expect(story.when(replied({ calls: [['read_file'], ['read_file']] }))).toEqual([refused('c1.2.2', 'limit', text)]);
    story.when(inspected('c1.2.1'), finished('c1.2.1'));
    expect(story.when(replied({ calls: [['read_file']] }))).toMatchObject([
      refused('c1.3.1', 'limit', text), { type: 'turn.reflected' }, { type: 'model.requested' },
    ]); // prettier-ignore
  });

  test('a flood of 1,000 calls leaves the turn the calls that it did not run', () => {
    const story = calling(Array.from({ length: 1000 }, (): [string] => ['read_file']));
    expect(story.turn.call_count).toBe(64);
  });

  test('calls of a reply that was cut off by its length are all refused', () => {
    const story = given(created(), message('e1'), started());
    const told = story.when(replied({ text: 'I', calls: [['read_file'], ['no_such_tool']], stop_reason: 'length' }));
    expect(told).toEqual([
      refused('c1.1.1', 'invalid_arguments'),
      refused('c1.1.2', 'invalid_arguments'),
      reflected('continue', 'results', { evidence: ['c1.1.1', 'c1.1.2'] }),
      requested('m1.2', { message_count: 4 }),
    ]);
  });
});

describe('an inspection', () => {
  test('that finds the arguments invalid has the call refused with what is wrong', () => {
    const story = calling([['exec_command']]);
    expect(story.when(inspected('c1.1.1', { invalid: 'must be a text' }))[0]).toEqual(
      refused('c1.1.1', 'invalid_arguments', '/cmd: must be a text'),
    );
  });

  test('with an empty list of faults found none', () => {
    const story = calling([['read_file']]);
    const valid = inspected('c1.1.1');
    const step: typeof valid = (state) => {
      const observed = valid(state);
      Object.assign(observed.observation.data, { invalid: [] });
      return observed;
    };
    expect(story.when(step)).toEqual(read('c1.1.1'));
  });

  test('is admitted once, and only for a call whose turn it is', () => {
    const story = calling([['read_file'], ['exec_command'], ['no_such_tool']]);
    expect(story.refuses(inspected('c1.1.2'))).toBe(true);
    expect(story.refuses(inspected('c1.1.3'))).toBe(true);
    story.when(inspected('c1.1.1'));
    expect(story.refuses(inspected('c1.1.1'))).toBe(true);
  });
});

describe('a call', () => {
  test('denied by policy is refused, and the model is told why', () => {
    const story = calling([['read_file']], { policy: { deny: ['read_file'] } });
    expect(story.when(inspected('c1.1.1')).slice(0, 2)).toEqual([
      decided('c1.1.1', 'read_file', 'read', 'deny', { rule: 'deny:read_file' }),
      refused('c1.1.1', 'denied', 'Denied by policy: read_file is on the deny list.'),
    ]);
  });

  test('of a tool that rolls forward names its files before and after in its intent', () => {
    const files = [
      { path: 'a.txt', before: `sha256:${'1'.repeat(64)}` as const, after: `sha256:${'2'.repeat(64)}` as const },
    ];
    const story = calling([['apply_patch']], { policy: { require_approval: [], allow: ['apply_patch'] } });
    expect(story.when(inspected('c1.1.1', { facts: { preimages: files } }))[1]).toEqual(
      callStarted('c1.1.1', 'apply_patch', { files }),
    );
  });

  test('that is void at execution is told so, and nothing is asked again by itself', () => {
    const story = calling([['exec_command']]);
    story.when(inspected('c1.1.1'), granted('c1.1.1'));
    const error = { code: 'void', message: 'The file has changed.' };
    expect(story.when(finished('c1.1.1', { outcome: 'void', error, output: '' }))).toMatchObject([
      reflected('continue', 'results', { evidence: ['c1.1.1'] }), { type: 'model.requested' },
    ]); // prettier-ignore
    expect(story.history.at(-1)).toMatchObject({ status: 'void', parts: [{ text: 'void: The file has changed.' }] });
  });

  test('finishes once, under the attempt that runs', () => {
    const story = calling([['read_file'], ['read_file']]);
    expect(story.refuses(finished('c1.1.1'))).toBe(true);
    story.when(inspected('c1.1.1'), inspected('c1.1.2'));
    expect(story.refuses(finished('c1.1.1', { attempt: 2 }))).toBe(true);
    story.when(finished('c1.1.1'));
    expect(story.refuses(finished('c1.1.1'))).toBe(true);
  });
});

describe('a call whose outcome nobody knows', () => {
  const allowed: Inputs = { policy: { require_approval: [], allow: ['exec_command'] } };
  const again = replied({ calls: [['exec_command', '{"cmd":"make"}']] });

  function unknown(): Story {
    const story = calling([['exec_command', '{"cmd":"make"}']], allowed);
    story.when(inspected('c1.1.1'), finished('c1.1.1', { outcome: 'unknown' }));
    return story;
  }

  test('makes the same call ask, where a rule allows it and whatever grants there are', () => {
    const story = unknown();
    expect(story.when(again, inspected('c1.2.1'))).toMatchObject([
      { data: { verdict: 'require_approval', rules: [{ id: 'fact:may_repeat' }, { id: 'allow:exec_command' }] } },
      approvalRequested('c1.2.1', START_AT + HOUR, { may_repeat_of: 'c1.1.1' }),
    ]);
    story.when(granted('c1.2.1', { scope: 'session', grant_id: 'g1' }), finished('c1.2.1', { outcome: 'unknown' }));
    expect(story.when(again, inspected('c1.3.1'))[1]).toEqual(
      approvalRequested('c1.3.1', START_AT + HOUR, { may_repeat_of: 'c1.2.1' }),
    );
  });

  test('does not concern the same tool with other arguments', () => {
    const story = unknown();
    const other = replied({ calls: [['exec_command', '{"cmd":"ls"}']] });
    expect(story.when(other, inspected('c1.2.1'))[1]).toEqual(callStarted('c1.2.1', 'exec_command'));
  });

  test('is known again when the same call has run to its end', () => {
    const story = unknown();
    story.when(again, inspected('c1.2.1'), granted('c1.2.1'), finished('c1.2.1', { outcome: 'error' }));
    expect(story.when(again, inspected('c1.3.1'))[1]).toEqual(callStarted('c1.3.1', 'exec_command'));
  });

  test.each([
    ['void', 'c1.1.1'], // it did not run
    ['canceled', 'c1.2.1'], // how far it came nobody knows either
  ] as const)('stays unknown when the repeat ended %s', (outcome, may_repeat_of) => {
    const story = unknown();
    story.when(again, inspected('c1.2.1'), granted('c1.2.1'), finished('c1.2.1', { outcome }));
    expect(story.when(again, inspected('c1.3.1'))[1]).toEqual(
      approvalRequested('c1.3.1', START_AT + HOUR, { may_repeat_of }),
    );
  });

  test('a command that was cancelled while it ran asks before it runs again, though it is allowed', () => {
    const story = calling([['exec_command', '{"cmd":"make"}']], allowed);
    story.when(inspected('c1.1.1'), finished('c1.1.1', { outcome: 'canceled' }));
    expect(story.when(again, inspected('c1.2.1'))[1]).toEqual(
      approvalRequested('c1.2.1', START_AT + HOUR, { may_repeat_of: 'c1.1.1' }),
    );
  });

  test('is of no concern where it may always run again', () => {
    const story = calling([['read_file']]);
    story.when(inspected('c1.1.1'), finished('c1.1.1', { outcome: 'unknown' }), replied({ calls: [['read_file']] }));
    expect(story.when(inspected('c1.2.1'))).toEqual(read('c1.2.1'));
  });
});

test('what is decided names the facts and arguments that were recorded', () => {
  const story = calling([['exec_command', '{"cmd":"make"}']]);
  story.when(inspected('c1.1.1', { facts: { commands: [commandFact('make')] } }));
  const recorded = story.turn.calls[0]!.inspected!;
  expect(story.when(granted('c1.1.1'))).toEqual([
    callStarted('c1.1.1', 'exec_command', {
      args_digest: recorded.args_digest,
      facts_digest: recorded.facts_digest,
      approval_id: story.turn.calls[0]!.approval!.approval_id,
    }),
  ]);
  expect(recorded.args_digest).toEqual(someDigest);
});
