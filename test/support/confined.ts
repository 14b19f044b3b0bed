/** Tests of what holds for commands in a sandbox only. Where this machine has none, they say so and are skipped. */
import { LEVELS, levelsUnmet } from '../../src/engine/testing/confined.ts';
import { test as inPlace } from './place.ts';

const unmet = await levelsUnmet();
const hasSandbox = LEVELS.some(({ name }) => !unmet.has(name));
if (!hasSandbox) process.stderr.write(`skipped, as they need a sandbox:${[...unmet.values()].join('')}\n`);

/** Of a configuration: commands run in the best sandbox of the machine. */
export const CONFINED = { sandbox: { mode: 'auto' } };

export const test = inPlace.skipIf(!hasSandbox);
