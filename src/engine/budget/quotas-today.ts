/** Limits of tools on this day and what was used of them, for who looks on: without a lock. */
import { localDay } from '../../base/local-date.ts';
import type { Quota } from '../../contract/values.ts';
import type { Workspace } from '../wire.ts';
import { dailyLimit } from './quotas.ts';
import { emptyTally, take, usedOf } from './tally.ts';
import { toolBudget } from './tool-counts.ts';

/** By tool; those without a limit aren't in it. @throws RuntimeError store_damaged | entry_too_new */
export async function quotasToday({ store, clock, tools, loaded }: Workspace): Promise<Map<string, Quota>> {
  const day = localDay(clock.now());
  const month = day.slice(0, 7);
  const tally = emptyTally();
  if (store.usage.months().includes(month)) await store.usage.read(month, (record) => take(tally, record));
  const limited = tools.tools().map(({ name }) => ({ name, limit: dailyLimit(loaded.config, name) }));
  return new Map(
    limited
      .filter(({ limit }) => limit > 0)
      .map(({ name, limit }) => [name, { limit, used: usedOf(tally, toolBudget(name, day)).used.calls }]),
  );
}
