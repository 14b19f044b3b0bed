/** What a stranger gets: a proof of what was decided, and none of the contents. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf, type Digest } from '../../base/digest.ts';
import type { Entry } from '../../contract/entries.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Facts } from '../../contract/values.ts';
import { live } from '../../kernel/testing/world.ts';
import { createResolver } from '../session/fold.ts';
import { shortText } from '../session/messages.ts';
import { stories } from '../testing/stories.ts';
import { createRedaction, factsSeen } from './redact.ts';
import { MARK, markedSession, type Marked } from './testing/marked.ts';
import { verifyJournal } from './verify.ts';

const RUNS = Number(process.env['KERNEL_RUNS'] ?? 100);

function redacted(
  session: readonly Marked[],
  salt = 'salt',
): { entries: Entry[]; content: (digest: Digest) => string | undefined } {
  const seen = factsSeen(salt);
  for (const { entry } of session) seen.take(entry);
  const redaction = createRedaction({
    salt,
    redacted_from: { session_id: 's', hash: '0'.repeat(64) },
    facts: seen.facts,
  });
  const entries = session.map(({ entry, resolved }) => redaction.take(entry, resolved));
  return { entries, content: (digest) => redaction.content(digest) };
}

/** Verifies what stands above the chain, with the blobs of the redaction and policies. */
function verify(entries: Entry[], blob: (digest: Digest) => string | undefined) {
  return verifyJournal({
    hasHead: false,
    blobs: {
      async get(digest) {
        const text = blob(digest);
        return text === undefined ? undefined : Buffer.from(text);
      },
    },
    async read(visit) {
      for (const entry of entries) await visit({ entry, id: '', hash: '', durable: 0 });
      return { status: 'whole', seq: entries.length, hash: 'f'.repeat(64), durable: 0 };
    },
  });
}

/** Every text that a file of these entries would hold. */
function textOf(entries: Entry[], content: (digest: Digest) => string | undefined): string {
  const text = JSON.stringify(entries);
  const blobs = [...text.matchAll(/sha256:[0-9a-f]{64}/g)].map(([digest]) => content(digest as Digest) ?? '');
  return `${text}\n${blobs.join('\n')}`;
}

async function storyOf(name: string): Promise<{ entries: Marked[]; blobs: Map<Digest, Uint8Array> }> {
  const world = await stories[name]!();
  const resolve = createResolver(world.blobStore);
  const session: Marked[] = [];
  for (const entry of world.lines.get('s')!) session.push({ entry, resolved: await resolve(entry) });
  return markedSession(session, world.blobs);
}

describe.each(Object.keys(stories))('the story %s', (name) => {
  test('verifies, and holds nothing of what was said, called, shown or told', async () => {
    const { entries: session, blobs } = await storyOf(name);
    expect(JSON.stringify(session)).toContain(MARK);
    const { entries, content } = redacted(session);
    const policies = (digest: Digest): string | undefined =>
      blobs.get(digest) && Buffer.from(blobs.get(digest)!).toString();
    expect(await verify(entries, (digest) => content(digest) ?? policies(digest))).toMatchObject({
      status: 'verified',
      entries: session.length,
      notes: expect.arrayContaining(['redacted']),
    });
    expect(textOf(entries, content)).not.toContain(MARK);
  });

  test('keeps what was decided, when, by whom and at what cost', async () => {
    const { entries: session } = await storyOf(name);
    const { entries } = redacted(session);
    const kept = ({ type, seq, at, data }: Entry) => {
      const { verdict, signal, usage, duration_ms, outcome, exit_code, tool } = data as Record<string, unknown>;
      return { type, seq, at, verdict, signal, usage, duration_ms, outcome, exit_code, tool };
    };
    expect(entries.map(kept)).toEqual(session.map(({ entry }) => kept(entry)));
  });
});

test('in any world nothing of the contents is left, and what comes of it verifies', async () => {
  let made = 0;
  const property = fc.asyncProperty(
    fc.array(fc.nat(2 ** 30), { maxLength: 300, size: 'max' }),
    fc.constantFrom('calm' as const, 'wild' as const),
    async (tape, after) => {
      const { entries: session, blobs } = markedSession(live(tape, after).lived, new Map());
      const result = tryRedacted(session);
      if (!result) return;
      made++;
      const { entries, content } = result;
      expect(textOf(entries, content)).not.toContain(MARK);
      // Openings of these worlds name a policy that isn't there: nothing is to come of it.
      const policies = (digest: Digest): string => {
        const known = blobs.get(digest);
        return known ? Buffer.from(known).toString() : 'null';
      };
      const report = await verify(entries, (digest) => content(digest) ?? policies(digest));
      expect(report.failure).toBeUndefined();
      expect(report.status).toBe('verified');
    },
  );
  await fc.assert(property, { numRuns: RUNS });
  expect(made).toBeGreaterThan(RUNS / 4);
}, 120_000);

/** Undefined: lengths decided something, and no file comes of it. */
function tryRedacted(session: readonly Marked[]): ReturnType<typeof redacted> | undefined {
  try {
    return redacted(session);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(RuntimeError);
    expect((thrown as RuntimeError).code).toBe('not_redactable');
    expect((thrown as RuntimeError).message).toMatch(/^Entry \d+ \(/);
    return undefined;
  }
}

test('the same content has the same placeholder in a file, and another one in the next', async () => {
  const { entries: session } = await storyOf('limited');
  const callsOf = (entries: Entry[]): string[] =>
    entries.flatMap((entry) =>
      entry.type === 'model.replied' ? entry.data.tool_calls.map((call) => shortText(call.arguments_raw)) : [],
    );
  const [one, two] = [callsOf(redacted(session, 'one').entries), callsOf(redacted(session, 'two').entries)];
  expect(new Set(one).size).toBe(new Set(callsOf(session.map(({ entry }) => entry))).size);
  expect(one.some((text) => two.includes(text))).toBe(false);
  expect(one[0]).toMatch(/^\[redacted \d+ bytes #[0-9a-f]{12}\] *$/);
});

test('by what a command was confined stays, and which of its paths it writes', async () => {
  const { entries: session } = await storyOf('guarded');
  const place = { arg: 'cmd', path: 'x', real: '/x', inside_root: true, kind: 'file', secret_shaped: false } as const;
  const confined = session.map((one): Marked => {
    if (one.entry.type !== 'call.inspected') return one;
    const { data } = one.entry;
    const facts: Facts = { ...data.facts, sandbox: 'landlock', paths: [{ ...place, writes: true }, place] };
    return { ...one, entry: { ...one.entry, data: { ...data, facts } } };
  });
  const kept = redacted(confined).entries.flatMap((entry) =>
    entry.type === 'call.inspected'
      ? [[entry.data.facts.sandbox, ...entry.data.facts.paths.map(({ writes }) => writes)]]
      : [],
  );
  expect(kept.length).toBeGreaterThan(0);
  expect(kept).toEqual(kept.map(() => ['landlock', true, undefined]));
});

test('no digest of an original value is left by which a guess could be tried', async () => {
  const { entries: session } = await storyOf('guarded');
  const { entries, content } = redacted(session);
  const originals = session.flatMap(({ entry, resolved }) => {
    // Its facts hold no content.
    if (entry.type === 'call.inspected') return [entry.data.args_digest, entry.data.presentation_digest];
    if (entry.type === 'call.finished' && typeof entry.data.output === 'object') return [entry.data.output.blob];
    return resolved.manifest ? [digestOf(canonicalJson(resolved.manifest))] : [];
  });
  expect(originals.length).toBeGreaterThan(3);
  const text = textOf(entries, content);
  for (const digest of originals) expect(text).not.toContain(digest);
});
