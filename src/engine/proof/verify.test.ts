/** The layer above the chain: what a verifier finds in a journal whose hashes were all made anew. */
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../contract/entries.ts';
import { isDecision } from '../../contract/entry-types.ts';
import type { VerifyReport } from '../../contract/verify.ts';
import { isBystander } from '../../kernel/turn/admits.ts';
import { goldenOf, verifyGolden } from '../testing/golden.ts';
import { stories } from '../testing/stories.ts';
import type { World } from '../testing/world.ts';

function verify(world: World, entries: Entry[]): Promise<VerifyReport> {
  return verifyGolden({ ...goldenOf(world), entries });
}

/** Every way to change one leaf of a value a little. */
function* changes(value: unknown, path: (string | number)[] = []): Generator<(root: unknown) => void> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) yield* changes(child, [...path, key]);
    return;
  }
  const changed = typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${String(value)}x`;
  yield (root) => {
    let at = root as Record<string | number, unknown>;
    for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
    at[path.at(-1)!] = changed;
  };
}

const world = await stories['guarded']!();
const entries = world.lines.get('s')!;

describe('a whole session', () => {
  it('verifies, with each decision derived again', async () => {
    const decisions = entries.filter((entry) => isDecision(entry.type)).length;
    expect(await verify(world, entries)).toMatchObject({
      status: 'verified',
      entries: entries.length,
      decisions,
      kernels: [1],
      notes: ['no_head'],
    });
  });

  it('verifies at every length: whatever was written when the program stopped', async () => {
    for (let length = 1; length <= entries.length; length++) {
      expect(await verify(world, entries.slice(0, length))).toMatchObject({ status: 'verified' });
    }
  });
});

describe('a forged session', () => {
  it('fails when any value of any decision is another', async () => {
    let tried = 0;
    for (const [index, entry] of entries.entries()) {
      if (!isDecision(entry.type)) continue;
      for (const change of changes(entry.data)) {
        const forged = structuredClone(entries);
        change(forged[index]!.data);
        const { status, failure } = await verify(world, forged);
        expect({ status, seq: failure?.seq }).toEqual({ status: 'failed', seq: entry.seq });
        tried++;
      }
    }
    expect(tried).toBeGreaterThan(150);
  });

  it('fails when an entry is left out, and when two change places', async () => {
    for (let index = 0; index < entries.length - 1; index++) {
      const without = renumbered(entries.filter((_, at) => at !== index));
      expect((await verify(world, without)).status, `without ${entries[index]!.type}`).toBe('failed');
      if (isBystander(entries[index]!)) continue; // it may come at any time
      const swapped = [...entries];
      [swapped[index], swapped[index + 1]] = [swapped[index + 1]!, swapped[index]!];
      expect((await verify(world, renumbered(swapped))).status, `swapped ${entries[index]!.type}`).toBe('failed');
    }
  });

  it('fails when a call was started that nobody allowed', async () => {
    const denied = entries.findLast((entry) => entry.type === 'call.refused')!;
    const started = entries.findLast((entry) => entry.type === 'call.started')!;
    const forged = entries.slice(0, denied.seq - 1);
    const call = { ...started, seq: denied.seq, at: denied.at };
    const data = { ...call.data, call_id: (denied.data as { call_id: string }).call_id };
    const report = await verify(world, [...forged, { ...call, data }]);
    expect(report.failure).toMatchObject({ seq: denied.seq, code: 'not_decided' });
  });

  it('fails when what the approver was shown, or the facts, are not those of their digest', async () => {
    const index = entries.findIndex((entry) => entry.type === 'call.inspected');
    for (const change of [
      (data: { presentation: { title: string } }) => (data.presentation.title = 'something harmless'),
      (data: { facts: { preimages: unknown[] } }) => data.facts.preimages.push({ path: '/etc/passwd' }),
    ]) {
      const forged = structuredClone(entries);
      change(forged[index]!.data as never);
      expect((await verify(world, forged)).failure).toMatchObject({ seq: index + 1, code: 'hash_mismatch' });
    }
  });

  it('fails when a blob is missing, and says so', async () => {
    const frozen = entries.find((entry) => entry.type === 'turn.started')!;
    const { frozen: digest } = frozen.data as { frozen: `sha256:${string}` };
    const blobs = new Map(world.blobs);
    blobs.delete(digest);
    expect((await verify({ ...world, blobs }, entries)).failure).toMatchObject({
      seq: frozen.seq,
      code: 'blob_missing',
    });
  });

  it('fails when an entry has a content that its type has not', async () => {
    const forged = structuredClone(entries);
    (forged[1]!.data as Record<string, unknown>)['extra'] = true;
    expect((await verify(world, forged)).failure).toMatchObject({ seq: 2, code: 'malformed' });
  });
});

function renumbered(list: Entry[]): Entry[] {
  const at = list[0]!.at;
  return list.map((entry, index) => ({ ...entry, seq: index + 1, at: Math.max(at, entry.at) }));
}
