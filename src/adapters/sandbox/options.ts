import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import type { Level } from './level.ts';

export interface SandboxSettings {
  /** Paths, also beneath `~/`, or of the project: seen although hidden, written although outside the project, hidden. */
  read: readonly string[];
  write: readonly string[];
  hide: readonly string[];
}

export interface SandboxesOptions {
  /** RUNTIME_HOME, absolute. */
  home: string;
  environment: Environment;
  /** The runtime's own files, absolute; those in its home needn't be named. */
  ownFiles?: readonly string[];
  settings: SandboxSettings;
  /** Absent: the system's. */
  clock?: Clock;
  /** Best first. */
  levels?: readonly Level[];
}
