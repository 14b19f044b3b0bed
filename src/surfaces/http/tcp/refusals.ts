/** Enters refusals into the audit log, so few that a flood of them can't fill the disk. */
import type { Clock } from '../../../base/clock.ts';
import type { Audit } from '../../../contract/ports.ts';

export interface Refusal {
  /** Method and path. */
  what: string;
  why: string;
  /** Whose token it was, else where the request came from. */
  by: string;
}

/** So many are entered at once, then one for each that has become due again. */
const MOST = 20;
const EACH_MS = 60_000;
const LONGEST = 200;

export function createRefusals({ audit, clock }: { audit: Audit; clock: Clock }): (refusal: Refusal) => void {
  let room = MOST;
  let countedAt = clock.now();
  let leftOut = 0;

  return ({ what, why, by }) => {
    const due = Math.floor((clock.now() - countedAt) / EACH_MS);
    room = Math.min(MOST, room + due);
    countedAt += due * EACH_MS;
    if (room === 0) return void leftOut++;
    room--;
    const more = leftOut > 0 ? ` (before this ${leftOut} were not entered)` : '';
    leftOut = 0;
    const data = { what: what.slice(0, LONGEST), why: `${why.slice(0, LONGEST)}${more}`, by: by.slice(0, LONGEST) };
    // Whoever asked is refused all the same; that the store fails is told elsewhere.
    audit.append({ type: 'access.denied', data }).catch(() => {});
  };
}
