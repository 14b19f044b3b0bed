/**
 * The port `Audit` on `audit.jsonl`, which grows with every turn of every session: nothing here reads it whole but `read`.
 */
import type { Clock } from '../base/clock.ts';
import { sha256 } from '../base/digest.ts';
import type { Audit } from '../contract/ports.ts';
import type { AuditRecord } from '../contract/records.ts';
import { createHeads } from './audit-heads.ts';
import { openChainFile, type ChainFile, type ChainFileOptions } from './chain/file.ts';
import { openOnce } from './chain/open-once.ts';
import type { ChainLine } from './chain/line.ts';
import { durableStart, scanChain, startFromEnd } from './chain/scan.ts';
import { withFile } from './files.ts';
import { journalEnd, placeOf } from './journal-file.ts';
import { knowsAudit } from './line-types.ts';

export interface AuditOptions {
  path: string;
  tornFolder: string;
  /** The workspace's id, which begins the chain. */
  workspace: () => string;
  clock: Clock;
  requireLock: () => void;
}

const NAME = 'audit.jsonl';
/**
 * Heads aren't synced by themselves. When more than this is not known to be durable, it is synced before the next line,
 * which says so: an opening has to read no more than about this much.
 */
const UNSYNCED_BYTES = 64 * 1024;

export function createAudit(options: AuditOptions): { audit: Audit; close: () => Promise<void> } {
  const { path, tornFolder, workspace, clock, requireLock } = options;
  const rules = () => ({ genesis: sha256(`${NAME}:${workspace()}`), knows: knowsAudit });
  const headOf = createHeads(NAME);
  let durableBytes = 0;

  const chain = openOnce(async () => {
    const start: NonNullable<ChainFileOptions['start']> = (fd) => {
      const found = durableStart(fd);
      durableBytes = found?.offset ?? 0;
      return found;
    };
    const torn = { folder: tornFolder, name: NAME };
    const { file } = await openChainFile({ path, name: NAME, ...rules(), torn, start }, () => {});
    return file;
  });

  const sync = async (file: ChainFile): Promise<void> => {
    const { bytes } = file.end();
    await file.sync();
    durableBytes = bytes;
  };

  const audit: Audit = {
    async append({ type, data }, { sync: now = false } = {}) {
      requireLock();
      const file = await chain.file();
      if (file.end().bytes - durableBytes > UNSYNCED_BYTES) await sync(file);
      file.append([{ at: Math.max(clock.now(), file.end().at), type, data }]);
      if (now) await sync(file);
    },

    head: (session) => withFile(path, (fd) => (fd === undefined ? undefined : headOf(fd, session))),

    read: (visit, from) =>
      withFile(path, async (fd) => {
        const start = fd === undefined || from === undefined ? undefined : startFromEnd(fd, from);
        const visitWanted = (line: ChainLine): void => {
          const { seq, at, hash, prev, durable, type, data } = line;
          const record = { type, data } as AuditRecord;
          if (seq > (from?.after ?? 0)) visit({ seq, at, id: placeOf(line).id, hash, prev, durable, record });
        };
        return journalEnd(await scanChain(fd, rules(), visitWanted, start));
      }),
  };

  return { audit, close: chain.close };
}
