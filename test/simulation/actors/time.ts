/** Time passes: what is due next happens. What is due only much later waits until nothing else has happened for a while. */
import type { Actor } from './actor.ts';

const SOON_MS = 30_000;

export const time: Actor = {
  name: 'time',
  weight: 170,
  act({ machine, dice }) {
    const next = machine.agenda.next();
    if (next === undefined) return;
    if (next > SOON_MS && !dice.once(12)) return;
    machine.agenda.runNext();
  },
};
