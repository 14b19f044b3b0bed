/** The port `UsageLog` on `usage/<yyyy-mm>.jsonl`: however long a month is, opening it reads little. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { sha256 } from '../base/digest.ts';
import type { UsageLog } from '../contract/ports.ts';
import type { UsageRecord } from '../contract/records.ts';
import { damageError, openChainFile } from './chain/file.ts';
import { parseLine, type ChainLine } from './chain/line.ts';
import { piecesBackward } from './chain/pieces.ts';
import { scanChain, type ChainStart } from './chain/scan.ts';
import { withFile } from './files.ts';
import { knowsUsage } from './line-types.ts';
import { isFileError } from './store-error.ts';

export interface UsageLogOptions {
  folder: string;
  tornFolder: string;
  /** The workspace's id, which begins the chains. */
  workspace: () => string;
  clock: Clock;
  requireLock: () => void;
}

export const MONTH_NAME = /^(\d{4}-\d{2})\.jsonl$/;

export function createUsageLog(options: UsageLogOptions): { usage: UsageLog; closeAll: () => Promise<void> } {
  const { folder, tornFolder, workspace, clock, requireLock } = options;
  const opened = new Set<() => Promise<void>>();
  const rules = (file: string) => ({ genesis: sha256(`${file}:${workspace()}`), knows: knowsUsage });
  const nameOf = (file: string): string => `usage/${file}`;

  const usage: UsageLog = {
    months: () => readNames(folder).flatMap((name) => MONTH_NAME.exec(name)?.[1] ?? []),

    async read(month, visit) {
      const file = `${month}.jsonl`;
      const end = await withFile(join(folder, file), (fd) =>
        scanChain(fd, rules(file), (line) => visit(recordOf(line), line.at)),
      );
      if (end.failure !== undefined) throw damageError(nameOf(file), end.failure);
    },

    async open(month, visit) {
      requireLock();
      const file = `${month}.jsonl`;
      const { file: chain } = await openChainFile(
        {
          path: join(folder, file),
          name: nameOf(file),
          torn: { folder: tornFolder, name: `usage-${file}` },
          start: newestTotals,
          ...rules(file),
        },
        (line) => visit(recordOf(line)),
      );
      const close = async (): Promise<void> => {
        if (opened.delete(close)) await chain.close();
      };
      opened.add(close);
      return {
        append(records) {
          requireLock();
          const at = Math.max(clock.now(), chain.end().at);
          chain.append(records.map((record) => ({ at, ...record })));
        },
        sync: () => chain.sync(),
        close,
      };
    },
  };
  return { usage, closeAll: async () => void (await Promise.all([...opened].map((close) => close()))) };
}

/** The newest totals that are durable with all before them: what can have been torn by a crash lies behind. */
function newestTotals(fd: number): ChainStart | undefined {
  let mark = 0;
  for (const { bytes, offset } of piecesBackward(fd)) {
    const parsed = parseLine(bytes);
    if ('defect' in parsed) continue;
    const { seq, prev, type, durable } = parsed.line;
    mark = Math.max(mark, durable);
    if (type === 'usage.totals' && seq <= mark) return { offset, seq: seq - 1, hash: prev };
  }
  return undefined;
}

function recordOf({ type, data }: ChainLine): UsageRecord {
  return { type, data } as UsageRecord;
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return [];
    throw error;
  }
}
