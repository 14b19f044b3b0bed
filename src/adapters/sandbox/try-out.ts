import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { Environment } from '../../base/environment.ts';
import type { Sandbox } from '../../contract/sandbox.ts';

/** More than any machine needs to start a program that does nothing. */
const TIMEOUT_MS = 10_000;
const MOST_SAID = 300;

/** Runs a command in it, by default one that does nothing; it ends with 42. Gives why that failed. */
export async function tryOut(
  sandbox: Sandbox,
  folder: string,
  environment: Environment,
  args: readonly string[] = ['-c', 'exit 42'],
): Promise<string | undefined> {
  const confined = sandbox.confine({ program: '/bin/sh', args, folder });
  try {
    const child = spawn(confined.program, confined.args, {
      cwd: '/',
      env: { PATH: environment['PATH'], ...confined.environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ignore', 'pipe', 'pipe', ...(confined.descriptors ?? [])],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    const settings = (child.stdio as readonly unknown[])[5] as Writable;
    settings.on('error', () => undefined); // it may not be read
    settings.end(confined.settings);
    let said = '';
    child.stderr!.on('data', (bytes: Buffer) => (said += bytes.toString()));
    child.stdio[4]!.on('data', () => undefined);
    const code = await new Promise<number | null | Error>((resolve) => {
      child.once('error', resolve).once('close', resolve);
    });
    if (code === 42) return undefined;
    return said.trim().slice(0, MOST_SAID) || (code instanceof Error ? code.message : `it ended with ${String(code)}`);
  } finally {
    confined.remove();
  }
}
