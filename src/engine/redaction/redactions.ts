/** What the audit log says of redactions: whoever names an entry by the hash that it had finds it by that. */
import type { Seq } from '../../contract/entries.ts';
import type { Audit } from '../../contract/ports.ts';

export interface Redactions {
  /** Was the session redacted in place? */
  has(session_id: string): boolean;
  /** The hash that an entry has now, of one that it had; itself, where no redaction tells. */
  hashNow(session_id: string, entry: { seq: Seq; hash: string }): string;
}

export async function readRedactions(audit: Pick<Audit, 'read'>): Promise<Redactions> {
  const hashes = new Map<string, Map<string, string>>();
  await audit.read(({ record }) => {
    if (record.type === 'session.removed') hashes.delete(record.data.session);
    if (record.type !== 'session.redacted') return;
    for (const { session, to } of record.data.renamed ?? []) {
      hashes.set(to, hashes.get(session) ?? new Map<string, string>());
      hashes.delete(session);
    }
    for (const { session, before, after, named = [] } of record.data.sessions) {
      const known = hashes.get(session) ?? new Map<string, string>();
      hashes.set(session, known);
      for (const one of [...named, { seq: before.seq, before: before.hash, after: after.hash }]) {
        known.set(`${one.seq} ${one.before}`, one.after);
      }
    }
  });
  return {
    has: (session_id) => hashes.has(session_id),
    hashNow(session_id, { seq, hash }) {
      const seen = new Set<string>();
      let now = hash;
      // One redaction after the other. A log that leads in a circle leads nowhere.
      for (let next: string | undefined = hash; next !== undefined && !seen.has(next);) {
        seen.add((now = next));
        next = hashes.get(session_id)?.get(`${seq} ${now}`);
      }
      return now;
    },
  };
}
