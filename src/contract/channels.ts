/**
 * Where messages come from, as the program itself says it: rules of a policy look at these names (`channel`), so nobody else
 * may give them. `http`, `goal` and `clock` stand in records as the way of other acts.
 */
export const OWN_CHANNELS: ReadonlySet<string> = new Set([
  'api', 'cli', 'clock', 'cron', 'goal', 'http', 'openai', 'repl',
]); // prettier-ignore

/** What comes over HTTP, unless it is told otherwise. */
export const API_CHANNEL = 'api';
