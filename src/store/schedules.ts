/** The port `ScheduleLog` on `schedules.jsonl`: read whole, and written anew when it has grown. */
import type { Clock } from '../base/clock.ts';
import { sha256 } from '../base/digest.ts';
import { createSerial } from '../base/serial.ts';
import type { ScheduleLog } from '../contract/ports.ts';
import type { ScheduleRecord } from '../contract/schedule.ts';
import { damageError, openChainFile } from './chain/file.ts';
import { rechained } from './chain/rechain.ts';
import { openOnce } from './chain/open-once.ts';
import { scanChain } from './chain/scan.ts';
import { withFile, writeWhole } from './files.ts';
import { knowsSchedule } from './line-types.ts';

export interface ScheduleLogOptions {
  path: string;
  tornFolder: string;
  /** The workspace's id, which begins the chain. */
  workspace: () => string;
  clock: Clock;
  requireLock: () => void;
}

const NAME = 'schedules.jsonl';

export function createScheduleLog(options: ScheduleLogOptions): { schedules: ScheduleLog; close: () => Promise<void> } {
  const { path, tornFolder, workspace, clock, requireLock } = options;
  const rules = () => ({ genesis: sha256(`${NAME}:${workspace()}`), knows: knowsSchedule });
  const serial = createSerial();
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => serial(path, work);

  const chain = openOnce(async () => {
    const torn = { folder: tornFolder, name: NAME };
    return (await openChainFile({ path, name: NAME, ...rules(), torn }, () => {})).file;
  });

  const schedules: ScheduleLog = {
    async read(visit) {
      const end = await withFile(path, (fd) =>
        scanChain(fd, rules(), ({ type, data, seq }) => visit({ type, data } as ScheduleRecord, seq)),
      );
      if (end.failure !== undefined) throw damageError(NAME, end.failure);
    },

    append: (records, { sync }) =>
      inOrder(async () => {
        requireLock();
        await chain.use(async (file) => {
          const at = Math.max(clock.now(), file.end().at);
          file.append(records.map((record) => ({ at, ...record })));
          if (sync) await file.sync();
        });
      }),

    replace: (records) =>
      inOrder(async () => {
        requireLock();
        await chain.close();
        const at = clock.now();
        const nothing = { lines: [], bytes: Buffer.alloc(0) };
        const content = rechained(nothing, rules().genesis, records.map((record) => ({ at, ...record }))); // prettier-ignore
        writeWhole(path, content, { sync: true });
      }),
  };

  return { schedules, close: () => inOrder(chain.close) };
}
