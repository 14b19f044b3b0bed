/** Jobs and their firings as the records say, whoever owns the workspace. */
import type { Firing, ScheduleStatus } from '../../contract/schedule.ts';
import type { Workspace } from '../wire.ts';
import { readBook } from './ledger.ts';
import { createDescribe, historyOf, jobIn } from './describe.ts';

export interface ReadSchedules {
  list(): ScheduleStatus[];
  /** @throws RuntimeError not_found, as the next */
  get(name: string): ScheduleStatus;
  history(name: string): Firing[];
  /** What the command of a firing printed; undefined where it printed nothing, or was none. */
  outputOf(firing: Firing | undefined): Promise<string | undefined>;
}

export async function readSchedules({ store, clock }: Workspace): Promise<ReadSchedules> {
  const book = await readBook(store.schedules);
  const describe = createDescribe(clock);
  return {
    list: () => [...book.values()].map(describe),
    get: (name) => describe(jobIn(book, name)),
    history: (name) => historyOf(jobIn(book, name)),
    async outputOf(firing) {
      const bytes = firing?.output === undefined ? undefined : await store.blobs.get(firing.output);
      return bytes && Buffer.from(bytes).toString('utf8');
    },
  };
}
