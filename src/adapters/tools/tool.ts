/** What a tool is to the host: a specification, and a `prepare` that looks at a call and gives back what would do it. */
import { basename } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
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

/** A failure as a value: a stable code and what to tell the model. */
export interface Failure {
  code: string;
  message: string;
}

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

/** What the system says with a path of its own in it, in words that a model can use. */
const WORDS: Record<string, string> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

const CODES: Record<string, string> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EACCES: 'no_permission',
  EPERM: 'no_permission',
  EROFS: 'no_permission',
  ENOENT: 'not_found',
  ENOTDIR: 'not_a_folder',
  EISDIR: 'not_a_file',
  ELOOP: 'changed',
};

/** The file's own name; where it lies is the machine's business. */
function nameOf(thrown: unknown): string {
  const path = thrown instanceof Error && 'path' in thrown ? thrown.path : undefined;
  return typeof path === 'string' ? `: ${basename(path)}` : '';
}

/** An error of the system as a failure. */
export function failureOf(thrown: unknown): Failure {
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  const errno = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const code = CODES[errno] ?? (errno === '' ? 'internal' : errno.toLowerCase());
  const message = WORDS[errno] === undefined ? said : `${WORDS[errno]}${nameOf(thrown)}`;
  return { code, message: code === 'disk_full' ? `disk full: ${message}` : message };
}
