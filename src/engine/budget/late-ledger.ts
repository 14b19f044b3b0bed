/** The ledger, loaded and opened by the first reservation: a start without shared budgets has nothing of it. */
import type { Budget } from '../../contract/ports.ts';
import type { LedgerPorts } from './ledger.ts';
import type { ToolCounts } from './tool-counts.ts';

export function lateLedger(
  { usage, journal }: Pick<LedgerPorts, 'usage' | 'journal'>,
  clock: LedgerPorts['clock'],
  crashPoint: LedgerPorts['crashPoint'],
): Budget & ToolCounts & { load(): Promise<unknown> } {
  let loaded: Promise<Budget & ToolCounts> | undefined;
  const load = (): Promise<Budget & ToolCounts> =>
    (loaded ??= import('./ledger.ts').then(({ createLedger }) => createLedger({ usage, journal, clock, crashPoint })));
  return {
    /** Ahead of the first reservation: what is read while something else is done costs no time. */
    load,
    reserve: async (request) => (await load()).reserve(request),
    async begin(recorded) {
      if (usage.months().length > 0 || recorded.length > 0) await (await load()).begin(recorded);
    },
    calledToday: async (tool) => (await load()).calledToday(tool),
    takeCall: async (call, limit) => (await load()).takeCall(call, limit),
    // Without the ledger nothing was reserved.
    settle: async (session, charge) => (await loaded)?.settle(session, charge),
    durable: async (session) => (await loaded)?.durable(session),
    ended: async (session, active_ms) => (await loaded)?.ended(session, active_ms),
  };
}
