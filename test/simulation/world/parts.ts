/** The parts of a simulated world: the program in it, and what watches it. */
import type { Entry } from '../../../src/contract/entries.ts';
import type { Policy } from '../../../src/contract/manifest.ts';
import type { ModelRequest } from '../../../src/contract/messages.ts';
import type { StandingGrant } from '../../../src/contract/answers.ts';
import type { ToolRun } from '../../../src/contract/ports.ts';
import type { IngressEvent, UsageRecord } from '../../../src/contract/records.ts';
import type { ScheduleRecord } from '../../../src/contract/schedule.ts';
import type { LoadedConfig } from '../../../src/engine/config/load.ts';
import type { Hub, HubOptions } from '../../../src/engine/hub/hub.ts';
import type { Folded } from '../../../src/engine/session/fold.ts';
import type { Runner } from '../../../src/engine/session/runner.ts';
import type { Workspace } from '../../../src/engine/wire.ts';
import type { Dice } from '../../../src/kernel/testing/dice.ts';
import type { Machine, SimulatedProcess } from '../machine/parts.ts';
import type { Journals } from './journals.ts';
import type { Ledger } from './ledger.ts';

export interface World {
  machine: Machine;
  dice: Dice;
  /** Of what came later: who draws from these leaves the other chances of a seed as they were. */
  side: Dice;
  loaded: LoadedConfig;
  policy: Policy;
  epoch: number;
  journals: Journals;
  ledger: Ledger;
  /** The program that owns the workspace, where one runs. */
  program: Program | undefined;
  runners: OpenedRunner[];
  watching: Watching;
  violation: Violation | undefined;
  violate(letter: string, message: string): void;
  /** Faults have stopped, and everybody answers. */
  calm: boolean;
}

export interface Violation {
  /** Of the invariant, or `u` for what should never happen at all. */
  letter: string;
  message: string;
}

/** The program that owns the workspace. */
export interface Program {
  process: SimulatedProcess;
  workspace: Workspace;
  hub: Hub;
  takes: HubOptions['takes'];
  /** How many faults of the disk had been met before it started. */
  faults_before: number;
  /** It has been asked to end. */
  leaving: boolean;
  /** What it was asked and hasn't answered. */
  asked: Set<{ what: string }>;
}

/** A session that a process has open. */
export interface OpenedRunner {
  process: SimulatedProcess;
  session: string;
  fold: Folded;
  runner: Runner;
}

/** A tool that begins to act. */
export interface Begun {
  process: SimulatedProcess;
  session: string;
  run: ToolRun;
}

/** A command of a job that begins. */
export interface BegunCommand {
  process: SimulatedProcess;
  job: string;
}

/** What lies on the disk when no process runs. */
export interface Evidence {
  /** A crash of the process or of the machine, an end in order, or that of the run, when all must have come to an end. */
  after: 'kill' | 'power cut' | 'leave' | 'end';
  sessions: Map<string, Entry[]>;
  pending: IngressEvent[];
  grants: StandingGrant[];
  schedules: ScheduleRecord[];
  /** The ledger of budgets, by month. */
  usage: UsageRecord[][];
}

/**
 * What an invariant looks at: what happens, the world after each step, and what lies on the disk after each crash and at
 * the end.
 */
export interface Hooks {
  opened?(opened: OpenedRunner): void;
  asked?(process: SimulatedProcess, request: ModelRequest): void;
  effect?(begun: Begun): void;
  command?(begun: BegunCommand): void;
  /** A message of the program's own is about to be accepted. */
  fires?(event: IngressEvent): void;
  /** A program is asked to leave, and is about to do so. */
  leaves?(program: Program, patience_ms: number): void;
  /** It has left, and lives for one more moment. */
  left?(program: Program): void;
  step?(): void;
  evidence?(evidence: Evidence): void;
}

/** A module that watches a world and says when a promise is broken. */
export interface Invariant {
  letter: string;
  says: string;
  watch(world: World, broken: (message: string) => void): Hooks;
}

export type Watching = Required<Hooks>;
