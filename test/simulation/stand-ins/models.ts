import type * as real from '../../../src/adapters/models/router.ts';
import { processIn } from '../machine/process.ts';

export const createModelClient: typeof real.createModelClient = ({ environment }) => {
  const process = processIn(environment);
  return {
    prepare: async () => {},
    ask: (request, { signal }) => process.machine.outside.ask(process, request, signal),
  };
};
