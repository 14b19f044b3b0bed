import type { HostStatus } from '../../contract/host.ts';
import { isOperator, type Principal } from '../principal.ts';

/** What a process says of its serving. */
export type Served = Pick<HostStatus, 'url' | 'log' | 'failing'>;

const PROBLEM = 'It failed on the machine of the daemon; its log says how.';

/** As somebody may be told: where files lie on this machine is for who runs it. */
export function servedTo({ actor }: Principal, served: Served): Served {
  if (isOperator(actor)) return served;
  const { log: _, failing, ...open } = served;
  return { ...open, ...(failing && { failing: failing.map((one) => ({ ...one, problem: PROBLEM })) }) };
}
