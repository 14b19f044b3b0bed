/** What can be asked of the policy beside `show`, `set` and `check`: its own tests, why a call was judged so, how often, and what changed. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import { approvalsIn, entriesOf, type Place, test, until } from './support/place.ts';

/** The workspace's policy.yaml. */
function writePolicy(place: Place, text: string): void {
  mkdirSync(join(place.home, 'workspaces/default'), { recursive: true });
  writeFileSync(join(place.home, 'workspaces/default/policy.yaml'), text);
}

const RULES = `rules:
  - {tool: exec_command, command: ["git status *", "ls *"], decision: allow}
  - {tool: exec_command, command: "git push *", decision: deny, reason: others see it}
  - {tool: exec_command, command: "npm *", hours: "mon-fri 08:00-18:00", role: operator, decision: allow}
  - {tool: exec_command, budget_left_below: 0.5, decision: deny, reason: saving}
  - {tool: read_file, tainted: true, lane: background, channel: api, decision: deny}
`;

describe('policy test', () => {
  test('a policy is held to its own tests: what is not as expected is told, with the rules and why', async ({
    place,
  }) => {
    place.configure({});
    const good = `tests:
  - {tool: exec_command, args: {cmd: "git status && ls"}, expect: allow, rule: "rules[0]"}
  - {tool: exec_command, args: {cmd: git push}, expect: deny, rule: "policy.yaml rules[1]"}
  - {tool: exec_command, args: {cmd: npm test}, at: "mon 09:30", expect: allow}
  - {tool: exec_command, args: {cmd: npm test}, at: "sat 09:30", expect: require_approval}
  - {tool: exec_command, args: {cmd: npm test}, expect: require_approval}
  - {tool: exec_command, args: {cmd: npm test}, at: "mon 09:30", as: member, expect: require_approval}
  - {tool: exec_command, args: {cmd: ls}, budget_left: 0.25, expect: deny}
  - {tool: read_file, args: {path: a.txt}, expect: allow}
  - {tool: read_file, args: {path: a.txt}, tainted: true, lane: background, channel: api, expect: deny}
`;
    writePolicy(place, RULES + good);
    const all = await place.run(['policy', 'test']);
    expect(all).toMatchObject({ code: 0, stdout: '9 tests, all as expected\n', stderr: '' });
    const bad = `  - {title: pushing asks, tool: exec_command, args: {cmd: git push}, expect: require_approval}
  - {tool: exec_command, args: {cmd: ls}, expect: allow, rule: "rules[2]"}
`;
    writePolicy(place, RULES + good + bad);
    const { code, stdout } = await place.run(['policy', 'test']);
    expect(code).toBe(1);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['TEST', 'WHAT', 'EXPECTED → GOT', 'RULE', 'REASON'],
      ['tests[9]', 'pushing asks', 'ask → deny', 'policy.yaml rules[1]', 'others see it'],
      ['tests[10]', 'exec_command {"cmd":"ls"}', 'allow by rules[2] → allow', 'policy.yaml rules[0]', 'policy.yaml rules[0] allows it'],
      ['11 tests, 2 not as expected'],
      [''],
    ]); // prettier-ignore
    const json = JSON.parse((await place.run(['policy', 'test', '-o', 'json'])).stdout) as { results: object[] };
    expect(json).toMatchObject({ schemaVersion: 'runtime.policy-cases.v1', tests: 11, failed: 2 });
    expect(json.results[9]).toEqual({
      test: 9,
      title: 'pushing asks',
      passed: false,
      expected: 'require_approval',
      verdict: 'deny',
      rules: [{ id: 'policy.yaml rules[1]', verdict: 'deny' }],
      reason: 'others see it',
    });
    expect((await place.run(['policy', 'test', '--every'])).stdout).toContain('allow by rules[0] → allow');
  });

  test('of a file: it alone is judged, in the folder that is named, whatever the hour is', async ({ place }) => {
    place.configure({ governance: { deny: ['time'] } });
    writePolicy(place, 'rules:\n  - {tool: read_file, decision: deny}\n');
    mkdirSync(join(place.project, 'src'));
    place.write(
      'mine.yaml',
      `deny: [list_files]
rules:
  - {tool: read_file, path: "${place.project}/a.txt", decision: allow}
  - {tool: [time, list_files], hours: "00:00-24:00", decision: deny}
tests:
  - {tool: read_file, args: {path: ../a.txt}, expect: allow}
  - {tool: time, expect: require_approval, rule: "governance.rules[1]"}
  - {tool: list_files, at: "mon 12:00", expect: deny}
`,
    );
    expect(await place.run(['policy', 'test', 'mine.yaml', '--root', 'src'])).toMatchObject({
      code: 0,
      stdout: '3 tests, all as expected\n',
    });
  });

  test('tests of the lists alone stand in a policy.yaml without rules; they keep no turn from running', async ({
    place,
  }) => {
    place.configure({ governance: { deny: ['time'] }, models: { default: 'demo' } });
    writePolicy(place, 'tests:\n  - {tool: time, args: {}, expect: deny, rule: "deny:time"}\n');
    expect(await place.run(['policy', 'test'])).toMatchObject({ code: 0, stdout: '1 test, as expected\n' });
    writePolicy(place, 'tests: nonsense\n');
    expect(await place.run(['run', 'hello'])).toMatchObject({ code: 0 });
  });

  test.for([
    ['tests:\n  - {tool: tme, expect: deny}\n', /policy\.yaml:2:6: tests\[0\]\.tool: there is no tool "tme"; did you mean time\?/],
    ['tests:\n  - {tool: time, expct: deny}\n', /tests\[0\]\.expct: unknown key/],
    ['tests:\n  - {tool: time, expect: never}\n', /policy\.yaml:2:18: tests\[0\]\.expect: expected one of/],
    ['tests:\n  - {tool: time, at: "mon 25:00", expect: deny}\n', /tests\[0\]\.at: /],
    ['tests:\n  - {tool: read_file, args: {pth: a}, expect: deny}\n', /policy\.yaml:2:\d+: tests\[0\]\.args: read_file would refuse/],
    ['tests: []\n', /policy\.yaml has no tests/],
    ['rules:\n  - {tool: time, decision: deny}\n', /policy\.yaml has no tests/],
    [undefined, /can't read the policy .*policy\.yaml: there is no such file/],
  ] as const)('%s', async ([text, message], { place }) => {
    place.configure({});
    if (text !== undefined) writePolicy(place, text);
    const ran = await place.run(['policy', 'test']);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(message);
  }); // prettier-ignore

  test('a file of tests and recorded calls are two things', async ({ place }) => {
    place.write('p.yaml', 'tests:\n  - {tool: time, expect: allow}\n');
    for (const args of [
      ['p.yaml', '--all', '--policy', 'p.yaml'],
      ['--root', '.', '--all', '--policy', 'p.yaml'],
    ]) {
      const ran = await place.run(['policy', 'test', ...args]);
      expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('recorded calls') as string });
    }
  });
});

/** A model that runs what it is told to. */
function playLine(place: Place, governance: object): void {
  const cmd = (text: string, line: string) => ({
    match: { contains: text },
    reply: { calls: [{ tool: 'exec_command', arguments: { cmd: line } }] },
  });
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
      cmd('both', 'ls && cat a.txt'),
      cmd('push', 'git push'),
      cmd('list', 'ls'),
      { match: { tool_result: 'time' }, reply: { text: 'late' } },
      { match: { any: true }, reply: { calls: [{ tool: 'time', arguments: {} }] } },
    ],
    { governance },
  );
}

const LINE_RULES = [
  { tool: 'exec_command', command: 'ls *', decision: 'allow' },
  { tool: 'exec_command', command: 'cat *', role: 'admin', decision: 'allow' },
  { tool: 'exec_command', command: 'git push *', decision: 'deny', reason: 'others see it' },
  { tool: 'read_file', decision: 'deny' },
];

describe('policy explain', () => {
  test('each rule that looks at the tool: whether it held, and if not why', async ({ place }) => {
    playLine(place, { rules: LINE_RULES });
    const asked = await place.run(['run', '--session', 'one', 'both']);
    place.configure({}); // what holds now says nothing of what held then
    const before = place.journal('one');
    const { code, stdout } = await place.run(['policy', 'explain', 'c1.1.1']);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'one/c1.1.1 Run ls && cat a.txt',
      'require_approval: no rule allows all of it, and exec_command is on no list',
      '  require_approval  default:unlisted',
      '',
      'the policy frozen with the turn:',
      'governance.rules[0] (allow) holds for a part of it',
      '  not for cat a.txt (command)',
      'governance.rules[1] (allow) does not hold',
      '  role is not admin: operator',
      'governance.rules[2] (deny) does not hold: others see it',
      '  command is not git push *: ls; cat a.txt',
      'no rule allows cat a.txt',
      '',
    ]);
    const [approval] = approvalsIn(asked);
    const json = await place.run(['policy', 'explain', approval!, '-o', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      schemaVersion: 'runtime.policy-explain.v1',
      session_id: 'one',
      call_id: 'c1.1.1',
      tool: 'exec_command',
      verdict: 'require_approval',
      applied: [{ id: 'default:unlisted', verdict: 'require_approval' }],
      policies: [
        { which: 'frozen', uncovered: ['cat a.txt'], rules: [{ holds: 'partly' }, { holds: 'no' }, { holds: 'no' }] },
      ],
    });
    expect(place.journal('one')).toEqual(before);
  });

  test('of several sessions one is named; what is no call, or was never judged', async ({ place }) => {
    playLine(place, { rules: LINE_RULES });
    await place.run(['run', '--session', 'one', 'push']);
    await place.run(['run', '--session', 'two', 'list']);
    const several = await place.run(['policy', 'explain', 'c1.1.1']);
    expect(several).toMatchObject({ code: 1, stdout: '' });
    expect(several.stderr).toMatch(
      /in several sessions: .*one\/c1\.1\.1[^]*Name one: runtime policy explain (one|two)\/c1\.1\.1/,
    );
    for (const args of [['one/c1.1.1'], ['c1.1.1', '--session', 'one']]) {
      expect((await place.run(['policy', 'explain', ...args])).stdout).toContain('deny: others see it\n');
    }
    expect(await place.run(['policy', 'explain', 'one/t1'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('t1 is no call') as string,
    });
    expect(await place.run(['policy', 'explain', 'one/c9.1.1'])).toMatchObject({ code: 1 });
  });

  test('policies of the session count, too; what is not there any more is said', async ({ place }) => {
    playLine(place, { rules: LINE_RULES });
    await place.run(['run', '--session', 'one', 'hello']);
    place.write('own.yaml', 'rules:\n  - {tool: exec_command, command: ls, decision: deny}\n');
    const fork = await place.run(['session', 'fork', 'one', '--policy', 'own.yaml', '--message', 'list']);
    const id = fork.stdout.split('\n')[0]!;
    expect((await place.run(['policy', 'explain', `${id}/c2.1.1`])).stdout).toMatch(
      /^the policy frozen with the turn:\ngovernance\.rules\[0\] \(allow\) holds\n[^]*^a policy of the session's own:\ngovernance\.rules\[0\] \(deny\) holds$/m,
    );
    rmSync(join(place.home, 'workspaces/default/blobs'), { recursive: true });
    const { code, stdout } = await place.run(['policy', 'explain', `${id}/c2.1.1`]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^deny: governance\.rules\[0\] says so\n[^]*not known: what the rules said/m);
  });

  test('policy check --explain tells the same of a call that nobody made', async ({ place }) => {
    place.configure({ governance: { rules: LINE_RULES } });
    const args = ['policy', 'check', 'exec_command', '{"cmd":"ls && git push"}'];
    const { code, stdout } = await place.run([...args, '--explain']);
    expect(code).toBe(6);
    expect(stdout.split('\n')).toEqual([
      'deny: others see it',
      '  deny              governance.rules[2]',
      '',
      'governance.rules[0] (allow) holds for a part of it',
      '  not for git push (command)',
      'governance.rules[1] (allow) does not hold',
      '  role is not admin: operator',
      'governance.rules[2] (deny) holds: others see it',
      'no rule allows git push',
      '',
    ]);
    const json = JSON.parse((await place.run([...args, '--explain', '-o', 'json'])).stdout) as object;
    expect(json).toMatchObject({ verdict: 'deny', explained: { uncovered: ['git push'] } });
    expect(JSON.parse((await place.run([...args, '-o', 'json'])).stdout)).not.toHaveProperty('explained');
    const none = await place.run(['policy', 'check', 'time', '{}', '--explain']);
    expect(none.stdout).toMatch(/\n\nno rule looks at this tool\n$/);
  });
});

describe('policy stats', () => {
  const counts = { calls: 0, allowed: 0, asked: 0, granted: 0, refused: 0, expired: 0, denied: 0 };

  test('what was allowed, asked for and denied, by tool and by rule; and rules that never applied', async ({
    place,
  }) => {
    playLine(place, { rules: LINE_RULES, approval_ttl: '1s' });
    await place.run(['run', '--session', 'one', 'list']);
    await place.run(['run', '--session', 'two', 'push']);
    await place.run(['run', '--session', 'late', 'both']);
    const { expires_at } = entriesOf(place.journal('late'), 'approval.requested')[0]!;
    await until('it has expired', () => Date.now() >= expires_at);
    await place.run(['run', '--session', 'late']);
    playLine(place, { rules: LINE_RULES });
    for (const [session, answer] of [
      ['yes', 'approve'],
      ['no', 'deny'],
    ] as const) {
      const [id] = approvalsIn(await place.run(['run', '--session', session, 'both']));
      await place.run([answer, id!, '--resume']);
    }
    await place.run(['run', '--session', 'open', 'both']);
    await place.run(['run', '--session', 'time', 'what is it']);
    const json = JSON.parse((await place.run(['policy', 'stats', '-o', 'json'])).stdout) as object;
    const exec = { ...counts, calls: 6, allowed: 1, asked: 4, granted: 1, refused: 1, expired: 1, denied: 1 };
    expect(json).toEqual({
      schemaVersion: 'runtime.policy-stats.v1',
      total: { ...exec, calls: 7, allowed: 2 },
      tools: [
        { tool: 'exec_command', ...exec },
        { tool: 'time', ...counts, calls: 1, allowed: 1 },
      ],
      rules: expect.arrayContaining([
        { rule: 'default:unlisted', ...counts, calls: 4, asked: 4, granted: 1, refused: 1, expired: 1 },
        { rule: 'governance.rules[0]', ...counts, calls: 1, allowed: 1 },
        { rule: 'governance.rules[2]', ...counts, calls: 1, denied: 1 },
        { rule: 'allow:time', ...counts, calls: 1, allowed: 1 },
      ]) as object[],
      unused: ['governance.rules[1]', 'governance.rules[3]'],
      unreadable: [],
    });
    const { stdout } = await place.run(['policy', 'stats']);
    expect(stdout).toMatch(
      /^TOOL +ALLOWED +ASKED +GRANTED +REFUSED +EXPIRED +DENIED\nexec_command +1 +4 +1 +1 +1 +1\n/,
    );
    expect(stdout).toMatch(/\n\nnever applied: governance\.rules\[1\]\nnever applied: governance\.rules\[3\]\n$/);
  });

  test('a rule is known by what it says: moved it goes on, changed it begins anew; days; forks; damage', async ({
    place,
  }) => {
    playLine(place, { rules: LINE_RULES });
    await place.run(['run', '--session', 'one', 'list']);
    await place.run(['run', '--session', 'two', 'push']);
    await place.run(['session', 'fork', 'one']);
    const [list, , push] = LINE_RULES;
    playLine(place, { rules: [{ ...push!, reason: 'another' }, list] });
    const rules = async (...args: string[]) =>
      JSON.parse((await place.run(['policy', 'stats', '-o', 'json', ...args])).stdout) as object;
    expect(await rules()).toMatchObject({
      total: { calls: 2 },
      rules: [
        { rule: 'governance.rules[1]', allowed: 1 },
        { rule: 'governance.rules[2]', earlier: true, denied: 1 },
      ],
      unused: ['governance.rules[0]'],
    });
    expect((await place.run(['policy', 'stats'])).stdout).toContain('governance.rules[2], as it was');
    expect(await rules('--until', '2020-01-01')).toMatchObject({
      until: '2020-01-01',
      total: counts,
      unused: ['governance.rules[0]', 'governance.rules[1]'],
    });
    expect(await rules('--since', '2020-01-01')).toMatchObject({ total: { calls: 2 } });
    expect(await place.run(['policy', 'stats', '--since', '2026-02-30'])).toMatchObject({ code: 2 });
    const file = place.journalFile('two');
    writeFileSync(file, readFileSync(file, 'utf8').replace('others see it', 'others saw it'));
    expect(await rules()).toMatchObject({ unreadable: ['two'] });
  });
});

describe('policy audit', () => {
  const changes = async (place: Place, ...args: string[]): Promise<object[]> =>
    (JSON.parse((await place.run(['policy', 'audit', '-o', 'json', ...args])).stdout) as { changes: object[] }).changes;

  test('what was set, and what was changed without a word; newest first', async ({ place }) => {
    playLine(place, { rules: LINE_RULES });
    await place.run(['run', '--session', 'one', 'time']);
    expect(await place.run(['policy', 'audit'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'no change of the policy is on record\n',
    });
    await place.run(['policy', 'set', 'time', '--deny']);
    await place.run(['run', '--session', 'one', 'time']);
    writePolicy(place, RULES);
    await place.run(['run', '--session', 'two', 'time']);
    await place.run(['session', 'fork', 'two']);
    expect(await changes(place)).toMatchObject([
      { type: 'turn.started', session_id: 'two', turn: 1, seq: 3, changed: ['rules'] },
      { type: 'policy.set', by: 'local', tool: 'time', verdict: 'deny' },
    ]);
    const { stdout } = await place.run(['policy', 'audit']);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/).slice(1))).toEqual([
      ['BY', 'WHAT', 'WHERE'],
      ['not recorded', 'first used: rules', 'two/t1'],
      ['local', 'set: time deny'],
      [],
    ]);
    expect(await changes(place, '--until', '2020-01-01')).toEqual([]);
    expect(await place.run(['policy', 'audit', '--since', 'yesterday'])).toMatchObject({ code: 2 });
  });

  test('what a daemon read again, and turns that met it', async ({ place, mock }) => {
    mock.reply({ text: 'one', holdAfter: 1 });
    place.connect(mock, {}, { governance: { deny: ['time'] } });
    const daemon = await startDaemon(place);
    await daemon.ask('POST', '/v1/events', { content: 'hi', session_id: 'one' });
    await until('the model is asked', () => mock.requests.length === 1);
    place.connect(mock, {}, { governance: { deny: ['time', 'read_file'] }, budget: { turn: { tokens: 5000 } } });
    writePolicy(place, RULES);
    process.kill(daemon.pid, 'SIGHUP');
    await daemon.says('"configuration reloaded"');
    mock.release();
    const met = { type: 'policy.changed', by: 'local', session_id: 'one', turn: 1 };
    expect(await changes(place)).toMatchObject([
      { type: 'config.reloaded', by: 'local', changed: ['governance.deny', 'policy.yaml'] },
      met,
    ]);
    place.connect(mock, {}, { governance: { deny: ['time', 'read_file'] }, budget: { turn: { tokens: 6000 } } });
    const again = daemon.says('"changed":["budget.turn.tokens"]');
    process.kill(daemon.pid, 'SIGHUP');
    await again;
    expect(await changes(place)).toHaveLength(2);
    expect((await place.run(['store', 'check'])).code).toBe(0);
  });
});
