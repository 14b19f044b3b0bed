/** Segments of the ingress log with other events in them, each with a chain made anew. Nothing is changed here. */
import type { IngressEvent, IngressRecord } from '../../contract/records.ts';
import { buildLine, type ChainLine } from '../chain/line.ts';
import type { WorkspacePaths } from '../workspace.ts';
import { chainedFile, scanFile } from './chained.ts';
import { inventory } from './inventory.ts';

export interface RewrittenSegment {
  /** Within the workspace's folder. */
  name: string;
  lines: string[];
}

/** Those that change. One that is damaged is left as it is. `rewrite` gives the same event when nothing is to be changed. */
export async function* rewriteIngress(
  paths: WorkspacePaths,
  workspace: string,
  rewrite: (event: IngressEvent) => IngressEvent,
): AsyncGenerator<RewrittenSegment> {
  for (const file of [...inventory(paths)].filter(({ kind, plain }) => kind === 'ingress' && plain)) {
    const chained = await chainedFile(file, workspace, () => undefined);
    const found: ChainLine[] = [];
    let changed = false;
    const { failure } = await scanFile(chained, (line) => {
      const record = { type: line.type, data: line.data } as IngressRecord;
      const event = record.type === 'event.accepted' ? rewrite(record.data.event) : undefined;
      const differs = record.type === 'event.accepted' && event !== record.data.event;
      changed ||= differs;
      found.push(differs ? { ...line, data: { event } } : line);
    });
    if (failure !== undefined || !changed) continue;
    let prev = found[0]!.prev;
    const lines = found.map((line) => {
      const { text, hash } = buildLine(line, { seq: line.seq, durable: line.durable, prev });
      prev = hash;
      return text;
    });
    yield { name: file.name, lines };
  }
}
