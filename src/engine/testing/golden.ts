/** Journals that were recorded once and must verify for as long as their kernel is supported. */
import type { Digest } from '../../base/digest.ts';
import type { Entry } from '../../contract/entries.ts';
import type { VerifyReport } from '../../contract/verify.ts';
import { verifyJournal } from '../proof/verify.ts';
import type { World } from './world.ts';

/** A file of `test/golden/`. Blobs as texts, by digest. */
export interface Golden {
  entries: Entry[];
  blobs: Record<Digest, string>;
}

export function goldenOf({ lines, blobs }: World): Golden {
  const texts = [...blobs].map(([digest, bytes]) => [digest, Buffer.from(bytes).toString('utf8')] as const);
  return { entries: lines.get('s')!, blobs: Object.fromEntries(texts) };
}

/** Verifies what stands above the chain: whether today's rules derive what was decided then. */
export function verifyGolden({ entries, blobs }: Golden): Promise<VerifyReport> {
  return verifyJournal({
    session_id: 's',
    hasHead: false,
    blobs: { get: async (digest) => (blobs[digest] === undefined ? undefined : Buffer.from(blobs[digest])) },
    async read(visit) {
      for (const entry of entries) await visit({ entry, id: '', hash: '', durable: 0 });
      return { status: 'whole', seq: entries.length, hash: 'f'.repeat(64), durable: 0 };
    },
  });
}
