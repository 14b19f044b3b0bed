/**
 * Named points at which chaos tests end the process, as a power switch would: `RUNTIME_CRASH_AT=<name>[:n]`, at the n-th
 * pass, only with `RUNTIME_CHAOS=1`. Names: `<before|after>-<append|sync>-<entry type>`, `before-effect`,
 * `after-effect`, `before-ack`.
 */
import type { Environment } from '../base/environment.ts';

export type CrashPoint = (name: string) => void;

export function createCrashPoints(environment: Environment): CrashPoint {
  const wanted = environment['RUNTIME_CHAOS'] === '1' ? environment['RUNTIME_CRASH_AT'] : undefined;
  if (!wanted) return () => {};
  const [, name, pass = '1'] = /^(.+?)(?::(\d+))?$/.exec(wanted)!;
  let left = Number(pass);
  return (point) => {
    if (point === name && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
