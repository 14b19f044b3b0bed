/** The daemon's sweeps, whole: every call that touches the workspace, in each play. */
import { openDaemonGoals } from '../daemon-goals.ts';
import { openLanes } from '../daemon-story.ts';
import { sweepDaemon } from '../daemon-sweep.ts';
import { count, type Part, tally } from '../part.ts';
import { hasStrace } from '../strace.ts';

const SAY_EVERY = 50;
const WORKERS = 2;

export const daemon: Part = async ({ signal, say }) => {
  const done = tally('a daemon killed at a system call');
  if (!hasStrace) return { ...done, skipped: 'strace is missing, or may not trace here' };
  for (const play of [openLanes, openDaemonGoals]) {
    let calls = 0;
    await sweepDaemon({
      play,
      every: 1,
      workers: WORKERS,
      signal,
      onCalls: (total) => (calls += done.times + total),
      onResult({ name, came, broken }) {
        done.times++;
        count(done, came);
        if (broken.length > 0) done.broken.push(`${name}: ${broken.join('; ')}`);
        if (done.times % SAY_EVERY === 0) say(`  ${done.times} of ${calls} calls`);
      },
    });
  }
  return done;
};
