import type { Quota } from './values.ts';

/** The port of limits of calls of a tool on a day. Where a tool has none nothing is counted. */
export interface Quotas {
  /** The day's calls of a tool, when they are used up. @throws as `Budget.reserve` */
  usedUp(tool: string): Promise<Quota | undefined>;
  /**
   * Counts a call that is about to run; or gives the day's calls, when they are used up. Attempts of one call count once.
   * @throws as `Budget.reserve`
   */
  take(call: { session: string; call_id: string; attempt: number; tool: string }): Promise<Quota | undefined>;
}
