/** `!command`: the person's own command, in their shell, with their rights. What it printed goes with the next message. */
import { spawn } from 'node:child_process';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { CYAN, DIM, YELLOW, type Style } from '../terminal/markdown/style.ts';
import { oneLine } from '../terminal/width.ts';
import { lastState, printedText, type Tone } from './entry-lines.ts';

const MOST_KEPT = 16 * 1024;
/** A line that is longer is shown in pieces. */
const LONGEST_LINE = 4096;
/** So long its output may still come when the command has ended: what it started may hold on to that for ever (ms). */
const DRAIN_MS = 200;

interface PersonCommand {
  /** How it ended, and what the model is told of it. */
  done: Promise<{ how: string; note: string }>;
  signal(name: 'SIGINT' | 'SIGHUP'): void;
}

function runPersonCommand(
  command: string,
  { cwd, environment, clock }: { cwd: string; environment: Environment; clock: Clock },
  onOutput: (text: string) => void,
): PersonCommand {
  const shell = environment['SHELL'] || '/bin/sh';
  const child = spawn(shell, ['-c', command], { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const streams = [child.stdout, child.stderr];
  let output = '';
  let left = false;
  const take = (text: string): void => {
    const kept = text.slice(0, MOST_KEPT - output.length);
    output += kept;
    left ||= kept.length < text.length;
    onOutput(text);
  };
  for (const stream of streams) stream.setEncoding('utf8').on('data', take);
  const ended = Promise.withResolvers<void>();
  const done = new Promise<{ how: string; note: string }>((resolve) => {
    child.on('error', ({ message: how }) => resolve({ how, note: `I tried to run \`${command}\`, but: ${how}` }));
    void ended.promise.then(() => {
      // What outlives it goes on writing, but to nobody.
      for (const stream of streams) stream.off('data', take).resume();
      const { exitCode, signalCode } = child;
      const how = signalCode === null ? `exit code ${exitCode}` : `ended by ${signalCode}`;
      const cut = left ? `${output}\n[… more left out …]` : output;
      resolve({ how, note: `I ran \`${command}\` myself (${how}):\n${cut}` });
    });
  });
  child.on('exit', () => {
    // Where showing it took that long, the rest is still to be read: once more is enough for what a pipe holds.
    const cancel = clock.at(clock.now() + DRAIN_MS, () => setImmediate(ended.resolve));
    child.on('close', () => {
      cancel();
      ended.resolve();
    });
  });
  return {
    done,
    signal(name) {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name);
      } catch {
        // It has just ended.
      }
    },
  };
}

type Note = { type: 'text'; text: string };

export interface Personal {
  run(command: string): Promise<void>;
  isRunning(): boolean;
  interrupt(): void;
  /** The terminal goes. */
  hangUp(): void;
  /** Sends a message with what the commands since the last one printed: with no other, unless it could not be sent. */
  withNotes<T>(send: (notes: readonly Note[]) => Promise<T>): Promise<T>;
}

export interface PersonalOptions {
  clock: Clock;
  environment: Environment;
  cwd: () => string;
  tone: Tone;
  say: (text: string, style?: Style) => void;
  print: (lines: readonly string[]) => void;
  refresh: () => void;
}

export function createPersonal({ clock, environment, cwd, tone, say, print, refresh }: PersonalOptions): Personal {
  let running: PersonCommand | undefined;
  let notes: Note[] = [];
  const shown = (text: string): string => `  ${printedText(text)}`;
  return {
    async run(command) {
      if (running !== undefined) return say('your last command still runs; Ctrl-C ends it', YELLOW);
      print(['', `${tone(CYAN, '!')} ${oneLine(command)}`]);
      let line = '';
      running = runPersonCommand(command, { cwd: cwd(), environment, clock }, (text) => {
        const lines = (line + text).split('\n');
        const begun = lines.pop()!;
        // Progress that goes back to the beginning of its line again and again is as long as its last state.
        line = lastState(begun) + (begun.endsWith('\r') ? '\r' : '');
        if (line.length > LONGEST_LINE) {
          lines.push(line);
          line = '';
        }
        print(lines.map(shown));
      });
      refresh();
      const { how, note } = await running.done;
      running = undefined;
      if (line !== '') print([shown(line)]);
      notes.push({ type: 'text', text: note });
      say(`  ${how}; goes with your next message`, DIM);
      refresh();
    },
    isRunning: () => running !== undefined,
    interrupt: () => running?.signal('SIGINT'),
    hangUp: () => running?.signal('SIGHUP'),
    async withNotes(send) {
      const taken = notes;
      notes = [];
      try {
        return await send(taken);
      } catch (thrown) {
        notes = [...taken, ...notes];
        throw thrown;
      }
    },
  };
}
