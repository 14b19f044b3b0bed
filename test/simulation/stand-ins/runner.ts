/** The runner itself, and a word to whoever watches: which sessions are open, and with which state. */
import { createRunner as createRealRunner, type Runner, type RunnerPorts } from '../../../src/engine/session/runner.ts';
import type { Folded } from '../../../src/engine/session/fold.ts';
import { processWith } from '../machine/process.ts';

export function createRunner(ports: RunnerPorts, session: string, fold: Folded, fence: number): Runner {
  const process = processWith(ports.clock);
  const runner = createRealRunner(ports, session, fold, fence);
  process.machine.outside.opened(process, session, fold, runner);
  return runner;
}
