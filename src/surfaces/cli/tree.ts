/**
 * The tree of commands: names, descriptions, options, examples. What a command does is in commands/, imported when it is
 * called, so that a start costs only the tree.
 */
import { Argument, Command } from 'commander';
import { version } from '#generated/version.js';
import type { CommandContext } from './context.ts';
import { TOPICS } from './help/topics.ts';
import { addApprovals } from './tree/approvals.ts';
import { addAudit } from './tree/audit.ts';
import type { Calls } from './tree/calls.ts';
import { addChaos } from './tree/chaos.ts';
import { addConfig } from './tree/config.ts';
import { addCron } from './tree/cron.ts';
import { addDaemon } from './tree/daemon.ts';
import { addWhy } from './tree/past.ts';
import { addModels } from './tree/models.ts';
import { addPolicy } from './tree/policy.ts';
import { addProvider } from './tree/provider.ts';
import { addCost } from './tree/cost.ts';
import { addQueue } from './tree/queue.ts';
import { addService } from './tree/service.ts';
import { addSessions } from './tree/sessions.ts';
import { addStore } from './tree/store.ts';
import { addToken } from './tree/token.ts';
import { addTrust } from './tree/trust.ts';
import { addVault } from './tree/vault.ts';
import { jsonOption, outputOption, teach } from './tree/teach.ts';

export interface CommandTree {
  program: Command;
  /** The exit code of the command that ran. */
  exitCode(): number;
}

export function commandTree(context: CommandContext): CommandTree {
  let exitCode = 0;

  /** Calls an action with the arguments, after it has been loaded. */
  const calls: Calls = (load) =>
    async function (): Promise<void> {
      const action = await load();
      exitCode = (await action(context, this.optsWithGlobals(), ...(this.processedArgs as string[]))) ?? 0;
    };

  const program = new Command('runtime')
    .description('Runs LLM agents on real files and tools, guarded, and leaves a journal that proves every step.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false) // there is one of ours
    .option('--config <file>', 'configuration file (default: config.yaml in RUNTIME_HOME)')
    .option('--workspace <id>', 'workspace that holds the sessions (default: default)');
  teach(
    program,
    [
      'runtime run "What does this project do?"',
      'git diff | runtime run "Review this change"',
      'runtime run --continue "And now the tests"',
      'runtime goal "Make the tests pass" --check "npm test"',
      'runtime approve a-9f2c41 --resume',
      'runtime doctor',
    ],
    `Any configuration key is a flag too: --orchestrator.max_turns 3\nMore to read: runtime help ${[...TOPICS.keys()].join('|')}`,
  );

  addRun(program, calls);
  addDaemon(program, calls);
  addToken(program, calls);
  addService(program, calls);
  addSessions(program, calls);
  addApprovals(program, calls);
  addQueue(program, calls);
  addCost(program, calls);
  addWhy(program, calls);
  addCron(program, calls);
  addPolicy(program, calls);
  addAudit(program, calls);
  addConfig(program, calls);
  addModels(program, calls);
  addProvider(program, calls);
  addVault(program, calls);
  addTrust(program, calls);
  addStore(program, calls);

  teach(
    program
      .command('doctor')
      .description('check configuration, keys, folders, lock, disk and Node; say how to mend what is wrong'),
    ['runtime doctor', 'runtime doctor -o json'],
    'Exit code 1: something is to be mended.',
  )
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('./commands/doctor.ts')).doctor));
  addChaos(program, calls);
  teach(
    program
      .command('completion')
      .description('print what makes a shell complete commands, flags, ids and names; how to install it is said in it'),
    [
      'eval "$(runtime completion bash)"           # in ~/.bashrc',
      'source <(runtime completion zsh)            # in ~/.zshrc, behind compinit',
      'runtime completion fish >~/.config/fish/completions/runtime.fish',
    ],
    'The shell asks the installed program each time, so completion fits it after an update, too.',
  )
    .addArgument(new Argument('<shell>', 'shell to print it for').choices(['bash', 'zsh', 'fish']))
    .action(calls(async () => (await import('./commands/completion.ts')).printCompletion));
  teach(
    program.command('help').description('read about a topic, or show the help of a command'),
    ['runtime help', 'runtime help approvals', 'runtime help session show'],
    `Topics: ${[...TOPICS.keys()].join(', ')}.`,
  )
    .argument('[words...]', 'topic, or command')
    .action(async (words: string[]) => {
      const { showHelp } = await import('./commands/help.ts');
      await showHelp(context, program, words);
    });
  teach(program.command('version').description('print version, commit, build date and Node'), [
    'runtime version',
    'runtime version -o json',
  ])
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('./commands/version.ts')).showVersion));

  for (const command of program.commands) {
    if (command.commands.length > 0) command.helpCommand('help [command]', 'show the help of one of these commands');
  }
  return { program, exitCode: () => exitCode };
}

function addRun(program: Command, calls: Calls): void {
  const run = teach(
    program.command('run').description('answer one message; piped input is attached to it'),
    [
      'runtime run "What does this project do?"',
      'git diff | runtime run "Review this change"',
      'runtime run -p "Fix the failing test" --timeout 5m',
      'runtime run --continue "And now the tests"',
      'runtime run --session nightly --json "And now?"',
    ],
    'Exit code 5: it waits for an approval; standard error names it and the command that resolves it.',
  )
    .argument('[message]', 'what to do; without one, --session or --continue carries the unfinished turn on')
    .option('-p, --prompt <message>', 'the message, for scripts');
  addMessageOptions(run).action(calls(async () => (await import('./commands/run.ts')).run));
  const goal = teach(
    program.command('goal').description('plan an objective, do its steps one by one or side by side, and answer once'),
    [
      'runtime goal "Find out what this project does"',
      'runtime goal "Make the tests pass" --check "npm test"',
      'runtime goal --session port --timeout 1h --max-cost 5 "Port the parser to the new API"',
      'git log -20 | runtime goal "Write release notes from this"',
    ],
    'Each step is a session of its own: `runtime session ls` shows them under the goal. Stopped or killed, it goes on with `runtime run --session <id>`. Exit code 5: a step waits for an approval. See docs/goals.md.',
  )
    .argument('[objective]', 'what is to be reached; piped input is attached to it')
    .option('-p, --prompt <objective>', 'the objective, for scripts');
  addMessageOptions(goal).action(calls(async () => (await import('./commands/goal.ts')).goal));
}

const repeated = (value: string, earlier: string[] = []): string[] => [...earlier, value];

/** What a message may bring with it, whatever is made of it. */
function addMessageOptions(command: Command): Command {
  return command
    .option('--session <id>', 'go on in this session; it is made when it is not there')
    .option('--continue', 'go on in the session that was used last')
    .option('--model <name>', 'model that answers: a name of the configuration, or of the default service')
    .option('--root <folder>', 'project root of a new session (default: the current folder)')
    .option('--timeout <duration>', 'most active time of the turn, as 30s or 5m')
    .option('--max-cost <usd>', "most money for the turn; the model's price must be known")
    .option('--attach <file>', 'file that goes with the message: text, image or PDF; may be repeated', repeated)
    .option('--check <command>', 'command that must exit with 0 when all is done; else the turn counts as failed')
    .option('--json', 'print the journal as it grows, one JSON object a line')
    .option('--from <seq>', 'with --json: begin with this entry (1: the whole session)');
}
