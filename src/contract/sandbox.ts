/** The port behind which commands are confined. */
import type { SandboxLevel } from './values.ts';

/** A program with its arguments, to be started in a folder. Paths are absolute. */
export interface ConfinedCommand {
  program: string;
  args: readonly string[];
  folder: string;
}

/** Under which what confines a command finds the first of `descriptors`: those before it are the command's own, and for what is told. */
export const FIRST_DESCRIPTOR = 6;

/** What is to be started in a command's stead. */
export interface Confined {
  program: string;
  args: readonly string[];
  /** Variables that it needs beside those of the command. */
  environment: Record<string, string>;
  /** What it reads from descriptor 5. */
  settings: Uint8Array;
  /** Of this process: it finds them open from `FIRST_DESCRIPTOR` on. They are closed with what was made for it. */
  descriptors?: readonly number[];
  /** Whether the command itself was begun, by what was written to descriptor 4. Asked after it ended by itself. */
  began(status: string): boolean;
  /** Takes away what was made for it. Gives in words what the command left that was set aside, or could not be. */
  remove(): string[];
}

/** As things lie when it is found; it is for a command that is run soon. */
export interface Sandbox {
  level: SandboxLevel;
  /** What it doesn't stop, in words for people. */
  leaves: readonly string[];
  confine(command: ConfinedCommand): Confined;
}

export interface Sandboxes {
  /** The best one that works here for commands of a project, or that of the level; or why there is none. */
  find(project_root: string, level?: SandboxLevel): Promise<Sandbox | { none: string }>;
  /** Whether settings name this very file (a real path), as one that is hidden or may only be read. */
  namesFile(project_root: string, real: string): boolean;
  /** What settings hide from commands: real paths of files and folders. */
  hidden(project_root: string): string[];
  /** Beside the project, what settings let commands write: real paths of files and folders. */
  written(project_root: string): string[];
}
