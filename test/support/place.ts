/**
 * A place for a black-box test: a home, a project folder and the built program, all in one temporary folder that goes
 * when the test ends, with every process that the test started and left.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test as base } from 'vitest';
import type { EntryData, EntryOf, EntryType } from '../../src/contract/entries.ts';
import type { Script } from '../../src/contract/script.ts';
import type { VerifyReport } from '../../src/contract/verify.ts';
import { startMockOpenai, type MockOpenai } from './mock-openai.ts';
import { killAll, startedIn } from './processes.ts';

/** The built program. */
export const LAUNCHER = join(import.meta.dirname, '../../bin/runtime');

/** No process of a test lives longer. */
const LONGEST_RUN_MS = 40_000;
const LONGEST_WAIT_MS = 20_000;

export interface Ran {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  environment?: Record<string, string>;
  /** Piped into standard input. Without it there is none. */
  input?: string | Buffer;
  cwd?: string;
  /** Run as another user. */
  uid?: number;
  /** A line for sh instead, in which "$@" is the program with its arguments and $PROGRAM the program alone. */
  shell?: string;
}

/** A process that may still run. */
export interface Running {
  pid: number;
  child: ChildProcess;
  ended: Promise<Ran>;
  /** Resolves when standard output or error holds the text. */
  says(text: string): Promise<void>;
}

/** A journal line. */
export type LineOf<T extends EntryType> = EntryOf<T> & { durable: number; prev: string; hash: string };
export type Line = { [T in EntryType]: LineOf<T> }[EntryType];

export interface Place {
  /** RUNTIME_HOME. */
  home: string;
  /** The folder in which commands are run. */
  project: string;
  /** What every program gets. */
  environment: Record<string, string>;
  /** Has something ended when the test is over, before the place goes. */
  atEnd(end: () => Promise<void>): void;
  /** Runs a command to its end. */
  run(args: string[], options?: RunOptions): Promise<Ran>;
  start(args: string[], options?: RunOptions): Running;
  /** Writes config.yaml. */
  configure(config: object): void;
  /** Lets these steps be the model, with whatever else is to be configured. */
  play(turns: Script['turns'], config?: object): void;
  /** Lets a model service be asked, with this in its registry entry, and whatever else is to be configured. */
  connect(service: MockOpenai, entry?: object, config?: object): void;
  /** Writes a file of the project. */
  write(path: string, content: string | Buffer): void;
  /** Reads a file of the project; '' when there is none. */
  read(path: string): string;
  /** The file of a session's journal; without an id: of the only one. */
  journalFile(session?: string): string;
  journal(session?: string): Line[];
}

/** The key with which a place asks a model service. */
export const KEY = 'sk-test-0123456789abcdef';

/** vitest's `test` with a place for each test, and a model service for those that name it. */
export const test = base.extend<{ place: Place; mock: MockOpenai }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the names of the fixtures that it needs
  place: async ({}, use) => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-test-')));
    const running = new Set<ChildProcess>();
    const ends: (() => Promise<void>)[] = [];
    await use(createPlace(folder, running, ends));
    await Promise.all([...[...running].map(kill), ...ends.map((end) => end())]);
    if (ends.length > 0) killAll(startedIn(folder)); // what a terminal's program left behind
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  },
  // eslint-disable-next-line no-empty-pattern
  mock: async ({}, use) => {
    const mock = await startMockOpenai();
    await use(mock);
    await mock.close();
  },
});

function createPlace(folder: string, running: Set<ChildProcess>, ends: (() => Promise<void>)[]): Place {
  const home = join(folder, 'home');
  const project = join(folder, 'project');
  for (const path of [home, project]) mkdirSync(path, { mode: 0o700 });
  const environment: Record<string, string> = {
    PATH: process.env['PATH']!,
    HOME: folder,
    RUNTIME_HOME: home,
    PROGRAM: LAUNCHER,
    RUNTIME_SANDBOX_MODE: 'off', // what a test finds isn't to depend on what the machine has
    OLLAMA_HOST: '127.0.0.1:1', // nothing listens there: no test finds a local Ollama
  };

  const start = (args: string[], options: RunOptions = {}): Running => {
    const { shell } = options;
    const [program, before] = shell === undefined ? [LAUNCHER, []] : ['/bin/sh', ['-c', shell, 'sh', LAUNCHER]];
    const child = spawn(program, [...before, ...args], {
      cwd: options.cwd ?? project,
      env: { ...environment, ...options.environment },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
    });
    running.add(child);
    child.stdin?.on('error', () => {}); // it may not want to read
    child.stdin?.end(options.input);
    return watch(child, () => running.delete(child));
  };

  const configure = (config: object): void => {
    if ('sandbox' in config) delete environment['RUNTIME_SANDBOX_MODE']; // which would count above it
    writeFileSync(join(home, 'config.yaml'), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 }); // YAML too
  };
  const journalFile = (session?: string): string => {
    const sessions = join(home, 'workspaces/default/sessions');
    if (session !== undefined) return join(sessions, `${session}.jsonl`);
    const files = readdirSync(sessions);
    expect(files).toHaveLength(1);
    return join(sessions, files[0]!);
  };

  return {
    home,
    project,
    environment,
    atEnd: (end) => ends.push(end),
    start,
    run: (args, options) => start(args, options).ended,
    configure,
    play(turns, config = {}) {
      const script = join(folder, 'model.yaml');
      writeFileSync(script, JSON.stringify({ model: 'script/v1', turns } satisfies Script));
      configure({
        models: { default: 'scripted', registry: [{ name: 'scripted', provider: 'script', script }] },
        ...config,
      });
    },
    connect({ url }, entry = {}, config = {}) {
      const registry = [{ name: 'mock', base_url: url, api_key: KEY, ...entry }];
      configure({ models: { default: 'mock', registry }, ...config });
    },
    write(path, content) {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      writeFileSync(join(project, path), content);
    },
    read(path) {
      try {
        return readFileSync(join(project, path), 'utf8');
      } catch {
        return '';
      }
    },
    journalFile,
    journal: (session) => linesOf(readFileSync(journalFile(session), 'utf8')) as Line[],
  };
}

function watch(child: ChildProcess, onEnd: () => void): Running {
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<Ran>((resolve, reject) => {
    const tooLong = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`still running after ${LONGEST_RUN_MS} ms\n${output.stdout}\n${output.stderr}`));
    }, LONGEST_RUN_MS);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(tooLong);
      onEnd();
      resolve({ code, signal, ...output });
      for (const listener of listeners) listener();
    });
  });
  ended.catch(() => {}); // a test that kills it needn't look at how it ended
  return {
    pid: child.pid!,
    child,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (`${output.stdout}\n${output.stderr}`.includes(text)) resolve();
          else if (child.exitCode !== null || child.signalCode !== null) {
            reject(new Error(`it ended without saying "${text}":\n${output.stdout}\n${output.stderr}`));
          }
        };
        listeners.add(look);
        look();
      }),
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await Promise.race([closed, delay(2000)]);
}

/** JSON values, one a line. */
export function linesOf(text: string): unknown[] {
  return text
    .split('\n')
    .slice(0, -1) // behind the last end of a line is nothing, or a line that is being written
    .map((line) => JSON.parse(line) as unknown);
}

/** The data of the entries of one type. */
export function entriesOf<T extends EntryType>(lines: Line[], type: T): EntryData<T>[] {
  return lines.flatMap((line) => (line.type === type ? [line.data as EntryData<T>] : []));
}

/** Waits until it is so. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = Date.now() + LONGEST_WAIT_MS;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await delay(20);
  }
}

/** The ids of the approvals that a run named on standard error. */
export function approvalsIn({ stderr }: Pick<Ran, 'stderr'>): string[] {
  return [...stderr.matchAll(/^approval (\S+)$/gm)].map((match) => match[1]!);
}

export async function verify(place: Place, session: string): Promise<VerifyReport> {
  const { stdout } = await place.run(['session', 'verify', session, '-o', 'json']);
  return JSON.parse(stdout) as VerifyReport;
}

/** The journal proves itself. */
export async function expectVerified(place: Place, session: string): Promise<void> {
  const report = await verify(place, session);
  expect(report).toMatchObject({ status: 'verified', partial: [] });
  expect(report.failure).toBeUndefined();
}
