/** The outside sweeps, whole: every call that touches the workspace. */
import { openGoals } from '../goal-story.ts';
import { count, type Part, tally } from '../part.ts';
import type { OpenPlay } from '../play.ts';
import { openTools } from '../story.ts';
import { hasStrace } from '../strace.ts';
import { sweep } from '../sweep.ts';

const SAY_EVERY = 100;
const WORKERS = 2;

export const calls: Part = sweepOf('a system call killed at, or failing', openTools);
export const goalCalls: Part = sweepOf('a call of goals killed at, or failing', openGoals);

function sweepOf(what: string, play: OpenPlay): Part {
  return async ({ signal, say }) => {
    const done = tally(what);
    if (!hasStrace) return { ...done, skipped: 'strace is missing, or may not trace here' };
    let points = 0;
    await sweep({
      play,
      every: 1,
      workers: WORKERS,
      signal,
      onPoints: (total) => (points = total),
      onResult({ point, came, broken }) {
        done.times++;
        count(done, came);
        if (broken.length > 0) done.broken.push(`${point.name}: ${broken.join('; ')}`);
        if (done.times % SAY_EVERY === 0) say(`  ${done.times} of ${points} calls`);
      },
    });
    return done;
  };
}
