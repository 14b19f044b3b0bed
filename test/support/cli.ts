/** The built program as a black box: a process of its own, an environment of its own. */
import { spawn } from 'node:child_process';
import { LAUNCHER } from './place.ts';

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Where nothing listens: no test finds a local Ollama. */
const NO_OLLAMA = '127.0.0.1:1';

/** Runs the program to its end. Only `environment` (and PATH) is passed on: nothing of who runs the tests. */
export function runCli(
  args: readonly string[],
  options: { home: string; environment?: Record<string, string>; cwd?: string; input?: string },
): Promise<CliResult> {
  const child = spawn(LAUNCHER, args, {
    cwd: options.cwd ?? options.home,
    env: {
      PATH: process.env['PATH'],
      HOME: options.home,
      RUNTIME_HOME: options.home,
      RUNTIME_SANDBOX_MODE: 'off', // what a test finds isn't to depend on what the machine has
      OLLAMA_HOST: NO_OLLAMA,
      ...options.environment,
    },
  });
  child.stdin.on('error', () => {}); // it may not want to read
  child.stdin.end(options.input ?? '');
  const result = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (result[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...result }));
  });
}
