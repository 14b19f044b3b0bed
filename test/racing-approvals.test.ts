/** Two people answer at once, or fifty: one answer counts, and each who came late hears whose. */
import { describe, expect } from 'vitest';
import type { ApprovalRecord } from '../src/contract/answers.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { entriesOf, expectVerified, type Place, test, until } from './support/place.ts';

type Way = 'http' | 'cli';

/** What one of them was told. `answer`: as the record names it; undefined: they were refused. */
interface Told {
  by: string;
  via: Way;
  wanted: 'granted' | 'denied';
  ok: boolean;
  said: string;
  record?: ApprovalRecord;
}

async function overHttp(daemon: Daemon, id: string, by: string, token: string, wanted: Told['wanted']): Promise<Told> {
  const decision = wanted === 'granted' ? 'grant' : 'deny';
  const response = await daemon.ask('POST', `/v1/approvals/${id}/resolve`, { decision }, { authorization: `Bearer ${token}` });
  const body = (await response.json()) as ApprovalRecord & { detail: string; code: string; approval: ApprovalRecord };
  const told = { by, via: 'http' as const, wanted, ok: response.status === 200 };
  if (response.status === 200) return { ...told, said: '', record: body };
  expect([response.status, body.code]).toEqual([409, 'approval_already_resolved']);
  return { ...told, said: body.detail, record: body.approval };
} // prettier-ignore

async function byCommand(place: Place, id: string, wanted: Told['wanted']): Promise<Told> {
  const ran = await place.run([wanted === 'granted' ? 'approve' : 'deny', id]);
  expect(ran.stdout).toBe('');
  expect([0, 1]).toContain(ran.code);
  return { by: 'local', via: 'cli', wanted, ok: ran.code === 0, said: ran.stderr };
}

async function race(place: Place, { tokens, commands }: { tokens: number; commands: number }): Promise<void> {
  place.play([
    { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
    { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran >> ran.txt' } }] } },
  ]);
  const names = Array.from({ length: tokens }, (_, index) => `t${index}`);
  const made: [string, string][] = [];
  for (const name of names) made.push([name, (await place.run(['token', 'create', name, '--role', 'operator'])).stdout.trim()]); // prettier-ignore
  const daemon = await startDaemon(place);
  const { status } = await daemon.send({ content: 'go', session_id: 'one' });
  const [id = ''] = status.approvals;
  const wanted = (index: number): Told['wanted'] => (index % 2 === 0 ? 'granted' : 'denied');
  const all = await Promise.all([
    ...made.map(([name, token], index) => overHttp(daemon, id, name, token, wanted(index))),
    ...Array.from({ length: commands }, (_, index) => byCommand(place, id, wanted(index))),
  ]);
  await until('its turn has ended', () => entriesOf(place.journal('one'), 'turn.ended').length === 1);
  const answers = entriesOf(place.journal('one'), 'approval.resolved');
  expect(answers).toHaveLength(1);
  const { outcome, by } = answers[0]!;
  const time = new Date(place.journal('one').find(({ type }) => type === 'approval.resolved')!.at).toISOString();
  const who = `${id} was ${outcome} by ${by.actor.id} via ${by.via} at ${time.slice(0, 19).replace('T', ' ')} UTC`;
  for (const told of all) {
    // Who said the same as the same person before has said nothing new.
    const isIt = told.by === by.actor.id && told.wanted === outcome;
    expect({ ...told, ok: told.ok }).toMatchObject({ ok: isIt });
    if (!told.ok) expect(told.said).toContain(who);
    if (told.record) expect(told.record.resolved).toMatchObject({ outcome, by: { id: by.actor.id }, via: by.via });
  }
  expect(all.some(({ ok }) => ok)).toBe(true);
  expect(place.read('ran.txt')).toBe(outcome === 'granted' ? 'ran\n' : '');
  await expectVerified(place, 'one');
}

describe('C-88: one answer counts, and each who came late hears whose, when and by what', () => {
  test.for([
    [1, 1],
    [6, 2],
    [42, 8],
  ] as const)('%i over HTTP and %i by commands at once', async ([tokens, commands], { place }) => {
    await race(place, { tokens, commands });
  });

  test('without a daemon, commands among themselves', async ({ place }) => {
    place.play([
      { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran >> ran.txt' } }] } },
    ]);
    const ran = await place.run(['run', '--session', 'one', 'go']);
    const [, id = ''] = /^approval (a-\w+)$/m.exec(ran.stderr) ?? [];
    const all = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((n) => byCommand(place, id, n % 2 === 0 ? 'granted' : 'denied')),
    );
    const [answer, ...others] = entriesOf(place.journal('one'), 'approval.resolved');
    expect(others).toEqual([]);
    for (const told of all) {
      expect(told.ok).toBe(told.wanted === answer!.outcome);
      if (!told.ok) expect(told.said).toContain(`was ${answer!.outcome} by local via cli at `);
    }
  });
});
