/** Process set-up, then the CLI. As small as can be: everything here is before the first line of any command. */
import { existsSync, mkdirSync, statSync, writeSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { version } from '#generated/version.js';

const args = process.argv.slice(2);

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  writeSync(1, `${version}\n`); // touching process.stdout would load streams
} else {
  const directory = compileCache();
  if (directory !== undefined) enableCompileCache({ directory, portable: true });
  const { main } = await import('./surfaces/cli/cli.ts');
  await main(args);
}

/** The build's own cache where it is ours, else one in our home. Its content is run: never one that others may write. */
function compileCache(): string | undefined {
  const built = `${import.meta.dirname}/cache`;
  if (statSync(built, { throwIfNoEntry: false })?.uid === process.getuid?.()) return built;
  const home = process.env['RUNTIME_HOME'] || `${homedir()}/.runtime`;
  if (!existsSync(home)) return undefined; // a start alone makes no state
  const own = `${home}/cache/v8`;
  mkdirSync(own, { recursive: true, mode: 0o700 });
  return own;
}
