/**
 * The journals as they lie on the simulated disk, read without the store: what the invariants hold the program's own
 * view against. Each file is read on from where it was read last.
 */
import { sha256, type Digest } from '../../../src/base/digest.ts';
import type { Entry } from '../../../src/contract/entries.ts';
import { applyEvolved, newFold, type Folded } from '../../../src/engine/session/fold.ts';
import { createKernel } from '../../../src/kernel/kernel.ts';
import type { Resolved } from '../../../src/kernel/turn/state.ts';
import { sessionFileName } from '../../../src/store/session-file.ts';
import type { Disk } from '../disk/disk.ts';

export const WORKSPACE = '/workspaces/default';

export interface JournalView {
  entries: Entry[];
  /** How many of them a power cut now would leave for certain. */
  durable: number;
  /** What they fold to. */
  fold: Folded;
}

export interface Journals {
  /** As the processes see it; undefined where there is no file. */
  view(session: string): JournalView | undefined;
  /** The bytes that a digest names; undefined where they aren't there. */
  blob(digest: Digest): Buffer | undefined;
}

interface Reading {
  ino: number;
  generation: number;
  offset: number;
  entries: Entry[];
  /** Where each entry's line ends. */
  ends: number[];
  fold: Folded;
}

const NEWLINE = 0x0a;

export function createJournals(disk: Disk): Journals {
  const kernel = createKernel(sha256);
  const readings = new Map<string, Reading>();
  const values = new Map<Digest, unknown>();

  function blob(digest: Digest): Buffer | undefined {
    const hex = digest.slice('sha256:'.length);
    for (const kind of ['sha256', 'private']) {
      const node = disk.findIfThere(`${WORKSPACE}/blobs/${kind}/${hex.slice(0, 2)}/${hex}`);
      if (node?.kind === 'file') return Buffer.from(node.bytes.subarray(0, node.length));
    }
    return undefined;
  }

  function value<T>(digest: Digest): T {
    if (!values.has(digest)) values.set(digest, JSON.parse(blob(digest)!.toString('utf8')));
    return values.get(digest) as T;
  }

  function resolved(entry: Entry): Resolved {
    if (entry.type === 'turn.started') return { manifest: value(entry.data.frozen) };
    if (entry.type === 'policy.changed' || entry.type === 'session.opened') return { policy: value(entry.data.policy) };
    if (entry.type === 'context.compacted') return { summary: value(entry.data.summary) };
    return {};
  }

  function readOn(reading: Reading, bytes: Buffer): void {
    for (;;) {
      const end = bytes.indexOf(NEWLINE, reading.offset);
      if (end === -1) return;
      const entry = entryOf(bytes.subarray(reading.offset, end));
      if (entry?.seq !== reading.entries.length + 1) return;
      reading.entries.push(entry);
      reading.ends.push(end + 1);
      reading.offset = end + 1;
      const { fold } = reading;
      applyEvolved(fold, entry, kernel.evolve(fold.state, entry, resolved(entry)));
    }
  }

  return {
    blob,
    view(session) {
      const path = `${WORKSPACE}/sessions/${sessionFileName(session)}.jsonl`;
      const node = disk.findIfThere(path);
      if (node?.kind !== 'file') return undefined;
      let reading = readings.get(session);
      if (reading?.ino !== node.ino || reading.generation !== node.generation) {
        const { ino, generation } = node;
        reading = { ino, generation, offset: 0, entries: [], ends: [], fold: newFold(kernel) };
        readings.set(session, reading);
      }
      readOn(reading, node.bytes.subarray(0, node.length));
      const kept = disk.findDurable(path) === node ? node.durable.bytes.length : 0;
      let durable = reading.ends.length;
      while (durable > 0 && reading.ends[durable - 1]! > kept) durable--;
      return { entries: reading.entries, durable, fold: reading.fold };
    },
  };
}

function entryOf(line: Buffer): Entry | undefined {
  try {
    const { v, seq, at, type, data } = JSON.parse(line.toString('utf8')) as Entry;
    return { v, seq, at, type, data } as Entry;
  } catch {
    return undefined;
  }
}
