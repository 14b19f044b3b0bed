/** The cache of a long session, from outside: nothing may be different with it, without it, or with a broken one. */
import { readdirSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test, type Place } from './support/place.ts';

const folderOf = (place: Place): string => join(place.home, 'workspaces/default/cache/snapshots');

/** A session of which the first turn reads so much that its end is worth a snapshot. */
async function longSession(place: Place): Promise<string> {
  place.write('big.txt', `${'0123456789abcde\n'.repeat(900)}`);
  const reads = Array.from({ length: 30 }, (_, index) => ({
    tool: 'read_file',
    arguments: { path: 'big.txt', offset: index + 1 },
  }));
  place.play([
    { match: { tool_result: 'read_file' }, reply: { text: 'read it' } },
    { match: { contains: 'read' }, reply: { calls: reads } },
    { match: { any: true }, reply: { text: 'and on' } },
  ]);
  expect(await place.run(['run', '--session', 's', 'read'])).toMatchObject({ code: 0, stdout: 'read it\n' });
  const [name] = readdirSync(folderOf(place));
  return join(folderOf(place), name!);
}

async function goesOn(place: Place): Promise<void> {
  const before = place.journal('s').length;
  expect(await place.run(['run', '--session', 's', 'more'])).toMatchObject({ code: 0, stdout: 'and on\n' });
  expect(place.journal('s').slice(before).map(({ type }) => type)).toEqual([
    'input.received', 'turn.started', 'plan.made', 'model.requested', 'model.replied', 'turn.reflected', 'reply.made',
    'turn.ended',
  ]); // prettier-ignore
  expect(await place.run(['session', 'verify', 's'])).toMatchObject({ code: 0 });
}

test('a long session goes on from its snapshot, and as well without one or with a broken one', async ({ place }) => {
  const file = await longSession(place);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await goesOn(place);
  const content = readFileSync(file);
  writeFileSync(file, content.subarray(0, content.length / 2));
  await goesOn(place);
  rmSync(join(place.home, 'workspaces/default/cache'), { recursive: true });
  await goesOn(place);
});

test('what stands before the snapshot is in --from 1; damage there is found as anywhere', async ({ place }) => {
  await longSession(place);
  const { stdout } = await place.run(['run', '--session', 's', '--json', '--from', '1', 'more']);
  const seqs = stdout.trim().split('\n').flatMap((line) => {
    const { id, seq } = JSON.parse(line) as { id: string | null; seq: number };
    return id === null ? [] : [seq];
  }); // prettier-ignore
  expect(seqs).toEqual(place.journal('s').map(({ seq }) => seq));

  const path = place.journalFile('s');
  writeFileSync(path, readFileSync(path, 'utf8').replace('0123456789', '0123456780'));
  expect(await place.run(['session', 'verify', 's'])).toMatchObject({ code: 7 });
  const damaged = readFileSync(path);
  expect(await place.run(['run', '--session', 's', 'more'])).toMatchObject({ code: 7, stdout: '' });
  expect(readFileSync(path)).toEqual(damaged);
});

test('a removed session leaves none', async ({ place }) => {
  const file = await longSession(place);
  writeFileSync(`${file}.tmp`, 'left by a process that was killed');
  expect(await place.run(['session', 'rm', 's'])).toMatchObject({ code: 0 });
  expect(readdirSync(folderOf(place))).toEqual([]);
});
