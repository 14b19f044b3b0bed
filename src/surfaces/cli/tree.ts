/**
 * The tree of commands: names, descriptions, options. What a command does is in commands/, imported when it is called,
 * so that a start costs only the tree.
 */
import { Command, Option } from 'commander';
import { version } from '#generated/version.js';
import type { CommandAction, CommandContext } from './context.ts';

export interface CommandTree {
  program: Command;
  /** The exit code of the command that ran. */
  exitCode(): number;
}

export function commandTree(context: CommandContext): CommandTree {
  let exitCode = 0;

  /** Calls an action with the arguments, after it has been loaded. */
  function calls<Options>(load: () => Promise<CommandAction<Options>>) {
    return async function (this: Command): Promise<void> {
      const action = await load();
      exitCode = (await action(context, this.optsWithGlobals(), ...(this.processedArgs as string[]))) ?? 0;
    };
  }

  const program = new Command('runtime')
    .description('Runs LLM agents on real files and tools, guarded, and leaves a journal that proves every step.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .option('--config <file>', 'configuration file (default: config.yaml in RUNTIME_HOME)')
    .option('--workspace <id>', 'workspace that holds the sessions (default: default)')
    .addHelpText(
      'after',
      examples(
        'runtime run "What does this project do?"',
        'git diff | runtime run "Review this change"',
        'runtime run --continue "And now the tests"',
        'runtime approve a-9f2c41 --resume',
        'runtime doctor',
      ) + '\nAny configuration key is a flag too: --orchestrator.max_turns 3\n',
    );

  addRun(program);
  addSessions(program);
  addApprovals(program);
  addPolicy(program);
  addConfig(program);

  program
    .command('doctor')
    .description('check configuration, keys, folders, lock, disk and Node; say how to mend what is wrong')
    .addOption(outputOption('table', 'json', 'yaml'))
    .action(calls(async () => (await import('./commands/doctor.ts')).doctor));
  program
    .command('version')
    .description('print version, commit, build date and Node')
    .option('--json', 'the same as -o json')
    .addOption(outputOption('table', 'json', 'yaml'))
    .action(calls(async () => (await import('./commands/version.ts')).showVersion));

  return { program, exitCode: () => exitCode };

  function addRun(parent: Command): void {
    parent
      .command('run')
      .description('answer one message; piped input is attached to it')
      .argument('[message]', 'what to do; without one, --session or --continue carries the unfinished turn on')
      .option('-p, --prompt <message>', 'the message, for scripts')
      .option('--session <id>', 'go on in this session; it is made when it is not there')
      .option('--continue', 'go on in the session that was used last')
      .option('--model <name>', 'model that answers')
      .option('--root <folder>', 'project root of a new session (default: the current folder)')
      .option('--timeout <duration>', 'most active time of the turn, as 30s or 5m')
      .option('--max-cost <usd>', "most money for the turn; the model's price must be configured")
      .option('--json', 'print the journal as it grows, one JSON object a line')
      .option('--from <seq>', 'with --json: begin with this entry (1: the whole session)')
      .addHelpText(
        'after',
        examples(
          'runtime run "What does this project do?"',
          'runtime run -p "Fix the failing test" --timeout 5m',
          'runtime run --session nightly --json "And now?"',
        ) + '\nExit code 5: it waits for an approval; standard error names it and the command that resolves it.\n',
      )
      .action(calls(async () => (await import('./commands/run.ts')).run));
  }

  function addSessions(parent: Command): void {
    const session = parent.command('session').description('list, show, verify and remove sessions');
    session
      .command('ls')
      .description('list the sessions, newest first')
      .addOption(outputOption('table', 'json', 'yaml'))
      .addHelpText('after', examples('runtime session ls', 'runtime session ls -o json'))
      .action(calls(async () => (await import('./commands/session.ts')).listSessions));
    session
      .command('show')
      .description('show the turns of a session: phases, calls, decisions, approvals, tokens, cost, time')
      .argument('<id>', 'session')
      .option('--limit <n>', 'only the last entries')
      .addOption(outputOption('table', 'json', 'yaml'))
      .action(calls(async () => (await import('./commands/session.ts')).showSession));
    session
      .command('verify')
      .description('prove a session: check the chain and derive every decision again, without a model')
      .argument('<id>', 'session, or the path of a journal file (.jsonl)')
      .addOption(outputOption('table', 'json', 'yaml'))
      .addHelpText('after', examples('runtime session verify nightly', 'runtime session verify ./copy.jsonl -o json'))
      .action(calls(async () => (await import('./commands/session.ts')).verifySession));
    session
      .command('rm')
      .description('remove a session for good')
      .argument('<id>', 'session')
      .option('--force', 'stop its open turn first')
      .action(calls(async () => (await import('./commands/session.ts')).removeSession));
  }

  function addApprovals(parent: Command): void {
    const approvals = parent
      .command('approvals')
      .description('list and show what waits for an answer, and the grants that need none');
    approvals
      .command('ls')
      .description('list the approvals that are pending')
      .addOption(outputOption('table', 'json', 'yaml'))
      .action(calls(async () => (await import('./commands/approvals.ts')).listApprovals));
    approvals
      .command('show')
      .description('show exactly what would run')
      .argument('<id>', 'approval, or the first 6 or more characters of its id')
      .addOption(outputOption('table', 'json', 'yaml'))
      .action(calls(async () => (await import('./commands/approvals.ts')).showApproval));
    approvals
      .command('grants')
      .description('list what `approve --always` lets run without asking')
      .addOption(outputOption('table', 'json', 'yaml'))
      .action(calls(async () => (await import('./commands/grants.ts')).showGrants));
    approvals
      .command('revoke')
      .description('take a standing grant back: the call asks again')
      .argument('<grant>', 'grant, or the first 6 or more characters of its id')
      .action(calls(async () => (await import('./commands/grants.ts')).revoke));
    parent
      .command('approve')
      .description('let exactly this call run')
      .argument('<id>', 'approval, or the first 6 or more characters of its id')
      .addOption(new Option('--session', 'and the same call again in this session').conflicts('always'))
      .option('--always', 'and the same call again in any session of this project')
      .option('--resume', 'carry the turn on at once and print its answer')
      .addHelpText('after', examples('runtime approve a-9f2c41', 'runtime approve a-9f2c41 --session --resume'))
      .action(calls(async () => (await import('./commands/approvals.ts')).approve));
    parent
      .command('deny')
      .description('refuse the call; the model is told')
      .argument('<id>', 'approval, or the first 6 or more characters of its id')
      .option('--reason <text>', 'why; the model is told')
      .option('--resume', 'carry the turn on at once and print its answer')
      .action(calls(async () => (await import('./commands/approvals.ts')).deny));
  }

  function addPolicy(parent: Command): void {
    const policy = parent.command('policy').description('see, change and try which tools may run');
    policy
      .command('show')
      .description('show for each tool whether it runs, asks or is denied, and why')
      .addOption(outputOption('table', 'json', 'yaml'))
      .action(calls(async () => (await import('./commands/policy-show.ts')).showPolicy));
    policy
      .command('set')
      .description('put a tool on one of the lists; comments in the configuration stay')
      .argument('<tool>', 'name of the tool')
      .addOption(new Option('--allow', 'it runs without asking').conflicts(['requireApproval', 'deny']))
      .addOption(new Option('--require-approval', 'it always asks').conflicts(['allow', 'deny']))
      .addOption(new Option('--deny', 'it never runs').conflicts(['allow', 'requireApproval']))
      .addHelpText(
        'after',
        examples('runtime policy set exec_command --allow', 'runtime policy set apply_patch --deny'),
      )
      .action(calls(async () => (await import('./commands/policy-set.ts')).setToolPolicy));
    policy
      .command('check')
      .description('judge a call without running it; exit code 0 allow, 5 asks, 6 denied')
      .argument('<tool>', 'name of the tool')
      .argument('<arguments>', 'its arguments as JSON')
      .addOption(outputOption('table', 'json', 'yaml'))
      .addHelpText('after', examples(`runtime policy check exec_command '{"cmd":"npm test"}'`))
      .action(calls(async () => (await import('./commands/policy-check.ts')).checkPolicy));
  }

  function addConfig(parent: Command): void {
    const config = parent.command('config').description('write, see and check the configuration');
    config
      .command('init')
      .description('write a commented configuration, with the keys and local models that are found')
      .option('--force', 'replace an existing file; its content is kept beside it as .bak')
      .addHelpText('after', examples('runtime config init', 'runtime config init --config ./ci.yaml'))
      .action(calls(async () => (await import('./commands/config-init.ts')).initialiseConfig));
    config
      .command('view')
      .description('print the configuration that applies, without secrets')
      .option('--origin', 'say of each value where it comes from')
      .addOption(outputOption('yaml', 'json'))
      .addHelpText('after', examples('runtime config view --origin', 'runtime config view --budget.turn.cost 5'))
      .action(calls(async () => (await import('./commands/config-view.ts')).viewConfig));
    config
      .command('schema')
      .description('print the JSON schema, for editors')
      .action(calls(async () => (await import('./commands/config-schema.ts')).printSchema));
    config
      .command('path')
      .description('print the path of the configuration file')
      .action(calls(async () => (await import('./commands/config-path.ts')).printPath));
  }
}

/** `-o`; the first format is the default. */
function outputOption(...formats: [string, ...string[]]): Option {
  return new Option('-o, --output <format>', 'format of the result').choices(formats).default(formats[0]);
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
