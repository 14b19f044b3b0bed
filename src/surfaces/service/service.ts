/** A daemon that the system starts with the person's session and keeps running. */

/** What a service runs. It holds no secret: whoever may list services may read it. */
export interface ServiceSpec {
  workspace: string;
  /** The program's file, then its arguments. */
  command: readonly string[];
  /** Absolute: the project folder of sessions that the daemon makes. */
  folder: string;
  environment: Readonly<Record<string, string>>;
  /** A file of further variables, as keys of models; it needn't be there. */
  environmentFile: string;
  /** How long a stop may take until the process is killed (s). */
  stopSeconds: number;
}

/** How a system's manager of services knows one. */
export interface ServiceKind {
  name: string;
  /** Where its description lies. */
  path: string;
  text: string;
  /** Command lines, run one after the other. */
  start: readonly (readonly string[])[];
  stop: readonly (readonly string[])[];
  /** Says in its first line how it is. */
  look: readonly string[];
}
