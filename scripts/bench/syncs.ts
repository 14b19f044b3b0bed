/** The syncs of a plain turn, counted by strace; what is asked stands in DESIGN, "The store". */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMockOpenai } from '../../test/support/mock-openai.ts';
import { countSyncs, hasStrace, straceInto } from '../../test/support/syncs.ts';
import { program } from './measure.ts';
import { printTable, printTitle } from './report.ts';

if (hasStrace) await main();
else console.log('\nsyncs: left out, as strace is not installed here, or may not trace');

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
  const mock = await startMockOpenai({ fallback: {} });
  const home = join(folder, 'home');
  const file = join(folder, 'trace');
  mkdirSync(home, { mode: 0o700 });
  const configure = (instructions: string): void => {
    const registry = [{ name: 'mock', base_url: mock.url, api_key: 'none' }];
    writeFileSync(join(home, 'config.yaml'), JSON.stringify({ models: { registry }, orchestrator: { instructions } }), {
      mode: 0o600,
    });
  };
  const turn = async (): Promise<string> => {
    const [command, ...args] = straceInto(file);
    const child = spawn(command, [...args, ...program, 'run', 'hello'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, RUNTIME_HOME: home },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(child, 'close')) as [number];
    if (code !== 0) throw new Error(`the turn ended with ${code}`);
    const { fdatasync = 0, fsync = 0, ...others } = countSyncs(file);
    const more = Object.entries(others).map(([name, count]) => `, ${count} ${name}`);
    return `${fdatasync} fdatasync, ${fsync} fsync${more.join('')}`;
  };
  try {
    configure('Be brief.');
    const first = await turn();
    const known = await turn();
    configure('Be very brief.');
    const changed = await turn();
    printTitle('syncs of a plain turn, by strace');
    printTable([
      ['', 'syncs', 'asked'],
      ['inputs as before', known, '2 fdatasync, 1 fsync'],
      ['new inputs', changed, 'and 2 fsync; 1 more where the folder of their blob is new'],
      ['the first in a home', first, ''],
    ]);
  } finally {
    await mock.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
