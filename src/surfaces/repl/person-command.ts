/** `!command`: the person's own command, in their shell, with their rights. What it printed goes with the next message. */
import { spawn } from 'node:child_process';
import type { Environment } from '../../base/environment.ts';
import { CYAN, DIM, YELLOW, type Style } from '../terminal/markdown/style.ts';
import { oneLine } from '../terminal/width.ts';
import { printedText, type Tone } from './entry-lines.ts';

const MOST_KEPT = 16 * 1024;

interface PersonCommand {
  /** Settles with what the model is told of it. */
  done: Promise<string>;
  signal(name: 'SIGINT' | 'SIGHUP'): void;
}

function runPersonCommand(
  command: string,
  { cwd, environment, onOutput }: { cwd: string; environment: Environment; onOutput: (text: string) => void },
): PersonCommand {
  const shell = environment['SHELL'] || '/bin/sh';
  const child = spawn(shell, ['-c', command], { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  const take = (text: string): void => {
    if (output.length < MOST_KEPT) output += text;
    onOutput(text);
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', take);
  const done = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`I tried to run \`${command}\`, but: ${error.message}`));
    child.on('close', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `ended by ${signal}`;
      const cut = output.length > MOST_KEPT ? `${output.slice(0, MOST_KEPT)}\n[… more left out …]` : output;
      resolve(`I ran \`${command}\` myself (${how}):\n${cut}`);
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

export interface Personal {
  run(command: string): Promise<void>;
  isRunning(): boolean;
  interrupt(): void;
  /** The terminal goes. */
  hangUp(): void;
  /** What the commands since the last message printed: goes with the next one. */
  notes(): { type: 'text'; text: string }[];
  forget(): void;
}

export interface PersonalOptions {
  environment: Environment;
  cwd: () => string;
  tone: Tone;
  say: (text: string, style?: Style) => void;
  print: (lines: readonly string[]) => void;
  refresh: () => void;
}

export function createPersonal({ environment, cwd, tone, say, print, refresh }: PersonalOptions): Personal {
  let running: PersonCommand | undefined;
  let notes: string[] = [];
  const shown = (text: string): string => `  ${printedText(text)}`;
  return {
    async run(command) {
      if (running !== undefined) return say('your last command still runs; Ctrl-C ends it', YELLOW);
      print(['', `${tone(CYAN, '!')} ${oneLine(command)}`]);
      let line = '';
      running = runPersonCommand(command, {
        cwd: cwd(),
        environment,
        onOutput(text) {
          const lines = (line + text).split('\n');
          line = lines.pop()!;
          print(lines.map(shown));
        },
      });
      refresh();
      const note = await running.done;
      running = undefined;
      if (line !== '') print([shown(line)]);
      notes.push(note);
      const [first = ''] = note.split('\n');
      say(`  ${first.replace(/^I ran .* myself \((.*)\):$/s, '$1')}; goes with your next message`, DIM);
      refresh();
    },
    isRunning: () => running !== undefined,
    interrupt: () => running?.signal('SIGINT'),
    hangUp: () => running?.signal('SIGHUP'),
    notes: () => notes.map((text) => ({ type: 'text', text })),
    forget: () => void (notes = []),
  };
}
