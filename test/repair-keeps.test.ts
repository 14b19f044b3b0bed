/** `store repair` gives nothing back that was taken away, nor a fork what its source may do. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { StoreRepair } from '../src/contract/store-care.ts';
import { CONFINED, test } from './support/confined.ts';
import { approvalsIn, expectVerified, type Place } from './support/place.ts';

const CALLING: Parameters<Place['play']>[0] = [
  { match: { tool_result: 'exec_command' }, reply: { text: 'Told: {{result}}' } },
  { match: { contains: 'make' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo x >>made' } }] } },
  { match: { any: true }, reply: { text: 'Hello.' } },
];

/** More than can be found again by trying. */
function spoil(file: string, text: string): void {
  const whole = readFileSync(file, 'utf8');
  expect(whole).toContain(text);
  writeFileSync(file, whole.replace(text, 'X'.repeat(text.length)));
}

async function repair(place: Place): Promise<StoreRepair & { exit: number | null }> {
  const { code, stdout } = await place.run(['store', 'repair', '--apply', '-o', 'json']);
  return { exit: code, ...(JSON.parse(stdout) as StoreRepair) };
}

const made = (place: Place): string =>
  existsSync(join(place.project, 'made')) ? readFileSync(join(place.project, 'made'), 'utf8') : '';

describe('grants of a session', () => {
  test('count no more: what took one back may have stood in what is lost', async ({ place }) => {
    place.play(CALLING, CONFINED);
    const make = () => place.run(['run', '--session', 'one', 'make it']);
    const [id = ''] = approvalsIn(await make());
    await place.run(['approve', id, '--session', '--resume']);
    expect((await make()).code).toBe(0);
    const listed = async () => JSON.parse((await place.run(['approvals', 'grants', '-o', 'json'])).stdout) as { grant_id: string }[]; // prettier-ignore
    const [grant] = await listed();
    await place.run(['approvals', 'revoke', grant!.grant_id]);
    spoil(place.journalFile('one'), `"revoke":["${grant!.grant_id}"]`);
    expect((await repair(place)).steps).toMatchObject([{ action: 'cut', session_id: 'one' }]);
    expect(await listed()).toEqual([]);
    expect((await make()).code).toBe(5);
    expect(await listed()).toEqual([]);
    expect(made(place)).toBe('x\nx\n');
    await expectVerified(place, 'one');
  });
});

describe('a fork', () => {
  test.for([
    ['what it copied', 'copied text'],
    ['the entry that makes it one', '"type":"session.forked"'],
    ['its first line', '"type":"session.created"'],
  ])(
    'is left alone where %s can’t be read: without its beginning it would have the rights of its source',
    async ([, text = ''], { place }) => {
      place.play(CALLING, { ...CONFINED, governance: { auto_allow: ['exec_command'] } });
      await place.run(['run', '--session', 'source', 'copied text']);
      place.write('strict.yaml', 'deny: [exec_command]\n');
      const fork = (await place.run(['session', 'fork', 'source', '--policy', 'strict.yaml'])).stdout.trim();
      const make = () => place.run(['run', '--session', fork, 'make it']);
      expect((await make()).stdout).toContain('[denied]');
      spoil(place.journalFile(fork), text);
      const { exit, steps } = await repair(place);
      expect({ exit, steps }).toMatchObject({
        exit: 7,
        steps: [
          { action: 'leave', session_id: fork, message: expect.stringContaining('rights of its source') as string },
        ],
      });
      expect((await make()).code).toBe(7);
      expect(made(place)).toBe('');
      expect((await place.run(['session', 'rm', fork])).code).toBe(0);
      expect((await place.run(['store', 'check'])).code).toBe(0);
    },
  );

  test.for([
    ['wholly', (text: string) => text.slice(0, text.lastIndexOf('{"v":1'))],
    ['in part', (text: string) => text.slice(0, -5)],
  ] as const)(
    'that lost the entry that makes it one %s is damaged, for whoever reads it and for its owner',
    async ([, cut], { place }) => {
      place.play(CALLING, CONFINED);
      await place.run(['run', '--session', 'source', 'hello']);
      const fork = (await place.run(['session', 'fork', 'source'])).stdout.trim();
      const file = place.journalFile(fork);
      writeFileSync(file, cut(readFileSync(file, 'utf8')));
      const verified = await place.run(['session', 'verify', fork]);
      expect([verified.code, verified.stdout]).toEqual([7, expect.stringContaining('a copy of session source')]);
      const run = await place.run(['run', '--session', fork, 'make it']);
      expect([run.code, run.stderr]).toEqual([7, expect.stringContaining('a copy of session source')]);
      expect((await repair(place)).steps).toMatchObject([{ action: 'leave', session_id: fork }]);
    },
  );
});
