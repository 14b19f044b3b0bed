/** The parts of a simulated machine, and what lies outside of it. */
import type { OwnCommand, OwnCommandEnd } from '../../../src/adapters/tools/exec-command/own-command.ts';
import type { Clock } from '../../../src/base/clock.ts';
import type { Environment } from '../../../src/base/environment.ts';
import type { Policy } from '../../../src/contract/manifest.ts';
import type { ModelAnswer, ModelRequest } from '../../../src/contract/messages.ts';
import type { Verdict } from '../../../src/contract/values.ts';
import type { Folded } from '../../../src/engine/session/fold.ts';
import type { Runner } from '../../../src/engine/session/runner.ts';
import type { Dice } from '../../../src/kernel/testing/dice.ts';
import type { Disk } from '../disk/disk.ts';
import type { Agenda } from './agenda.ts';

export interface Machine {
  dice: Dice;
  agenda: Agenda;
  disk: Disk;
  outside: Outside;
  /** The wall clock (ms UTC). It may be set, also back. */
  wall(): number;
  setWall(by: number): void;
  /** The process that holds the workspace's lock. */
  holder: SimulatedProcess | undefined;
  processes: SimulatedProcess[];
  /** An ordinary wait: 0 to `most` ms. Takes nothing of the tape. */
  jitter(most: number): number;
  /** All processes are gone, and what wasn't synced may be. `how`: see `bitsOf`; drawn, where it isn't given. */
  cutPower(how?: number): void;
  /** What has happened, in words; the same from the same tape. */
  trace: string[];
  note(line: string): void;
  count(what: string, by?: number): void;
  counts: Map<string, number>;
}

export interface SimulatedProcess {
  id: number;
  name: string;
  /** Where it sees the disk: a path says whose call it is. */
  mount: string;
  machine: Machine;
  clock: Clock;
  environment: Environment;
  isAlive(): boolean;
  /** `why` is told; without it nobody learns of it. */
  die(why?: string): void;
  /** Dies at the k-th disk call from now (from 1), right before or after it. */
  dieAtCall(calls: number, when: 'before' | 'after'): void;
  /** Dies at the n-th pass of a crash point. */
  dieAtPoint(name: string, passes: number): void;
  /** Nobody kills it any more. */
  spare(): void;
  /** Does a disk call, if it lives to do so. @throws ProcessDied */
  call<T>(work: () => T): T;
  passPoint(name: string): void;
  /** Runs that later, if it still lives then. */
  after(ms: number, run: () => void): () => void;
}

/** What answers the processes: models, people's configuration, and who watches. */
export interface Outside {
  /** A promise of the given invariant was seen broken. */
  violate(letter: string, message: string): void;
  /** A model is asked by a process. */
  ask(process: SimulatedProcess, request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer>;
  /** A job's command is run by a process. */
  command(process: SimulatedProcess, command: OwnCommand): Promise<OwnCommandEnd>;
  /** The policy that the configuration means now, and its change. */
  policy(): Policy;
  setPolicy(tool: string, verdict: Verdict): boolean;
  /** A process has opened a session. */
  opened(process: SimulatedProcess, session: string, fold: Folded, runner: Runner): void;
}
