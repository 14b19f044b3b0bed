/**
 * The golden journals (test/golden): a change that makes the rules decide otherwise than before fails here. Until the
 * first release they may then be recorded anew, with a reason in the commit: `npm run golden`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { goldenOf, verifyGolden, type Golden } from './testing/golden.ts';
import { stories } from './testing/stories.ts';

const folder = join(import.meta.dirname, '../../test/golden');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

test('each story has its journal', () => {
  expect(files.map((name) => name.replace('.json', '')).sort()).toEqual(Object.keys(stories).sort());
});

test.each(files)('%s verifies under the rules of today', async (name) => {
  const golden = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Golden;
  expect(await verifyGolden(golden)).toMatchObject({ status: 'verified', entries: golden.entries.length });
});

test.each(Object.keys(stories))('the story %s, played now, verifies', async (name) => {
  const world = await stories[name]!();
  expect(await verifyGolden(goldenOf(world))).toMatchObject({ status: 'verified' });
});

test('between them they hold every decision that the rules make, and every way a turn ends here', () => {
  const entries = files.flatMap((name) => (JSON.parse(readFileSync(join(folder, name), 'utf8')) as Golden).entries);
  const types = new Set(entries.map(({ type }) => type));
  for (const type of [
    'plan.made', 'model.requested', 'policy.decided', 'approval.requested', 'call.started', 'call.refused',
    'call.abandoned', 'turn.reflected', 'reply.made', 'turn.ended', 'session.opened', 'timer.fired',
  ] as const) expect(types).toContain(type); // prettier-ignore
  const reasons = new Set(entries.flatMap((entry) => (entry.type === 'turn.ended' ? [entry.data.reason] : [])));
  expect([...reasons].sort()).toEqual(['canceled', 'failed', 'success', 'timeout', 'unavailable']);
});
