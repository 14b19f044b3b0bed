/** The program's environment variables. Read here only, passed on from here. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the process was started with. */
export function processEnvironment(): Environment {
  return process.env;
}
