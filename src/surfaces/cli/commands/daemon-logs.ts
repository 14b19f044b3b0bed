import { RuntimeError } from '../../../contract/errors.ts';
import { logPath } from '../../daemon/log/daemon-log.ts';
import { LOG_LEVELS, type LogLevel } from '../../daemon/log/log.ts';
import { openLogTail } from '../../daemon/log/log-tail.ts';
import { parseLine, prettyLine } from '../../daemon/log/pretty-line.ts';
import { openRecords, type CommandAction } from '../context.ts';
import { followUntilSignal } from '../follow-until-signal.ts';
import { askOwner } from '../owner.ts';

interface Options {
  follow?: true;
  lines: string;
  level: LogLevel;
  output: 'table' | 'json';
}

/** `daemon logs` */
export const showLogs: CommandAction<Options> = async (context, options) => {
  const { stdout } = context.io;
  const workspace = await openRecords(context, options);
  // A daemon that runs may have been told elsewhere where to log than by the configuration.
  const { log: told } = await askOwner(workspace);
  const path = told ?? logPath(workspace.home, workspace.loaded.config);
  const wanted = LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(options.level) + 1);
  const isWanted = (line: string): boolean => wanted.includes((parseLine(line)?.['level'] ?? 'error') as LogLevel);
  const show = (lines: string[]): void => {
    for (const line of lines) stdout.write(`${options.output === 'json' ? line : prettyLine(line, stdout.colour)}\n`);
  };
  const log = openLogTail(path, { most: countOf(options.lines), isWanted });
  if (log === undefined) {
    throw new RuntimeError('not_found', `There is no log at ${path}.`, {
      next: 'A daemon logs to its standard error, or to a file when `log.file` names one, as a service does.',
    });
  }
  show(log.lines);
  if (options.follow)
    await followUntilSignal(
      workspace,
      () => stdout.closed === true,
      () => show(log.tail.further().filter(isWanted)),
    );
  log.tail.close();
};

function countOf(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new RuntimeError('usage', `--lines ${text} is no number of lines`, { next: 'Write it as 100.' });
}
