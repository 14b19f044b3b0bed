import { type Command, CommanderError } from 'commander';
import { nearest } from '../../base/nearest.ts';
import { type Environment, processEnvironment } from '../../base/environment.ts';
import { RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import { COMPLETE } from './completion/protocol.ts';
import { type GlobalOptions, inSamePlace } from './context.ts';
import { type Io, processIo } from './io.ts';
import { splitOverrides } from './overrides.ts';
import { reportError } from './report-error.ts';
import { helpStyle } from './tree/teach.ts';
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
  let said = (error: RuntimeError): RuntimeError => error;
  try {
    if (args[0] === COMPLETE) {
      // Not our arguments: what somebody has typed so far.
      const { complete } = await import('./completion/complete.ts');
      return await complete(io, environment, args.slice(1));
    }
    const { argv, overrides } = splitOverrides(args);
    if (overrides.size > 0) {
      const { checkOverrides } = await import('../../engine/config/load.ts');
      checkOverrides(overrides.keys());
    }
    const context = { io, environment, overrides };
    const { program, exitCode } = commandTree(context);
    said = (error) => inSamePlace(context, program.opts<GlobalOptions>(), error);
    prepare(program, io);
    await program.parseAsync([...argv, ...(namesNothing(program, argv) ? standIn(argv, io) : [])], { from: 'user' });
    return exitCode();
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0; // help, version
    return reportError(io, said(toRuntimeError(thrown)));
  }
}

/** Is there no command, nor anything else to answer? Global options may be there. */
function namesNothing(program: Command, argv: readonly string[]): boolean {
  if (argv.length === 0) return true;
  const { operands, unknown } = program.parseOptions([...argv]);
  return operands.length === 0 && unknown.length === 0;
}

/** What a line without a command means: on a terminal a conversation, elsewhere a look at what there is. */
function standIn(argv: readonly string[], { terminal }: Io): string[] {
  if (terminal()) return ['run'];
  return argv.length === 0 ? ['--help'] : [];
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
  command.configureHelp(helpStyle);
  command.exitOverride((error) => {
    throw error.exitCode === 0 ? error : usageError(command, error);
  });
  for (const child of command.commands) prepare(child, io);
}

function usageError(command: Command, { code, message }: CommanderError): RuntimeError {
  const usage = command.createHelp().commandUsage(command);
  const next = `See \`${usage.split(/ [[<]/)[0]} --help\`.`;
  if (code === 'commander.help') return new RuntimeError('usage', 'name one of the commands above', { next }); // help was shown
  // What stands behind `=` may be a secret that was meant for another option.
  const shown = code === 'commander.unknownOption' ? message.replace(/'(--[^'=]+)=.*'/s, "'$1'") : message;
  const what = shown.replace(/^error: /, '').replace(/\n\(/, ' (') + choiceMeant(message);
  const unquoted = code === 'commander.excessArguments' && command.name() === 'run';
  const instead = unquoted ? QUOTED : meant(command, code, message);
  return new RuntimeError('usage', `${what}\nusage: ${usage}`, { next: instead ?? next });
}

const QUOTED = 'Put the message into quotes: runtime run "What does this project do?"';

/** For a value that is none of the choices, as commander says it: ` (Did you mean json?)`. */
function choiceMeant(message: string): string {
  const [, value = '', choices = ''] = /'([^']*)' is invalid.* Allowed choices are (.*)\.$/.exec(message) ?? [];
  const near = nearest(value, choices.split(', '));
  return choices === '' || near === undefined ? '' : ` (Did you mean ${near}?)`;
}

function meant(command: Command, code: string, message: string): string | undefined {
  if (code === 'commander.unknownCommand') return insteadOf(command);
  return code === 'commander.unknownOption' && command.parent === null ? optionOfRun(command, message) : undefined;
}

/** `runtime` alone is `runtime run`, but only that takes its options. */
function optionOfRun(root: Command, message: string): string | undefined {
  const option = /'(--?[^'=]+)/.exec(message)?.[1];
  const run = root.commands.find((one) => one.name() === 'run');
  const isIts = run?.options.some(({ long, short }) => long === option || short === option);
  return isIts
    ? `It is an option of \`runtime run\`, which opens a conversation, too: runtime run ${option} …`
    : undefined;
}

/** What was probably meant by a word that is no command: a message, or a command of another group. */
function insteadOf(command: Command): string | undefined {
  const word = command.args[0] ?? '';
  if (/\s/.test(word)) return `A message goes behind run: runtime run "What does this project do?"`;
  const root = command.parent ?? command;
  const named = root.commands.flatMap((group) =>
    [group, ...group.commands].filter((one) => one.name() === word).map((one) => pathOf(one)),
  );
  return named.length === 0 ? undefined : `There is ${named.map((path) => `\`${path}\``).join(' and ')}.`;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
