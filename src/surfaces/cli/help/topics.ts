/** The pages of `runtime help <topic>`: Markdown, each loaded when it is read. `npm run docs` puts them into docs/, too. */

export interface Topic {
  /** What the page is about, in a list of topics. */
  summary: string;
  load: () => Promise<string>;
}

export const TOPICS: ReadonlyMap<string, Topic> = new Map([
  [
    'approvals',
    { summary: 'what waits for you, and how to answer', load: async () => (await import('./approvals.ts')).page },
  ],
  [
    'config',
    { summary: 'file, variables, flags; models and keys', load: async () => (await import('./config.ts')).page },
  ],
  [
    'exit-codes',
    { summary: 'how a script learns how it went', load: async () => (await import('./exit-codes.ts')).page },
  ],
  ['policy', { summary: 'which tools run, ask or are denied', load: async () => (await import('./policy.ts')).page }],
  ['scripts', { summary: 'runtime in shell scripts and CI', load: async () => (await import('./scripts.ts')).page }],
  [
    'sessions',
    { summary: 'go on, look at, prove and remove them', load: async () => (await import('./sessions.ts')).page },
  ],
  [
    'terminal',
    { summary: 'the interactive terminal: keys and commands', load: async () => (await import('./terminal.ts')).page },
  ],
]);
