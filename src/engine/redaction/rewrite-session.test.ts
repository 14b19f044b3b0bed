/** Every text of every story, taken out: what comes of it proves itself and holds it no more, or it is refused by name. */
import { describe, expect, test } from 'vitest';
import { sha256, type Digest } from '../../base/digest.ts';
import { isDecision } from '../../contract/entry-types.ts';
import type { Entry } from '../../contract/entries.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Blobs, Journal, JournalEnd, StoredEntry } from '../../contract/ports.ts';
import { buildLine } from '../../store/chain/line.ts';
import { verifyJournal } from '../proof/verify.ts';
import { stories } from '../testing/stories.ts';
import { rewriteSession, type RewrittenLine } from './rewrite-session.ts';
import { createSubstitution } from './substitution.ts';
import { surveySession } from './survey.ts';

const ID = 's';

/** The entries as a journal. */
function journalOf(entries: readonly Entry[]): Pick<Journal, 'read' | 'lines'> {
  let prev = sha256(ID);
  const lines = entries.map((entry) => {
    const built = buildLine(entry, { seq: entry.seq, durable: 0, prev });
    prev = built.hash;
    return { entry, ...built };
  });
  const end: JournalEnd = { status: 'whole', seq: entries.length, hash: prev, durable: 0 };
  return {
    async read(_, visit) {
      for (const { entry, hash } of lines) await visit({ entry, hash, id: '', durable: 0 } satisfies StoredEntry);
      return end;
    },
    async *lines() {
      for (const { text } of lines) yield Buffer.from(text);
    },
  };
}

const WORDS = /^(sha256:)?[0-9a-f]{16,}$/;

/** What was said, put out and shown. */
const CONTENTS: ReadonlySet<string> = new Set(['text', 'output', 'title', 'body', 'head', 'display']);

function textsOf(entries: readonly Entry[], isWanted: (key: string) => boolean): string[] {
  const found = new Set<string>();
  const walk = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      if (isWanted(key) && value.length >= 6 && value.length < 200 && !WORDS.test(value)) found.add(value);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) walk(item, Array.isArray(value) ? key : name);
    }
  };
  for (const { data } of entries) walk(data, '');
  return [...found];
}

type Outcome = 'proved' | 'refused';

async function withoutIt(entries: readonly Entry[], blobs: Pick<Blobs, 'get'>, text: string): Promise<Outcome> {
  const sources = { journal: journalOf(entries), blobs };
  const substitution = createSubstitution([text], 'key');
  const survey = await surveySession(sources, ID, { substitution, key: 'key' });
  const lines: RewrittenLine[] = [];
  try {
    const rewriting = { substitution, key: 'key', ids: new Map<string, string>() };
    for await (const line of rewriteSession(sources, survey, rewriting)) lines.push(line);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(RuntimeError);
    const { code, message } = thrown as RuntimeError;
    if (code === 'session_busy') return 'refused';
    expect(code).toBe('not_redactable');
    expect(message).toMatch(/[Ee]ntry \d+/);
    return 'refused';
  }
  expect(JSON.stringify(lines.map(({ entry }) => entry.data))).not.toContain(JSON.stringify(text).slice(1, -1));
  expect(lines.map(({ entry: { seq, at, type } }) => [seq, at, type])).toEqual(
    entries.map(({ seq, at, type }) => [seq, at, type]),
  );
  const report = await verifyJournal({
    hasHead: false,
    blobs: { get: async (digest: Digest) => survey.made.get(digest) ?? blobs.get(digest) },
    ...journalEvidence(lines.map(({ entry }) => entry)),
  });
  expect(report.failure).toBeUndefined();
  expect(report.status).toBe('verified');
  return 'proved';
}

function journalEvidence(entries: readonly Entry[]) {
  const journal = journalOf(entries);
  return { read: (visit: Parameters<Journal['read']>[1]) => journal.read(ID, visit) };
}

describe.each(Object.keys(stories))('the story %s', (name) => {
  test('what was said, put out and shown can go', async () => {
    const { lines, blobStore } = await stories[name]!();
    const entries = lines.get(ID)!;
    const observed = entries.filter(({ type }) => !isDecision(type));
    // What the rules say in their own words they say again.
    const decided = JSON.stringify(entries.filter((entry) => !observed.includes(entry)));
    const texts = textsOf(observed, (key) => CONTENTS.has(key)).filter((text) => !decided.includes(text));
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect([text, await withoutIt(entries, blobStore, text)]).toEqual([text, 'proved']);
  });

  test('any other text goes, or is refused by name', async () => {
    const { lines, blobStore } = await stories[name]!();
    const entries = lines.get(ID)!;
    for (const text of textsOf(entries, (key) => !CONTENTS.has(key))) await withoutIt(entries, blobStore, text);
  });
});
