import type * as real from '../../../src/engine/crash-points.ts';
import { processIn } from '../machine/process.ts';

export const createCrashPoints: typeof real.createCrashPoints = (environment) => {
  const process = processIn(environment);
  return (name) => process.passPoint(name);
};
