/** The outside sweep, whole: every call that touches the workspace. */
import { count, type Part, tally } from '../part.ts';
import { hasStrace } from '../strace.ts';
import { sweep } from '../sweep.ts';

const SAY_EVERY = 100;
const WORKERS = 2;

export const calls: Part = async ({ signal, say }) => {
  const done = tally('a system call killed at, or failing');
  if (!hasStrace) return { ...done, skipped: 'strace is missing, or may not trace here' };
  let points = 0;
  await sweep({
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
