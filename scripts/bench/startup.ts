/** `--version` and `--help`, from start to exit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { floor, program, root, runRounds, type Variant } from './measure.ts';
import { printTable, printTitle, RATIO_HEAD, ratioCells } from './report.ts';

const ROUNDS = 25;

const ASKED: Record<string, string> = {
  '--version (launcher)': '≤ 1.2',
  '--version (Node)': '≤ 1.2',
  '--help (launcher)': '≤ 1.5',
};

const home = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
try {
  const launcher = `${root}/bin/runtime`;
  const environment = { HOME: home, RUNTIME_HOME: join(home, '.runtime') };
  const variants: Variant[] = [
    floor,
    { name: '--version (launcher)', command: [launcher, '--version'], environment },
    { name: '--version (Node)', command: [...program, '--version'], environment },
    { name: '--help (launcher)', command: [launcher, '--help'], environment },
  ];
  const samples = await runRounds(variants, ROUNDS);
  const floors = samples.get(floor.name)!;
  printTitle(`startup: ${ROUNDS} rounds`);
  printTable([
    [...RATIO_HEAD, 'asked'],
    ...variants.map(({ name }) => [...ratioCells(name, samples.get(name)!, floors), ASKED[name] ?? '']),
  ]);
} finally {
  rmSync(home, { recursive: true, force: true });
}
