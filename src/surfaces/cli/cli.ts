import { type Command, CommanderError } from 'commander';
import { type Environment, processEnvironment } from '../../base/environment.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { type Io, processIo } from './io.ts';
import { splitOverrides } from './overrides.ts';
import { reportError } from './report-error.ts';
import { commandTree } from './tree.ts';

/** Columns of help where there is no terminal. */
const HELP_COLUMNS = 100;

/** Runs the command that the arguments (without program and script) name, then ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<never> {
  const environment = processEnvironment();
  const io = processIo(environment);
  // Nothing should come here. If it does: a line, where Node would print the source of the whole program.
  process.on('uncaughtException', (error) => process.exit(reportError(io, error)));
  const exitCode = await runCommand(argv, io, environment);
  const lost = await io.flush();
  process.exit(lost === undefined ? exitCode : exitCode || reportError(io, lost));
}

/** Runs a command; whatever goes wrong is said once on standard error. Gives the exit code. */
export async function runCommand(args: readonly string[], io: Io, environment: Environment): Promise<number> {
  try {
    const { argv, overrides } = splitOverrides(args);
    if (overrides.size > 0) {
      const { checkOverrides } = await import('../../engine/config/load.ts');
      checkOverrides(overrides.keys());
    }
    const { program, exitCode } = commandTree({ io, environment, overrides });
    prepare(program, io);
    await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' });
    return exitCode();
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0; // help, version
    return reportError(io, thrown);
  }
}

/** Lets the program write through `io` and turns what commander finds wrong into errors of ours. */
function prepare(command: Command, io: Io): void {
  command.configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: () => {}, // said by reportError
    getOutHelpWidth: () => io.stdout.columns ?? HELP_COLUMNS,
    getErrHelpWidth: () => io.stderr.columns ?? HELP_COLUMNS,
    getOutHasColors: () => io.stdout.colour,
    getErrHasColors: () => io.stderr.colour,
  });
  command.configureHelp({ showGlobalOptions: true });
  command.exitOverride((error) => {
    throw error.exitCode === 0 ? error : usageError(command, error);
  });
  for (const child of command.commands) prepare(child, io);
}

function usageError(command: Command, { code, message }: CommanderError): RuntimeError {
  const usage = command.createHelp().commandUsage(command);
  const next = `See \`${usage.split(/ [[<]/)[0]} --help\`.`;
  if (code === 'commander.help') return new RuntimeError('usage', 'name one of the commands above', { next }); // help was shown
  const what = message.replace(/^error: /, '').replace(/\n\(/, ' (');
  const unquoted = code === 'commander.excessArguments' && command.name() === 'run';
  return new RuntimeError('usage', `${what}\nusage: ${usage}`, {
    next: unquoted ? 'Put the message into quotes: runtime run "What does this project do?"' : next,
  });
}
