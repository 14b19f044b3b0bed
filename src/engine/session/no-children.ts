import { RuntimeError } from '../../contract/errors.ts';
import type { Children } from '../../contract/ports.ts';

/** Of an owner that opens no sessions for goals. */
export const NO_CHILDREN: Children = {
  work: () => Promise.reject(new RuntimeError('internal', 'There is nobody here who does the steps of goals.')),
  waitsFor: () => [],
};
