/** The configuration file is outside of the simulated disk: changing it always works. */
import type * as real from '../../../src/engine/config/set-policy.ts';
import { ownerOf } from '../machine/process.ts';

export const setPolicy: typeof real.setPolicy = async ({ home, tool, verdict }) => {
  const { process } = ownerOf(home);
  return { path: 'config.yaml', changed: process.call(() => process.machine.outside.setPolicy(tool, verdict)) };
};
