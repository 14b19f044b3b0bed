/** `approvals watch`: what waits, what comes, and what becomes of it, in all sessions, whoever owns the workspace. */
import { describe, expect } from 'vitest';
import type { ApprovalRecord } from '../src/contract/answers.ts';
import { startDaemon } from './support/daemon.ts';
import { approvalsIn, linesOf, type Place, type Running, test } from './support/place.ts';

const obedient = (place: Place, config: object = {}): void =>
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: '{{asked}}' } }] } },
    ],
    config,
  );

const ask = async (place: Place, session: string, text = 'true'): Promise<string> =>
  approvalsIn(await place.run(['run', '--session', session, text]))[0]!;

async function stop(watching: Running): Promise<string> {
  watching.child.kill('SIGINT');
  const { code, stdout, stderr } = await watching.ended;
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  return stdout;
}

const told = (text: string): string[] =>
  (linesOf(text) as ApprovalRecord[]).map(({ id, session_id, status, resolved }) =>
    [session_id, id, status, ...(resolved ? [resolved.by.id, resolved.via] : [])].join(' '),
  );

describe('without a daemon', () => {
  test('what waits, what comes, what is answered: each once, one object a line', async ({ place }) => {
    obedient(place);
    const first = await ask(place, 'one');
    const watching = place.start(['approvals', 'watch', '-o', 'json']);
    await watching.says(first);
    const second = await ask(place, 'two');
    await watching.says(second);
    await place.run(['deny', first, '--reason', 'not now']);
    await watching.says('not now');
    await place.run(['approve', second, '--resume']);
    await watching.says('"granted"');
    expect(told(await stop(watching))).toEqual([
      `one ${first} pending`,
      `two ${second} pending`,
      `one ${first} denied local cli`,
      `two ${second} granted local cli`,
    ]);
  });

  test('what expires, and what goes with its session', async ({ place }) => {
    obedient(place, { governance: { approval_ttl: '2s' } });
    const watching = place.start(['approvals', 'watch', '-o', 'json']);
    const first = await ask(place, 'one');
    await watching.says('"expired"');
    obedient(place);
    const second = await ask(place, 'two');
    await watching.says(second);
    await place.run(['session', 'rm', 'two', '--force']);
    await watching.says('"void"');
    const all = told(await stop(watching));
    expect(all).toEqual([
      `one ${first} pending`,
      `one ${first} expired`,
      `two ${second} pending`,
      `two ${second} void`,
    ]);
  });
});

test('with a daemon, as lines for a person', async ({ place }) => {
  obedient(place);
  const watching = place.start(['approvals', 'watch']);
  const daemon = await startDaemon(place);
  const { status } = await daemon.send({ content: 'touch a\u001b[2J.txt', session_id: 'one' });
  const [id = ''] = status.approvals;
  await watching.says(`runtime approvals show ${id}`);
  await daemon.ask('POST', `/v1/approvals/${id}/resolve`, { decision: 'deny', reason: 'no\u001b[2J' });
  await watching.says('denied');
  const shown = await stop(watching);
  // oxlint-disable-next-line no-control-regex
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(shown.split('\n')).toEqual([
    `${id} pending, session one, Run touch a\\x1b[2J.txt: runtime approvals show ${id}`,
    expect.stringMatching(`^${id} denied by token via (?:http|api) .*, session one, Run touch a`),
    '',
  ]);
});

test('ends when it has something to say and nobody reads it any more', async ({ place }) => {
  obedient(place);
  const first = await ask(place, 'one');
  const watching = place.start([], { shell: '"$PROGRAM" approvals watch | head -n 1' });
  await watching.says(first);
  await ask(place, 'two');
  expect((await watching.ended).code).toBe(0);
});
