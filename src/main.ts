/** Process set-up, then the CLI. As small as can be: everything here is before the first line of any command. */
import { readFileSync, writeSync } from 'node:fs';
import { createScripts } from './scripts.ts';
import type * as Cli from './surfaces/cli/cli.ts';

const args = process.argv.slice(2);

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  writeSync(1, readFileSync(`${__dirname}/VERSION`)); // touching process.stdout would load streams
} else {
  const { main } = createScripts(__dirname).load('program') as typeof Cli;
  void main(args);
}
