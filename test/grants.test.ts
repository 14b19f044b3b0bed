/** Grants: an answer that holds for more than one call, and for no other; of a command in a sandbox. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { CONFINED, test } from './support/confined.ts';
import { approvalsIn, entriesOf, expectVerified, linesOf, type Place } from './support/place.ts';

/** A model that runs whatever command it is told. */
const obedient = (place: Place, config: object = CONFINED): void =>
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: '{{asked}}' } }] } },
    ],
    config,
  );

const tell = (place: Place, session: string, command: string) => place.run(['run', '--session', session, command]);

const grantOnce = async (place: Place, session: string, command: string, ...scope: string[]): Promise<void> => {
  const asked = await tell(place, session, command);
  expect(asked.code).toBe(5);
  const granted = await place.run(['approve', approvalsIn(asked)[0]!, ...scope, '--resume']);
  expect(granted).toMatchObject({ code: 0, stdout: 'done\n' });
};

const ADD = 'echo a >> a.txt';

describe('once', () => {
  test('the next same call asks again', async ({ place }) => {
    obedient(place);
    await grantOnce(place, 'one', ADD);
    expect((await tell(place, 'one', ADD)).code).toBe(5);
    expect(place.read('a.txt')).toBe('a\n');
  });
});

test('a fork behind an answer that was used does not use it again', async ({ place }) => {
  obedient(place);
  await grantOnce(place, 'one', ADD);
  const lines = place.journal('one');
  const seqOf = (type: string): number => lines.find((line) => line.type === type)!.seq;
  for (let seq = seqOf('approval.requested'); seq < seqOf('call.finished'); seq++) {
    const id = (await place.run(['session', 'fork', 'one', '--at', `seq:${seq}`])).stdout.trim();
    expect(entriesOf(place.journal(id), 'session.forked')).toMatchObject([{ from: { seq } }]);
    await place.run(['session', 'resume', id]);
    expect([seq, place.read('a.txt')]).toEqual([seq, 'a\n']);
    await expectVerified(place, id);
  }
});

describe('--session', () => {
  test('the same call runs in this session, and asks in another', async ({ place }) => {
    obedient(place);
    await grantOnce(place, 'one', ADD, '--session');
    expect(await tell(place, 'one', ADD)).toMatchObject({ code: 0, stdout: 'done\n' });
    expect(place.read('a.txt')).toBe('a\na\n');
    expect((await tell(place, 'other', ADD)).code).toBe(5);
    expect(place.read('a.txt')).toBe('a\na\n');
    const [resolved] = entriesOf(place.journal('one'), 'approval.resolved');
    expect(resolved).toMatchObject({ scope: 'session', grant_id: expect.stringMatching(/^g-/) });
    expect(entriesOf(place.journal('one'), 'call.started').at(-1)).toMatchObject({ grant_id: resolved!.grant_id });
    await expectVerified(place, 'one');
  });

  test('is listed with its session, by which it ends, if nobody takes it back before', async ({ place }) => {
    obedient(place);
    await grantOnce(place, 'one', ADD, '--session');
    await grantOnce(place, 'one', 'echo b >> b.txt', '--always');
    const forked = (await place.run(['session', 'fork', 'one'])).stdout.trim();
    const { stdout } = await place.run(['approvals', 'grants']);
    const [, ...rows] = stdout.trimEnd().split('\n');
    expect(rows).toEqual([
      expect.stringMatching(/^g-\S+ +exec_command .*echo b.* all sessions /),
      expect.stringMatching(/^g-\S+ +exec_command +Run echo a >> a\.txt +one /),
    ]);
    const [own] = entriesOf(place.journal('one'), 'approval.resolved');
    const listed = JSON.parse((await place.run(['approvals', 'grants', '-o', 'json'])).stdout) as object[];
    expect(listed[1]).toMatchObject({ grant_id: own!.grant_id, session_id: 'one', scope: 'session' });
    expect((await tell(place, forked, ADD)).code).toBe(5);
    await grantOnce(place, 'two', ADD, '--session');
    expect(await place.run(['approvals', 'revoke', own!.grant_id!])).toMatchObject({
      code: 0,
      stderr: `revoked ${own!.grant_id}: that call of exec_command asks again in session one\n`,
    });
    const after = (await place.run(['approvals', 'grants'])).stdout;
    expect([after.includes(' one '), after.includes(' two ')]).toEqual([false, true]);
    expect((await tell(place, 'one', ADD)).code).toBe(5);
    expect((await tell(place, 'two', ADD)).code).toBe(0);
    expect((await place.run(['session', 'show', 'one'])).stdout).toContain(`revoked  ${own!.grant_id}, by local`);
    expect((await place.run(['approvals', 'revoke', own!.grant_id!])).stderr).toContain('There is no grant');
    await expectVerified(place, 'one');
    await place.run(['session', 'rm', 'two', '--force']);
    expect((await place.run(['approvals', 'grants'])).stdout).not.toContain(' two ');
  });

  test('stays behind, where the session is exported and imported, under its own name, too', async ({ place }) => {
    obedient(place);
    await grantOnce(place, 'one', ADD, '--session');
    await place.run(['session', 'export', 'one', '--file', 'one.jsonl']);
    expect(await place.run(['session', 'import', 'one.jsonl', '--as', 'two'])).toMatchObject({ code: 0 });
    expect((await tell(place, 'two', ADD)).code).toBe(5);
    await place.run(['session', 'rm', 'one', '--force']);
    expect(await place.run(['session', 'import', 'one.jsonl'])).toMatchObject({ code: 0 });
    expect((await tell(place, 'one', ADD)).code).toBe(5);
    expect(place.read('a.txt')).toBe('a\n');
  });

  test('other arguments ask', async ({ place }) => {
    obedient(place);
    await grantOnce(place, 'one', ADD, '--session');
    expect((await tell(place, 'one', `${ADD} `)).code).toBe(5);
    expect(place.read('a.txt')).toBe('a\n');
  });
});

describe('--always', () => {
  test('the same call runs in any session; other arguments ask', async ({ place }) => {
    obedient(place);
    await grantOnce(place, 'one', ADD, '--always');
    expect((await tell(place, 'other', ADD)).code).toBe(0);
    expect(place.read('a.txt')).toBe('a\na\n');
    expect((await tell(place, 'third', 'echo b >> a.txt')).code).toBe(5);
    await expectVerified(place, 'other');
  });

  test('the standing grant is a line of its own that names its approval', async ({ place }) => {
    obedient(place);
    await grantOnce(place, 'one', ADD, '--always', '--exact');
    const file = join(place.home, 'workspaces/default/governance/grants.jsonl');
    const [resolved] = entriesOf(place.journal('one'), 'approval.resolved');
    const { approval_id, grant_id } = resolved!;
    const [inspected] = entriesOf(place.journal('one'), 'call.inspected');
    expect(linesOf(readFileSync(file, 'utf8'))).toMatchObject([
      {
        type: 'grant.added',
        data: {
          approval_id,
          grant_id,
          session_id: 'one',
          rule: { tool: 'exec_command', args_digest: inspected!.args_digest },
        },
      },
    ]);
  });

  test('it is listed with what was approved, and once it is taken back the call asks again, in its own session too', async ({
    place,
  }) => {
    obedient(place);
    const none = await place.run(['approvals', 'grants', '-o', 'json']);
    expect(none).toMatchObject({ code: 0, stdout: '[]\n' });
    await grantOnce(place, 'one', ADD, '--always');
    const listed = JSON.parse((await place.run(['approvals', 'grants', '-o', 'json'])).stdout);
    expect(listed).toMatchObject([{ tool: 'exec_command', title: `Run ${ADD}`, session_id: 'one', by: 'local' }]);
    const revoked = await place.run(['approvals', 'revoke', listed[0].grant_id.slice(0, 12)]);
    expect(revoked).toMatchObject({ code: 0, stdout: '' });
    expect((await place.run(['approvals', 'grants', '-o', 'json'])).stdout).toBe('[]\n');
    expect((await tell(place, 'one', ADD)).code).toBe(5);
    expect((await tell(place, 'other', ADD)).code).toBe(5);
    expect((await place.run(['approvals', 'revoke', listed[0].grant_id])).code).toBe(1);
    await expectVerified(place, 'one');
  });

  test('what the policy denies stays denied', async ({ place }) => {
    obedient(place);
    await grantOnce(place, 'one', ADD, '--always');
    expect((await place.run(['policy', 'check', 'exec_command', JSON.stringify({ cmd: ADD })])).code).toBe(0);
    await place.run(['policy', 'set', 'exec_command', '--deny']);
    expect((await place.run(['policy', 'check', 'exec_command', JSON.stringify({ cmd: ADD })])).code).toBe(6);
    await tell(place, 'other', ADD);
    expect(place.read('a.txt')).toBe('a\n');
  });
});

test('no grant lets a command that names the program run unasked', async ({ place }) => {
  obedient(place);
  const command = 'echo runtime approve >> a.txt';
  await grantOnce(place, 'one', command, '--always');
  expect((await tell(place, 'one', command)).code).toBe(5);
});

describe('without a sandbox a command is granted once only', () => {
  const OFF = { sandbox: { mode: 'off' } };

  test('which is shown, and whoever answers for longer is told', async ({ place }) => {
    obedient(place, OFF);
    const asked = await tell(place, 'one', ADD);
    const id = approvalsIn(asked)[0]!;
    const shown = (await place.run(['approvals', 'show', id])).stdout;
    expect(shown).toMatch(/^grant: +once only: no sandbox would confine it$/m);
    expect(shown).not.toMatch(/^always:/m);
    const rule = '{tool: exec_command, command: echo *, path: a.txt, decision: allow}';
    for (const scope of [['--session'], ['--always'], ['--always', '--exact'], ['--always', '--rule', rule]]) {
      const { code, stderr } = await place.run(['approve', id, ...scope]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('No sandbox would confine it')]);
      expect(stderr).toContain(`Grant it for once: runtime approve ${id}.`);
      expect(stderr).not.toMatch(/exactly this call|the rule:/);
    }
    expect((await place.run(['approve', id, '--resume'])).code).toBe(0);
    expect((await tell(place, 'one', ADD)).code).toBe(5);
    expect(place.read('a.txt')).toBe('a\n');
    await expectVerified(place, 'one');
  });

  test('whatever was granted in one', async ({ place }) => {
    obedient(place);
    const rule = '{tool: exec_command, command: echo *, path: a.txt, decision: allow}';
    await grantOnce(place, 'one', ADD, '--always', '--rule', rule);
    obedient(place, OFF);
    expect((await tell(place, 'other', ADD)).code).toBe(5);
    const explained = (await place.run(['policy', 'explain', 'other/c1.1.1'])).stdout;
    expect(explained).toMatch(
      /what was granted:\ng-\w+ \(allow\w*\) does not hold\n +sandboxed is not true: it runs in no sandbox/,
    );
    obedient(place, { ...OFF, governance: { rules: [{ tool: 'exec_command', command: 'echo *', path: 'a.txt', decision: 'allow' }] } }); // prettier-ignore
    expect((await tell(place, 'third', ADD)).code).toBe(0);
    expect(place.read('a.txt')).toBe('a\na\n');
  });

  test('also where the model asks for none', async ({ place }) => {
    const escalated = { cmd: '{{asked}}', sandbox_permissions: 'require_escalated' };
    place.play(
      [
        { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
        { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: escalated }] } },
      ],
      CONFINED,
    );
    const id = approvalsIn(await tell(place, 'one', ADD))[0]!;
    expect((await place.run(['approve', id, '--session'])).code).toBe(2);
    expect((await place.run(['approve', id, '--resume'])).code).toBe(0);
    expect((await tell(place, 'one', ADD)).code).toBe(5);
  });
});

test('--session and --always exclude one another', async ({ place }) => {
  const { code, stdout } = await place.run(['approve', 'a-0123456789abcdef', '--session', '--always']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});
