/**
 * What a sandbox costs a command: `true` in each that works here, in the home of whoever runs this, against the same call
 * without one. Medians of rounds in which all take turns.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { bubblewrap } from '../../src/adapters/sandbox/bubblewrap.ts';
import { landlock } from '../../src/adapters/sandbox/landlock.ts';
import type { Level } from '../../src/adapters/sandbox/level.ts';
import { createSandboxes } from '../../src/adapters/sandbox/sandboxes.ts';
import { createCommandGates } from '../../src/adapters/tools/kept-from-commands.ts';
import { createToolHost } from '../../src/adapters/tools/tool-host.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { ToolRun } from '../../src/contract/ports.ts';
import { median } from './measure.ts';
import { printTable, printTitle } from './report.ts';

const ROUNDS = 60;
const WARM_UP = 5;
const ASKED = '≤ 6';

const folder = realpathSync(mkdtempSync(join(homedir(), '.runtime-bench-')));
const project = join(folder, 'project');
mkdirSync(project);
const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
const home = join(folder, 'state');
mkdirSync(home);

/** Runs `true` once, from inspection to result; undefined where there is no such sandbox. */
async function commandIn(level: Level | undefined): Promise<(() => Promise<void>) | undefined> {
  const sandboxes = createSandboxes({
    home,
    environment,
    settings: { read: [], write: [], hide: [] },
    levels: level ? [level] : [],
  });
  if (level && 'none' in (await sandboxes.find(project))) return undefined;
  const limits = { processes: 4096, memory: 8192, file_size: 4096 };
  const settings = { exec: { timeoutMs: 60_000, maxTimeoutMs: 60_000, env: [], secrets: {}, limits } };
  const host = createToolHost({
    gates: createCommandGates(),
    home,
    clock: systemClock,
    environment,
    settings,
    sandboxes,
  });
  const spec = host.tools().find(({ name }) => name === 'exec_command')!;
  const arguments_raw = JSON.stringify({ command: 'true' });
  const request = {
    call_id: 'c1.1.1',
    spec,
    arguments_raw,
    project_root: project,
    ...(level && { sandbox: level.name }),
  };
  const { args_digest, facts_digest, facts } = await host.inspect(request);
  const run: ToolRun = { ...request, attempt: 1, args_digest, facts_digest, facts, idempotency_key: 'bench' };
  return async () => {
    const { exit_code } = await host.run(run, {
      signal: new AbortController().signal,
      onOutput: () => undefined,
      preserve: () => Promise.reject(new Error('nothing to preserve')),
      outputOf: () => Promise.resolve(undefined),
      mayConnect: () => false,
      mayFind: () => true,
      secret: () => Promise.reject(new Error('no secret')),
      redacting: () => ({ push: (piece) => piece, end: () => '' }),
    });
    if (exit_code !== 0) throw new Error(`true ended with ${String(exit_code)}`);
  };
}

try {
  const variants: { name: string; command: () => Promise<void>; times: number[] }[] = [];
  for (const [name, level] of [
    ['bare (floor)', undefined],
    ['bubblewrap', bubblewrap],
    ['landlock', landlock],
  ] as const) {
    const command = await commandIn(level);
    if (command) variants.push({ name, command, times: [] });
    else console.log(`no ${name} here`);
  }
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const { command, times } of variants) {
      const before = performance.now();
      await command();
      if (round >= 0) times.push(performance.now() - before);
    }
  }
  const floor = median(variants[0]!.times);
  printTitle(`sandbox: a command that does nothing, ${ROUNDS} rounds`);
  printTable([
    ['', 'ms', 'more than bare', 'asked'],
    ...variants.map(({ name, times }, index) => [
      name,
      median(times).toFixed(1),
      index === 0 ? '' : (median(times) - floor).toFixed(1),
      index === 0 ? '' : ASKED,
    ]),
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
