/** What a session's model said, as a model says it: for `provider: replay`. */
import { resolve as resolvePath } from 'node:path';
import type { EntryData } from '../../contract/entries.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { ModelReply } from '../../contract/messages.ts';
import type { Blobs, Journal, JournalEnd, Visit } from '../../contract/ports.ts';
import { SESSION_ID } from '../../contract/session-id.ts';
import { withExportFile } from '../../store/export-file.ts';
import { partsOf, wholeText } from '../session/messages.ts';

export interface ReplySources {
  journal: Pick<Journal, 'read'>;
  blobs: Pick<Blobs, 'get'>;
}

/**
 * The replies of a session of the workspace, else of an exported file, in their order.
 * @throws RuntimeError not_found | store_damaged
 */
export async function recordedReplies({ journal, blobs }: ReplySources, source: string): Promise<ModelReply[]> {
  if (SESSION_ID.test(source)) {
    const found = await collect((visit) => journal.read(source, visit), blobs);
    if (found !== undefined) return found;
  }
  return withExportFile(resolvePath(source), async (file) => {
    const found = file && (await collect((visit) => file.read(visit), file.blobs));
    if (found !== undefined) return found;
    throw new RuntimeError('not_found', `${source} is no session, and no exported file.`, {
      next: 'List the sessions with `runtime session ls`.',
    });
  });
}

/** Undefined: there is nothing to read. */
async function collect(
  read: (visit: Visit) => Promise<JournalEnd>,
  blobs: Pick<Blobs, 'get'>,
): Promise<ModelReply[] | undefined> {
  const replied: EntryData<'model.replied'>[] = [];
  const end = await read(({ entry }) => {
    if (entry.type === 'model.replied') replied.push(entry.data);
  });
  if (end.status === 'absent') return undefined;
  return Promise.all(replied.map((data) => replyOf(data, blobs)));
}

async function replyOf(data: EntryData<'model.replied'>, blobs: Pick<Blobs, 'get'>): Promise<ModelReply> {
  const calls = data.tool_calls.map(async ({ provider_id, name, arguments_raw }) => ({
    provider_id,
    name,
    arguments_raw: await wholeText(arguments_raw, blobs),
  }));
  return {
    ok: true,
    parts: await partsOf(data.parts, blobs),
    tool_calls: await Promise.all(calls),
    stop_reason: data.stop_reason,
    usage: data.usage,
    model_served: data.model_served,
    wire_hash: data.wire_digest.replace('sha256:', ''),
  };
}
