/** Kill -9 at every pass of every named crash point. */
import { killAtEach } from '../../../src/engine/chaos/kill-at.ts';
import { POINTS } from '../../../src/engine/chaos/points.ts';
import { count, LAUNCHER, type Part, tally } from '../part.ts';

export const points: Part = async ({ signal }) => {
  const done = tally('kill -9 at a named point');
  const how = { program: [LAUNCHER], path: process.env['PATH']!, keep: false, signal };
  for await (const { point, broken, folder, unknown } of killAtEach(POINTS, how)) {
    done.times++;
    count(done, unknown ? 'told "unknown"' : 'carried on');
    if (broken.length > 0) done.broken.push(`${point}: ${broken.join('; ')} (kept: ${folder})`);
  }
  return done;
};
