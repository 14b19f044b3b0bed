/** What a tool is to the host: a specification, and a `prepare` that looks at a call and gives back what would do it. */
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import type { Failure } from '../../base/failure.ts';
import type { JsonObject } from '../../base/json.ts';
import type { ToolSpec } from '../../contract/manifest.ts';
import type { ToolContext, ToolRequest, ToolResult, ToolRun } from '../../contract/ports.ts';
import type { Sandboxes } from '../../contract/sandbox.ts';
import type { Facts, Presentation } from '../../contract/values.ts';
import type { Invalid } from './arguments/invalid.ts';
import type { Network } from './net/network.ts';
import type { ObjectSchema } from './arguments/schema.ts';

/** 0: no limit. */
export interface ExecLimits {
  /** Processes and threads beyond those that run on the machine; not of root's. */
  processes: number;
  /** MiB of each process, and of each file. */
  memory: number;
  file_size: number;
}

export interface ToolSettings {
  exec: {
    /** Longest run of a command that names no timeout, in ms. */
    timeoutMs: number;
    /** Longest timeout that a call may ask for, in ms. */
    maxTimeoutMs: number;
    /** Names of further environment variables that commands may see. */
    env: readonly string[];
    /** Variables under which a command may get a secret of the vault, each with its name there. */
    secrets: Readonly<Record<string, string>>;
    /** What a confined command may use. */
    limits: ExecLimits;
  };
}

/** Where a call takes place. */
export interface Scene {
  /** Real paths, links resolved. */
  projectRoot: string;
  home: string;
  /** What the runtime goes by and lies elsewhere, as a configuration in a project: closed as its home is. */
  ownFiles: readonly string[];
  clock: Clock;
  environment: Environment;
  settings: ToolSettings;
  /** Absent: the system's. */
  network?: Network;
  sandboxes: Sandboxes;
  /** What the call is to be confined by, should it be a command. */
  sandbox: ToolRequest['sandbox'];
  /** Whether links of the whole project count for one that isn't. */
  links: boolean;
}

/** A call that may run. `execute` works on exactly what the facts describe. */
export interface Ready {
  facts: Facts;
  presentation: Presentation;
  execute(call: ToolRun, context: ToolContext): Promise<Outcome>;
}

export type Prepared = Ready | { invalid: Invalid[] };

/** What a tool reports; the host adds the rest of a `ToolResult`. */
export type Outcome = Pick<ToolResult, 'outcome' | 'output' | 'error' | 'exit_code' | 'signal'> &
  Partial<Pick<ToolResult, 'output_truncated' | 'files' | 'taint'>>;

export interface Tool {
  name: string;
  description: string;
  parameters: ObjectSchema;
  effect: ToolSpec['effect'];
  recovery: ToolSpec['recovery'];
  /** Variables under which calls may get secrets of the vault, each with its name there. Absent: none. */
  secrets?: Readonly<Record<string, string>>;
  /** Reads what the call would touch; changes nothing. `args` are valid for `parameters`. */
  prepare(args: JsonObject, scene: Scene): Promise<Prepared>;
  /** Carries a call on that was cut while it ran. Only for `roll_forward`; `call.files` is its intent. */
  resume?(args: JsonObject, scene: Scene, call: ToolRun, context: ToolContext): Promise<Outcome>;
}

export const noFacts: Facts = { paths: [], hosts: [], commands: [], preimages: [] };

export function invalid(path: string, message: string): { invalid: Invalid[] } {
  return { invalid: [{ path, message }] };
}

export function succeeded(output: string): Outcome {
  return { outcome: 'ok', output };
}

/** The model is told an error with its code beside the output. */
export function failed(failure: Failure, outcome: 'error' | 'void' | 'unknown' = 'error'): Outcome {
  return { outcome, error: failure, output: '' };
}

/** What a tool says that goes through folders, where it passed something over. */
export const KEPT = '[what rules of the policy keep is left out]';
