/**
 * A home and a project of their own in one folder, and the program run there as a process: nothing of whoever
 * runs it is seen or touched.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../../contract/entries.ts';
import type { Script } from '../../contract/script.ts';

export interface Ran {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Scratch {
  folder: string;
  /** RUNTIME_HOME. The project is the folder in which the program runs. */
  home: string;
  project: string;
  /** All that the program gets. */
  environment: Record<string, string>;
  /** Runs the program to its end. */
  run(args: readonly string[], environment?: Record<string, string>): Promise<Ran>;
  /** Reads a file of the project; '' when there is none. */
  read(path: string): string;
  /** The entries of a session, as its file holds them; none when there is none. A line that is cut is left out. */
  journal(session: string): Entry[];
  remove(): void;
}

export interface ScratchOptions {
  /** Is made. */
  folder: string;
  /** How the program is started: its first words. */
  program: readonly string[];
  path: string;
  turns: Script['turns'];
  config: object;
  files: Readonly<Record<string, string>>;
  /** Ends what runs with SIGKILL; `run` then resolves as for any other end. */
  signal: AbortSignal;
}

/** Makes the folder with the project's files, and a configuration in which a script is the model. */
export function makeScratch({ folder, program, path, turns, config, files, signal }: ScratchOptions): Scratch {
  const home = join(folder, 'home');
  const project = join(folder, 'project');
  const script = join(folder, 'model.yaml');
  const environment = { PATH: path, HOME: folder, RUNTIME_HOME: home };
  for (const made of [folder, home, project]) mkdirSync(made, { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
  writeFileSync(script, JSON.stringify({ model: 'script/v1', turns } satisfies Script)); // YAML, too
  const models = { default: 'scripted', registry: [{ name: 'scripted', provider: 'script', script }] };
  writeFileSync(join(home, 'config.yaml'), JSON.stringify({ models, ...config }), { mode: 0o600 });

  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };

  return {
    folder,
    home,
    project,
    environment,
    run: (args, more = {}) =>
      runProgram([...program, ...args], { cwd: project, env: { ...environment, ...more }, signal }),
    read: (name) => read(join(project, name)),
    journal: (session) =>
      read(join(home, 'workspaces/default/sessions', `${session}.jsonl`))
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Entry),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  };
}

/** Runs a program to its end; `signal` ends it with SIGKILL. */
export function runProgram(
  [program, ...args]: readonly string[],
  how: { cwd: string; env: Record<string, string>; signal: AbortSignal },
): Promise<Ran> {
  const child = spawn(program!, args, { ...how, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      if (error.name !== 'AbortError') reject(error);
    });
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
}
