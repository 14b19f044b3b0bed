import { expect, test } from 'vitest';
import { digestOf, type Digest } from '../../base/digest.ts';
import type { Entry } from '../../contract/entries.ts';
import { digestsIn } from '../../store/care/digests-in.ts';
import { namedBlobs } from './named-blobs.ts';

let last = 0;
const blob = (): Digest => digestOf(String(++last));
const long = () => ({ blob: blob(), bytes: 40_000, head: 'a', tail: 'z' });
const parts = () => [
  { type: 'text', text: 'short' },
  { type: 'text', text: long() },
  { type: 'reasoning', text: long(), opaque: long() },
  { type: 'file', blob: blob(), bytes: 3, media_type: 'text/plain' },
];

/** What is no blob of the entry, as the digest of a request, stands beside what is. */
const ENTRIES: [type: string, data: object, named: number][] = [
  ['session.created', { rights: { policy: blob() }, own_policies: [blob(), blob()] }, 2],
  ['session.forked', { rights: { policy: blob() }, own_policies: [blob()] }, 1],
  ['session.opened', { policy: blob() }, 1],
  ['policy.changed', { policy: blob() }, 1],
  ['turn.started', { frozen: blob() }, 1],
  ['input.received', { parts: parts() }, 4],
  ['model.requested', { request_digest: blob() }, 0],
  ['model.replied', { parts: parts(), tool_calls: [{ arguments_raw: long() }, { arguments_raw: '{}' }] }, 5],
  ['model.failed', { partial: long() }, 1],
  ['call.inspected', { args_digest: blob(), presentation: { body: long(), diff: long() } }, 2],
  ['call.finished', { output: long(), changes: [{ before: blob(), after: blob() }] }, 1],
  ['reply.made', { parts: parts() }, 4],
  ['child.finished', { result: parts() }, 4],
  ['context.compacted', { summary: blob() }, 1],
];

test.each(ENTRIES)('proof and store agree on what %s can not do without', (type, data, named) => {
  const entry = { v: 1, seq: 1, at: 0, type, data } as unknown as Entry;
  const needed = namedBlobs(entry).filter(({ optional }) => optional !== true);
  expect(needed).toHaveLength(named);
  expect(
    digestsIn(entry)
      .needed.map((hex) => `sha256:${hex}`)
      .sort(),
  ).toEqual(needed.map(({ digest }) => digest).sort());
});
