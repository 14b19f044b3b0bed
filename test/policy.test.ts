/** The policy as it meets calls. H-numbers: the prior art's checks. */
import { describe, expect } from 'vitest';
import { approvalsIn, entriesOf, expectVerified, type Place, test } from './support/place.ts';

/** A model that makes one call and says what came of it. */
const oneCall = (
  place: Place,
  tool: string,
  args: Record<string, string | number>,
  governance: object = {},
  config: object = {},
): void =>
  place.play(
    [
      { match: { tool_result: tool }, reply: { text: '{{result}}' } },
      { match: { any: true }, reply: { calls: [{ tool, arguments: args }] } },
    ],
    { governance, ...config },
  );

const check = async (place: Place, tool: string, args: object): Promise<{ code: number | null; verdict: string }> => {
  const { code, stdout } = await place.run(['policy', 'check', tool, JSON.stringify(args), '-o', 'json']);
  return { code, verdict: (JSON.parse(stdout) as { verdict: string }).verdict };
};

const rows = async (place: Place): Promise<Record<string, string>> => {
  const { stdout } = await place.run(['policy', 'show', '-o', 'json']);
  const tools = JSON.parse(stdout) as { tool: string; verdict: string }[];
  return Object.fromEntries(tools.map(({ tool, verdict }) => [tool, verdict]));
};

describe('lists', () => {
  test('H-117 what is denied is refused, also when it is allowed too, and shown as denied only', async ({ place }) => {
    oneCall(place, 'time', {}, { auto_allow: ['time'], deny: ['time'] });
    const ran = await place.run(['run', '--session', 'one', 'what time is it?']);
    expect(ran.code).toBe(0); // it still ends with an answer
    expect(ran.stdout).toContain('[denied] Denied by policy: time is on the deny list');
    expect(entriesOf(place.journal('one'), 'call.started')).toEqual([]);
    expect((await rows(place))['time']).toBe('deny');
    await expectVerified(place, 'one');
  });

  test('H-118 a tool in both lists asks', async ({ place }) => {
    oneCall(place, 'time', {}, { auto_allow: ['time'], require_approval: ['time'] });
    expect((await place.run(['run', 'what time is it?'])).code).toBe(5);
  });

  test('an explicit allow beats the default ask list', async ({ place }) => {
    oneCall(place, 'exec_command', { cmd: 'echo hi' }, { auto_allow: ['exec_command'] });
    const ran = await place.run(['run', 'go']);
    expect(ran).toMatchObject({ code: 0, stdout: 'hi\n[exit code 0]\n' });
    expect(ran.stderr.match(/^sandbox off/gm)).toHaveLength(1);
  });

  test('what would run outside of the sandbox is said so, and not that there is none', async ({ place }) => {
    const escalated = { cmd: 'echo hi', sandbox_permissions: 'require_escalated' };
    oneCall(place, 'exec_command', escalated, { auto_allow: ['exec_command'] }, { sandbox: { mode: 'auto' } });
    const ran = await place.run(['run', 'go']);
    expect(ran.code).toBe(5);
    expect(ran.stderr).toMatch(/^outside of the sandbox: this command would run with your own rights$/m);
    expect(ran.stderr).not.toContain('sandbox off');
  });

  test('policy set moves the tool, and the next turn follows', async ({ place }) => {
    oneCall(place, 'exec_command', { cmd: 'echo hi' });
    expect((await rows(place))['exec_command']).toBe('require_approval');
    for (const [flag, verdict, code] of [
      ['--allow', 'allow', 0],
      ['--deny', 'deny', 0],
      ['--require-approval', 'require_approval', 5],
    ] as const) {
      expect((await place.run(['policy', 'set', 'exec_command', flag])).code).toBe(0);
      expect((await rows(place))['exec_command']).toBe(verdict);
      expect((await place.run(['run', 'go'])).code).toBe(code);
    }
  });
});

describe('what a call touches', () => {
  test.for([
    ['read_file', { path: 'a.txt' }, 'allow', 0],
    ['read_file', { path: '../other.txt' }, 'require_approval', 5],
    ['read_file', { path: '/etc/hostname' }, 'require_approval', 5],
    ['read_file', { path: '.env' }, 'require_approval', 5],
    ['read_file', { path: '.ssh/id_rsa' }, 'require_approval', 5],
    ['list_files', { path: '.' }, 'allow', 0],
    ['exec_command', { cmd: 'ls' }, 'require_approval', 5],
    ['apply_patch', { patch: '*** Begin Patch\n*** Add File: n\n+x\n*** End Patch\n' }, 'require_approval', 5],
    ['no_such_tool', {}, 'deny', 6],
  ] as const)('policy check %s %j: %s', async ([tool, args, verdict, code], { place }) => {
    place.write('a.txt', 'a\n');
    expect(await check(place, tool, args)).toEqual({ verdict, code });
  });

  test('the home is closed to every tool, by whatever path', async ({ place }) => {
    place.configure({ governance: { auto_allow: ['read_file', 'apply_patch', 'exec_command'] } });
    for (const path of [`${place.home}/config.yaml`, '../home/config.yaml', '../home/workspaces']) {
      expect(await check(place, 'read_file', { path })).toEqual({ verdict: 'deny', code: 6 });
    }
    expect(await check(place, 'exec_command', { cmd: 'ls', workdir: '../home' })).toEqual({ verdict: 'deny', code: 6 });
    expect(await check(place, 'exec_command', { cmd: `cat ${place.home}/config.yaml` })).toEqual({
      verdict: 'require_approval',
      code: 5,
    });
  });

  test('a file outside the project is read only after an approval', async ({ place }) => {
    place.write('../outside.txt', 'far away\n');
    oneCall(place, 'read_file', { path: '../outside.txt' });
    const asked = await place.run(['run', 'read it']);
    expect(asked.code).toBe(5);
    const answered = await place.run(['approve', approvalsIn(asked)[0]!, '--resume']);
    expect(answered.stdout).toContain('far away');
  });

  test('check runs nothing and writes nothing', async ({ place }) => {
    place.configure({ governance: { auto_allow: ['exec_command'] } });
    expect((await place.run(['policy', 'check', 'exec_command', '{"cmd":"touch ran"}'])).code).toBe(0);
    expect(place.read('ran')).toBe('');
    const wrong = await place.run(['policy', 'check', 'exec_command', '{"cmd":1}']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('/cmd');
  });
});

test('a turn in which every call of two rounds is denied ends denied: exit 6', async ({ place }) => {
  place.play([{ match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'ls' } }] } }], {
    governance: { deny: ['exec_command'] },
  });
  const ran = await place.run(['run', '--session', 'one', 'go']);
  expect(ran).toMatchObject({ code: 6, stdout: '' });
  expect(ran.stderr).toContain('denied');
  expect(entriesOf(place.journal('one'), 'turn.ended')).toMatchObject([{ reason: 'denied', model_calls: 2 }]);
});
