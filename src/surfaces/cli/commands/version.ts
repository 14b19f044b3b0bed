import { commit, date, version } from '#generated/version.js';
import type { CommandAction } from '../context.ts';
import { type OutputFormat, printValue } from '../listing.ts';

/** `version` */
export const showVersion: CommandAction<{ output: OutputFormat }> = async ({ io }, { output }) => {
  const node = process.versions.node;
  if (output !== 'table') return printValue(io, output, { version, commit, build_date: date, node });
  io.stdout.write(`runtime ${version}\ncommit: ${commit}\nbuilt:  ${date}\nnode:   ${node}\n`);
};
