/** Grants by a narrow rule: proposed, shown, edited, and holding for what it covers and nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { ApprovalRecord } from '../src/contract/answers.ts';
import { CONFINED, test } from './support/confined.ts';
import { approvalsIn, entriesOf, expectVerified, type Place, type Ran } from './support/place.ts';

/** A model that runs whatever command it is told. */
const obedient = (place: Place, config: object = {}): void =>
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: '{{asked}}' } }] } },
    ],
    { ...CONFINED, ...config },
  );

const tell = (place: Place, session: string, command: string): Promise<Ran> =>
  place.run(['run', '--session', session, command]);

const ask = async (place: Place, command: string, session = 'one'): Promise<string> => {
  const asked = await tell(place, session, command);
  expect(asked.code).toBe(5);
  return approvalsIn(asked)[0]!;
};

const show = async (place: Place, id: string): Promise<ApprovalRecord> =>
  JSON.parse((await place.run(['approvals', 'show', id, '-o', 'json'])).stdout) as ApprovalRecord;

const RULE = { tool: 'exec_command', command: 'touch a.txt', sandboxed: true, decision: 'allow' };

describe('approve --always', () => {
  test('shows the rule beforehand, prints the one that it makes, and that holds for other calls that it covers', async ({
    place,
  }) => {
    obedient(place);
    const id = await ask(place, 'touch a.txt');
    expect((await show(place, id)).proposed_rule).toEqual(RULE);
    const line = '{tool: exec_command, command: "touch a.txt", sandboxed: true, decision: allow}';
    expect((await place.run(['approvals', 'show', id])).stdout).toContain(line);
    const granted = await place.run(['approve', id, '--always', '--resume']);
    expect(granted).toMatchObject({ code: 0, stdout: 'done\n' });
    expect(granted.stderr).toContain(line);
    expect((await tell(place, 'other', 'touch a.txt && touch a.txt')).code).toBe(0);
    const started = entriesOf(place.journal('other'), 'call.started')[0]!;
    const [resolved] = entriesOf(place.journal('one'), 'approval.resolved');
    expect(started).toMatchObject({ grant_id: resolved!.grant_id });
    expect(resolved!.rule).toEqual({
      ...RULE,
      id: resolved!.grant_id,
      tool: ['exec_command'],
      command: ['touch a.txt'],
    });
    expect((await tell(place, 'third', 'touch b.txt')).code).toBe(5);
    for (const session of ['one', 'other', 'third']) await expectVerified(place, session);
  });

  test('is proposed with harmless variables, and holds with no others', async ({ place }) => {
    obedient(place);
    const id = await ask(place, 'CI=1 touch a.txt');
    expect((await show(place, id)).proposed_rule).toEqual(RULE);
    await place.run(['approve', id, '--always', '--resume']);
    expect((await tell(place, 'other', 'touch a.txt')).code).toBe(0);
    expect((await tell(place, 'third', 'FOO=1 touch a.txt')).code).toBe(5);
  });

  test('what a redirect gives has no rule: exactly this call is granted', async ({ place }) => {
    obedient(place);
    for (const name of ['in.txt', 'other.txt']) place.write(name, 'text\n');
    await place.run(['approve', await ask(place, 'cat'), '--always', '--resume']);
    const id = await ask(place, 'cat < in.txt', 'two');
    expect((await show(place, id)).proposed_rule).toBeUndefined();
    const rule = '{tool: exec_command, command: cat, decision: allow}';
    expect((await place.run(['approve', id, '--always', '--rule', rule])).stderr).toContain('by a redirect');
    expect((await place.run(['approve', id, '--always', '--resume'])).code).toBe(0);
    expect((await tell(place, 'three', 'cat < in.txt')).code).toBe(0);
    for (const line of ['cat < other.txt', 'cat <<E\ntext\nE', 'cat <<< text']) {
      expect((await tell(place, `s-${line.length}`, line)).code, line).toBe(5);
    }
  });

  test('with --rule it is the edited one', async ({ place }) => {
    obedient(place);
    const id = await ask(place, 'touch a.txt');
    const granted = await place.run([
      'approve', id, '--always', '--rule', '{tool: exec_command, command: touch *, decision: allow}',
    ]); // prettier-ignore
    expect(granted.code).toBe(0);
    expect((await tell(place, 'two', 'touch b.txt c.txt')).code).toBe(0);
    expect((await tell(place, 'two', 'touch b.txt; rm b.txt')).code).toBe(5);
    expect((await tell(place, 'three', 'touch b.txt > c.txt')).code).toBe(5);
    const file = readFileSync(join(place.home, 'workspaces/default/governance/grants.jsonl'), 'utf8');
    const { data } = JSON.parse(file) as { data: { grant_id: string; rule: unknown } };
    expect(data.rule).toEqual({
      tool: 'exec_command',
      project_root: place.project,
      by_role: 'operator',
      rule: { id: data.grant_id, tool: ['exec_command'], command: ['touch *'], decision: 'allow' },
    });
  });

  test('with --session --rule it holds in this session alone', async ({ place }) => {
    obedient(place);
    const id = await ask(place, 'touch a.txt');
    const rule = JSON.stringify({ ...RULE, command: 'touch *' });
    expect((await place.run(['approve', id, '--session', '--rule', rule, '--resume'])).code).toBe(0);
    expect((await tell(place, 'one', 'touch b.txt')).code).toBe(0);
    expect((await tell(place, 'two', 'touch b.txt')).code).toBe(5);
    await expectVerified(place, 'one');
  });

  test('with --edit it is what the editor leaves', async ({ place }) => {
    obedient(place);
    const id = await ask(place, 'touch a.txt');
    const environment = { EDITOR: "sed -i 's/touch a.txt/touch [ab].txt/'" };
    const refused = await place.run(['approve', id, '--always', '--edit'], { environment });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('touch a.txt');
    environment.EDITOR = 'rm';
    const removed = await place.run(['approve', id, '--always', '--edit'], { environment });
    expect([removed.code, removed.stderr]).toEqual([2, expect.stringContaining('the editor `rm` left no file')]);
    environment.EDITOR = "sed -i 's/touch a.txt/touch */'";
    expect((await place.run(['approve', id, '--always', '--edit'], { environment })).code).toBe(0);
    expect((await tell(place, 'two', 'touch b.txt')).code).toBe(0);
  });

  test('with --exact, and where no rule can be proposed, exactly this call is granted', async ({ place }) => {
    obedient(place);
    const id = await ask(place, 'touch a.txt');
    expect((await place.run(['approve', id, '--always', '--exact'])).code).toBe(0);
    expect((await tell(place, 'two', 'touch  a.txt')).code).toBe(5);
    expect((await tell(place, 'three', 'touch a.txt')).code).toBe(0);
    const unclear = await ask(place, 'touch $HOME/x', 'four');
    expect((await show(place, unclear)).proposed_rule).toBeUndefined();
    const granted = await place.run(['approve', unclear, '--always']);
    expect(granted.stderr).toContain('exactly this call');
    expect((await place.run(['approvals', 'revoke', 'g-'])).code).toBe(1);
  });
});

test('a rule for one folder holds in no other, nor where the call names none', async ({ place }) => {
  const call = (workdir?: string) => ({
    tool: 'exec_command',
    arguments: { cmd: 'touch made', ...(workdir && { workdir }) },
  });
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
      { match: { contains: 'in src' }, reply: { calls: [call('src')] } },
      { match: { contains: 'in docs' }, reply: { calls: [call('docs')] } },
      { match: { any: true }, reply: { calls: [call()] } },
    ],
    CONFINED,
  );
  for (const folder of ['src', 'docs']) place.write(`${folder}/a`, '');
  const id = await ask(place, 'in src');
  expect((await show(place, id)).proposed_rule).toEqual({ ...RULE, command: 'touch made', path: 'src' });
  await place.run(['approve', id, '--always', '--resume']);
  expect((await tell(place, 'again', 'in src')).code).toBe(0);
  expect((await tell(place, 'docs', 'in docs')).code).toBe(5);
  expect((await tell(place, 'root', 'here')).code).toBe(5);
  expect(readdirSync(place.project)).not.toContain('made');
  expect((await place.run(['policy', 'explain', 'root/c1.1.1'])).stdout).toContain('not for touch made (path)');
  for (const session of ['one', 'again', 'docs', 'root']) await expectVerified(place, session);
});

test('a rule that is no answer to the call is refused, says why, and the call waits', async ({ place }) => {
  obedient(place);
  const id = await ask(place, 'touch a.txt');
  const rules: [string, string][] = [
    ['{tool: exec_command, command: touch b.txt, decision: allow}', 'it does not cover touch a.txt (command)'],
    ['{tool: apply_patch, path: a.txt, decision: allow}', 'the call is of exec_command'],
    ['{tool: "*", command: touch a.txt, decision: allow}', 'the call is of exec_command'],
    ['{tool: exec_command, command: "*", decision: allow}', '`*` is too wide'],
    ['{tool: exec_command, path: "**", decision: allow}', '`**` is too wide'],
    ['{tool: exec_command, decision: allow}', 'whatever exec_command does'],
    ['{tool: exec_command, command: touch a.txt, decision: deny}', 'it says deny'],
    ['{tool: exec_command, command: touch a.txt, role: admin, decision: allow}', 'role is admin'],
    ['{tool: exec_command, command: "touch a.txt; ls", decision: allow}', 'bare words'],
    ['{tool: exec_command, comand: touch a.txt, decision: allow}', 'comand: unknown key'],
    ['{tool: exec_command, command: touch a.txt}', 'decision: is missing'],
    ['{tool: ', 'the rule'],
    ['touch a.txt', 'the rule'],
  ];
  for (const [rule, said] of rules) {
    const ran = await place.run(['approve', id, '--always', '--rule', rule]);
    expect(ran.stderr).toContain(said);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
  }
  expect((await show(place, id)).status).toBe('pending');
  for (const flags of [['--rule', '{}'], ['--edit'], ['--exact'], ['--always', '--exact', '--edit']]) {
    expect((await place.run(['approve', id, ...flags])).code).toBe(2);
  }
});

test('a command that names the program, or touches a secret, is granted by no rule', async ({ place }) => {
  place.play(
    [
      { match: { tool_result: 'read_file' }, reply: { text: 'done' } },
      { match: { contains: '.env' }, reply: { calls: [{ tool: 'read_file', arguments: { path: '{{asked}}' } }] } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: '{{asked}}' } }] } },
    ],
    CONFINED,
  );
  place.write('.env', 'A=1');
  const named = await ask(place, 'echo runtime approve');
  expect((await show(place, named)).proposed_rule).toBeUndefined();
  const rule = '{tool: exec_command, command: echo *, decision: allow}';
  expect((await place.run(['approve', named, '--always', '--rule', rule])).stderr).toContain(
    'asks whatever is granted',
  );
  const secret = await ask(place, '.env', 'two');
  expect((await show(place, secret)).proposed_rule).toBeUndefined();
  const read = '{tool: read_file, path: .env, decision: allow}';
  expect((await place.run(['approve', secret, '--always', '--rule', read])).stderr).toContain('looks like a secret');
});

describe('proposals', () => {
  test('of a patch: its files, and any patch to them runs from then on', async ({ place }) => {
    const patch = (word: string): string =>
      `*** Begin Patch\n*** Update File: src/a.txt\n@@\n-${word === 'mid' ? 'old' : 'mid'}\n+${word}\n*** End Patch\n`;
    place.play([
      { match: { tool_result: 'apply_patch' }, reply: { text: '{{result}}' } },
      { match: { contains: 'first' }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch: patch('mid') } }] } },
      { match: { any: true }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch: patch('new') } }] } },
    ]);
    place.write('src/a.txt', 'old\n');
    const id = await ask(place, 'first');
    expect((await show(place, id)).proposed_rule).toEqual({
      tool: 'apply_patch',
      path: 'src/a.txt',
      decision: 'allow',
    });
    expect((await place.run(['approve', id, '--always', '--resume'])).code).toBe(0);
    expect((await tell(place, 'two', 'second')).code).toBe(0);
    expect(place.read('src/a.txt')).toBe('new\n');
  });

  test('of a file outside the project: its real path', async ({ place }) => {
    place.play([
      { match: { tool_result: 'read_file' }, reply: { text: 'done' } },
      { match: { any: true }, reply: { calls: [{ tool: 'read_file', arguments: { path: '{{asked}}' } }] } },
    ]);
    const file = join(place.project, '../notes.txt');
    place.write('../notes.txt', 'one');
    const id = await ask(place, '../notes.txt');
    expect((await show(place, id)).proposed_rule).toEqual({ tool: 'read_file', path: file, decision: 'allow' });
    expect((await place.run(['approve', id, '--always'])).code).toBe(0);
    expect((await tell(place, 'two', file)).code).toBe(0);
    expect((await tell(place, 'three', '/etc/hosts')).code).toBe(5);
  });
});

describe('a rule that was granted', () => {
  const grantTouch = async (place: Place): Promise<string> => {
    const id = await ask(place, 'touch a.txt');
    const rule = '{tool: exec_command, command: touch *, decision: allow}';
    expect((await place.run(['approve', id, '--always', '--rule', rule, '--resume'])).code).toBe(0);
    return (await show(place, id)).resolved!.grant_id!;
  };

  test('is listed, and taken back', async ({ place }) => {
    obedient(place);
    const grant = await grantTouch(place);
    expect((await place.run(['approvals', 'grants'])).stdout).toContain('command: touch *');
    expect(JSON.parse((await place.run(['approvals', 'grants', '-o', 'json'])).stdout)).toMatchObject([
      { grant_id: grant, rule: { command: ['touch *'] } },
    ]);
    expect((await place.run(['approvals', 'revoke', grant])).code).toBe(0);
    expect((await tell(place, 'two', 'touch b.txt')).code).toBe(5);
  });

  test('is named by policy check, policy explain and why', async ({ place }) => {
    obedient(place);
    const grant = await grantTouch(place);
    const checked = await place.run(['policy', 'check', 'exec_command', '{"cmd":"touch b.txt"}']);
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('granted before: command: touch *') });
    await tell(place, 'two', 'touch b.txt');
    const explained = await place.run(['policy', 'explain', 'two/c1.1.1']);
    expect(explained.stdout).toContain(`(${grant})`);
    expect(explained.stdout).toContain('what was granted');
    expect((await place.run(['why', 'two/c1.1.1'])).stdout).toContain('granted before: command: touch *');
    await tell(place, 'three', 'touch b.txt && rm b.txt');
    const partly = await place.run(['policy', 'explain', 'three/c1.1.1']);
    expect(partly.stdout).toContain('not for rm b.txt (command)');
  });

  test('with a star never answers for a rule of the policy that asks', async ({ place }) => {
    obedient(place);
    await grantTouch(place);
    const rules = [{ tool: 'exec_command', command: 'touch keep.txt', decision: 'require_approval' }];
    obedient(place, { governance: { rules } });
    expect((await tell(place, 'two', 'touch b.txt')).code).toBe(0);
    expect((await tell(place, 'two', 'touch keep.txt')).code).toBe(5);
  });
});
