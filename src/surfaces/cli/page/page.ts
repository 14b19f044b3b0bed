/** What a page of a session is made of. */
import type { Entry } from '../../../contract/entries.ts';
import type { Blobs } from '../../../contract/ports.ts';
import type { VerifyReport } from '../../../contract/verify.ts';

/** A session to be shown. */
export interface Shown {
  /** From the first on, as often as it is called. */
  entries: () => AsyncIterable<Entry>;
  blobs: Pick<Blobs, 'get'>;
  /** What its verification found, just now. */
  report: VerifyReport;
  /** ms UTC. */
  exported_at: number;
  build: string;
}

/** What stands at the top. */
export interface About {
  title: string;
  project_root: string;
  created_at: number;
  by: string;
  redacted: boolean;
}

export async function aboutOf(entries: AsyncIterable<Entry>): Promise<About> {
  const about: About = { title: '', project_root: '', created_at: 0, by: '', redacted: false };
  for await (const entry of entries) {
    if (entry.type === 'session.created') {
      const { title = '', project_root, actor, redacted_from } = entry.data;
      Object.assign(about, { title, project_root: project_root.trimEnd(), by: actor.display ?? actor.id });
      about.created_at = entry.at;
      about.redacted = redacted_from !== undefined;
    }
    if (entry.type === 'session.configured') about.title = entry.data.title ?? about.title;
  }
  return about;
}

/** The verdict in a sentence. */
export function verdictOf({ status, entries, decisions, failure }: VerifyReport): string {
  const counted = `${entries} entries, ${decisions} decisions derived again`;
  return failure ? `${status}: ${failure.message} (${counted})` : `${status}: ${counted}`;
}

/** How a reader proves it, step by step. */
export function howToVerify({ report }: Shown, { redacted }: About): string[] {
  const flag = redacted ? ' --redact' : '';
  return [
    `This page proves nothing by itself: it shows a session whose journal can be proved. Ask for the file that \`runtime session export${flag}\` writes.`,
    'Verify it anywhere, without a workspace, key or network: `runtime session verify <file>`.',
    redacted
      ? 'Each redacted export has a head of its own: the one above is that of this page.'
      : `Its head must be the one above: entry ${report.head.seq}, ${report.head.hash}.`,
  ];
}
