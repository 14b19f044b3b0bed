import { commit, date, version } from '#generated/version.js';
import type { CommandAction } from '../context.ts';
import { type OutputFormat, printValue } from '../listing.ts';

/** `version` */
export const showVersion: CommandAction<{ json?: boolean; output: OutputFormat }> = async ({ io }, options) => {
  const node = process.versions.node;
  const format = options.json ? 'json' : options.output;
  if (format !== 'table') return printValue(io, format, { version, commit, build_date: date, node });
  io.stdout.write(`runtime ${version}\ncommit: ${commit}\nbuilt:  ${date}\nnode:   ${node}\n`);
};
