/** Content from outside in a conversation: what asks then, where it goes along, and who may say that it is trusted. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import { entriesOf, expectVerified, type Place, type Ran, test } from './support/place.ts';
import { ANSWERS, does, plans, step } from './support/goals.ts';
import { answerApproval, enter, openRepl, send } from './support/repl.ts';

const SOURCE = 'web:127.0.0.1';
const ASKS = `content from ${SOURCE} is in the conversation, and it would run without a sandbox`;

/** A page on the loopback: where. */
async function servePage(place: Place): Promise<string> {
  const server = createServer((_, response) => void response.end('A page.'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  place.atEnd(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** That page is opened when `open` is said; `run` runs a command that a rule allows, `read` reads a file. */
async function playBeside(place: Place, governance: object = {}): Promise<void> {
  const at = await servePage(place);
  const call = (asked: string, tool: string, args: object) => ({
    match: { asked: [asked] },
    reply: { calls: [{ tool, arguments: { ...args } }] },
  });
  place.play(
    [
      { match: { purpose: 'compact' }, reply: { text: 'SUMMARY' } },
      { match: { tool_result: 'open' }, reply: { text: 'opened' } },
      { match: { tool_result: 'exec_command' }, reply: { text: 'ran' } },
      { match: { tool_result: 'read_file' }, reply: { text: 'read' } },
      call('open', 'open', { url: `http://${at}/` }),
      call('run', 'exec_command', { cmd: 'echo x >> ran.txt' }),
      call('read', 'read_file', { path: 'a.txt' }),
      { match: { any: true }, reply: { text: 'yes' } },
    ],
    { governance: { auto_allow: ['open', 'exec_command'], ...governance }, network: { allow_private: [at] } },
  );
  place.write('a.txt', 'a\n');
}

const say = (place: Place, session: string, text: string): Promise<Ran> =>
  place.run(['run', '--session', session, text]);

/** Whether the allowed command runs in a session without asking. */
async function runsIn(place: Place, session: string): Promise<boolean> {
  const { code } = await say(place, session, 'run');
  expect([0, 5]).toContain(code);
  return code === 0;
}

async function taintOf(place: Place, session: string): Promise<string[]> {
  const { stdout, stderr } = await place.run(['session', 'show', session, '--context', '-o', 'json']);
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { taint: string[] }).taint;
}

describe('once a page was read', () => {
  test('an allowed command asks, the approval says why and where from, and reading goes on', async ({ place }) => {
    await playBeside(place);
    expect(await runsIn(place, 'one')).toBe(true);
    expect(await say(place, 'one', 'open')).toMatchObject({ code: 0, stdout: 'opened\n' });
    expect(await say(place, 'one', 'read')).toMatchObject({ code: 0, stdout: 'read\n' });
    const asked = await say(place, 'one', 'run');
    expect(asked.code).toBe(5);
    const id = /approval (a-\w+)/.exec(asked.stderr)![1]!;
    const shown = (await place.run(['approvals', 'show', id])).stdout;
    expect(shown).toContain(`why:         ${ASKS}`);
    expect(shown).toContain(`tainted by:  ${SOURCE}`);
    expect((await place.run(['policy', 'explain', id])).stdout).toContain('fact:tainted');
    expect(await place.run(['approve', id, '--resume'])).toMatchObject({ code: 0, stdout: 'ran\n' });
    const text = (await place.run(['session', 'show', 'one'])).stdout;
    expect(text).toMatch(/c2\.1\.1 ok [^\n]*\n {2}tainted {2}by web:127\.0\.0\.1\n/);
    expect(text).toMatch(/\n {2}now {6}tainted by web:127\.0\.0\.1\n$/);
    expect((await place.run(['policy', 'stats'])).stdout).toMatch(/fact:tainted/);
    await expectVerified(place, 'one');
  });

  test('neither a grant for this session nor one for always answers for it', async ({ place }) => {
    for (const [index, scope] of ['--session', '--always'].entries()) {
      await playBeside(place, { auto_allow: [] });
      const session = `s${index}`;
      const { stderr } = await say(place, session, 'open');
      const id = /approval (a-\w+)/.exec(stderr)![1]!;
      expect(await place.run(['approve', id, scope, '--resume'])).toMatchObject({ code: 0 });
      expect(await taintOf(place, session)).toEqual([SOURCE]);
      expect((await say(place, session, 'open')).code).toBe(5);
      expect((await say(place, 'clean', 'open')).code).toBe(scope === '--always' ? 0 : 5);
    }
  });

  test('a rule that was written for it lets it run', async ({ place }) => {
    const rules = [{ tool: 'exec_command', command: 'echo *', path: 'ran.txt', tainted: true, decision: 'allow' }];
    await playBeside(place, { rules });
    await say(place, 'one', 'open');
    expect(await runsIn(place, 'one')).toBe(true);
  });

  test('another session is clean', async ({ place }) => {
    await playBeside(place);
    await say(place, 'one', 'open');
    expect([await runsIn(place, 'two'), await runsIn(place, 'one')]).toEqual([true, false]);
  });
});

test('policy check and the tests of a policy say so before', async ({ place }) => {
  place.configure({ governance: { auto_allow: ['exec_command', 'read_file'] } });
  const check = async (...args: string[]): Promise<string> => (await place.run(['policy', 'check', ...args])).stdout;
  expect(await check('exec_command', '{"cmd":"ls"}')).toMatch(/^allow/);
  expect(await check('exec_command', '{"cmd":"ls"}', '--tainted')).toMatch(
    /^require_approval[^\n]*something from outside is in the conversation, and it would run without a sandbox/,
  );
  expect(await check('exec_command', '{"cmd":"ls"}', '--tainted', '--explain')).toContain('fact:tainted');
  place.write(
    'policy.yaml',
    `rules:
  - {tool: exec_command, command: ["ls", "curl *"], decision: allow}
  - {tool: exec_command, command: "ls", tainted: true, decision: allow}
tests:
  - {tool: exec_command, args: {cmd: curl a.example}, expect: allow}
  - {tool: exec_command, args: {cmd: curl a.example}, tainted: true, expect: require_approval, rule: "fact:tainted"}
  - {tool: exec_command, args: {cmd: ls}, tainted: true, expect: allow}
`,
  );
  expect(await place.run(['policy', 'test', 'policy.yaml'])).toMatchObject({ code: 0 });
});

describe('it goes along', () => {
  test('through a restart, a summary and an undo, and into forks and imports', async ({ place }) => {
    await playBeside(place);
    expect(await say(place, 'one', 'hello')).toMatchObject({ code: 0 });
    await say(place, 'one', 'open');
    const before = (await place.run(['session', 'fork', 'one', '--at', '1'])).stdout.trim();
    const after = (await place.run(['session', 'fork', 'one'])).stdout.trim();
    expect([await taintOf(place, before), await taintOf(place, after)]).toEqual([[], [SOURCE]]);
    expect([await runsIn(place, before), await runsIn(place, after)]).toEqual([true, false]);

    await place.run(['session', 'compact', 'one']);
    expect(await say(place, 'one', 'go on')).toMatchObject({ code: 0 });
    expect(entriesOf(place.journal('one'), 'context.compacted')).toHaveLength(1);
    await place.run(['session', 'undo', 'one']);
    expect(await taintOf(place, 'one')).toEqual([SOURCE]);

    place.write('one.jsonl', (await place.run(['session', 'export', 'one'])).stdout);
    expect(await place.run(['session', 'import', './one.jsonl', '--as', 'two'])).toMatchObject({ code: 0 });
    expect(await taintOf(place, 'two')).toEqual([SOURCE]);
    expect(await runsIn(place, 'two')).toBe(false);
    for (const id of ['one', 'two', before, after]) await expectVerified(place, id);
  });
});

test('what is redacted of a session leaves it as tainted as it was', async ({ place }) => {
  await playBeside(place);
  await say(place, 'one', 'open');
  await place.run(['session', 'compact', 'one']);
  expect(await say(place, 'one', 'go on')).toMatchObject({ code: 0 });
  const redacted = await place.run(['session', 'redact', 'one'], { input: 'A page.\n' });
  expect(redacted).toMatchObject({ code: 0 });
  expect(JSON.stringify(place.journal('one'))).not.toContain('A page.');
  expect(await taintOf(place, 'one')).toEqual([SOURCE]);
  expect(await runsIn(place, 'one')).toBe(false);
  await expectVerified(place, 'one');
});

test('a goal: into the steps behind the one that read the page, and back into what goes on', async ({ place }) => {
  const at = await servePage(place);
  place.play(
    [
      plans(step('a'), step('b', ['a'])),
      { match: { tool_result: 'open' }, reply: { text: 'opened' } },
      { match: { tool_result: 'exec_command' }, reply: { text: 'ran' } },
      does('b', { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo x >> ran.txt' } }] }),
      does('a', { calls: [{ tool: 'open', arguments: { url: `http://${at}/` } }] }),
      ANSWERS,
    ],
    { governance: { auto_allow: ['open', 'exec_command'] }, network: { allow_private: [at] } },
  );
  const asked = await place.run(['goal', '--session', 'g', 'do it']);
  expect(asked.code).toBe(5);
  const id = /approval (a-\w+)/.exec(asked.stderr)![1]!;
  expect((await place.run(['approvals', 'show', id])).stdout).toContain(ASKS);
  expect(await place.run(['approve', id, '--resume'])).toMatchObject({ code: 0, stdout: 'All in all: done.\n' });
  expect(entriesOf(place.journal('g'), 'child.finished').map(({ taint }) => taint)).toEqual([[SOURCE], [SOURCE]]);
  expect(await taintOf(place, 'g')).toEqual([SOURCE]);
  await expectVerified(place, 'g');
});

describe('session trust', () => {
  test('is recorded with who said so, and holds for what was there', async ({ place }) => {
    await playBeside(place);
    await say(place, 'one', 'open');
    const trusted = await place.run(['session', 'trust', 'one']);
    expect(trusted).toMatchObject({ code: 0, stdout: '', stderr: `trusted: ${SOURCE}\n` });
    expect(entriesOf(place.journal('one'), 'session.configured')).toEqual([
      { trust: [SOURCE], by: { actor: { id: 'local', role: 'operator' } } },
    ]);
    expect(await taintOf(place, 'one')).toEqual([]);
    expect((await place.run(['session', 'show', 'one'])).stdout).toMatch(
      /\n {2}trusted {2}web:127\.0\.0\.1, by local\n/,
    );
    expect(await runsIn(place, 'one')).toBe(true);
    expect((await place.run(['session', 'trust', 'one'])).stderr).toBe('nothing from outside is in it\n');
    await place.run(['policy', 'set', 'open', '--allow']);
    await say(place, 'one', 'open');
    expect(await runsIn(place, 'one')).toBe(false);
    await expectVerified(place, 'one');
  });

  test('takes sources that are there, and a person', async ({ place }) => {
    await playBeside(place);
    expect(await place.run(['session', 'trust', 'one'])).toMatchObject({ code: 1 });
    await say(place, 'one', 'open');
    const other = await place.run(['session', 'trust', 'one', '--source', 'web:other.example']);
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/No content from web:other\.example[^]*content from: web:127\.0\.0\.1/) as string,
    });
    const byTool = await place.run(['session', 'trust', 'one'], { environment: { RUNTIME_TOOL_CALL: 'one/c1.1.1' } });
    expect(byTool.code).not.toBe(0);
    expect(byTool.stderr).toContain('tool');
    expect(await taintOf(place, 'one')).toEqual([SOURCE]);
    expect(await place.run(['session', 'trust', 'one', '--source', SOURCE])).toMatchObject({ code: 0 });
    expect(await taintOf(place, 'one')).toEqual([]);
  });

  test('over HTTP takes an operator; the session says what is in it', async ({ place }) => {
    await playBeside(place);
    await say(place, 'one', 'open');
    const daemon = await startDaemon(place);
    const member = (await place.run(['token', 'create', 'ann', '--role', 'member'])).stdout.trim();
    const trust = async (token = daemon.token): Promise<number> => {
      const as = { authorization: `Bearer ${token}` };
      return (await daemon.ask('POST', '/v1/sessions/one/configure', { trust: [SOURCE] }, as)).status;
    };
    const taint = async (): Promise<unknown> =>
      ((await (await daemon.ask('GET', '/v1/sessions/one')).json()) as { taint?: string[] }).taint;
    expect(await taint()).toEqual([SOURCE]);
    expect(await trust(member)).toBe(403);
    expect(await taint()).toEqual([SOURCE]);
    expect(await trust()).toBe(204);
    expect(await taint()).toBeUndefined();
  });

  test('/trust does so in the terminal, which says what is tainted', async ({ place }) => {
    await playBeside(place);
    const terminal = await openRepl(place);
    await enter(terminal, '/trust', 'nothing from outside is in this conversation');
    await enter(terminal, 'open', 'opened');
    await terminal.waitFor('· tainted ·');
    await enter(terminal, '/status', `by ${SOURCE} (/trust)`);
    await send(terminal, 'run', 'y yes');
    await enter(terminal, '/trust', `nothing was trusted\nnext: Say which, as in /trust ${SOURCE}`);
    await send(terminal, `/trust ${SOURCE}`, `· trusted: ${SOURCE}`);
    await answerApproval(terminal, 'n');
    await terminal.waitFor('why not?');
    await enter(terminal, 'later', /refused|denied/);
    await enter(terminal, 'open', 'opened');
    await enter(terminal, '/trust', `· trusted: ${SOURCE}`);
    await terminal.waitFor((screen) => !screen.includes('· tainted ·'));
    await enter(terminal, 'run', 'ran');
  });
});
