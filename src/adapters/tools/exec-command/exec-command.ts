import type { Invalid } from '../arguments/invalid.ts';
import { StringDecoder } from 'node:string_decoder';
import type { Facts, Presentation } from '../../../contract/values.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { ToolContext, ToolRun } from '../../../contract/ports.ts';
import type { Confined, Sandbox } from '../../../contract/sandbox.ts';
import type { ValueSchema } from '../arguments/schema.ts';
import { type Failure, failureOf } from '../../../base/failure.ts';
import { pathFact, shownPath } from '../paths/path-facts.ts';
import { secretsOf } from '../paths/secrets.ts';
import {
  failed, invalid, noFacts, type Outcome, type Scene, type Tool, type ToolSettings,
} from '../tool.ts'; // prettier-ignore
import { visible } from '../visible.ts';
import { carriedInside, commandEnvironment, gitGuard } from './command-environment.ts';
import { fileDigests, findExecutable } from './executable.ts';
import { keepOutput, type ShownOutput } from './kept-output.ts';
import { lineLinks, NO_LINKS } from './line-links.ts';
import { namedHosts } from './named-hosts.ts';
import { markRuntime } from './names-runtime.ts';
import { type Command, type CommandEnd, runProcess } from './run-process.ts';
import { runFiles } from './run-files.ts';
import { unboundFolders } from './unbound-folders.ts';
import { createWatchdog, type Watchdog } from './watchdog.ts';
import { secretWords } from './secret-words.ts';
import { writtenFiles } from './written-files.ts';

/** What of a result is output; the rest says how it ended. */
const KEPT_BYTES = 1024 * 1024 - 256;
const BYTES_A_TOKEN = 4;
/** Linux takes no single argument of 128 KiB. */
const MAX_COMMAND_BYTES = 100_000;
/** The title begins with so much of the command; the body has all of it. */
const TITLE_CHARACTERS = 60;
const BASHES = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'];

type ExecArguments = {
  cmd?: string;
  command?: string;
  args?: string[];
  workdir?: string;
  timeout_ms?: number;
  max_output_tokens?: number;
  sandbox_permissions?: 'use_default' | 'require_escalated';
  secrets?: string[];
};

type Secrets = NonNullable<Facts['secrets']>;

/** The tool with what it keeps between calls: digests of executables and the watchdog of running commands. */
export function createExecCommand({ exec: { secrets } }: ToolSettings): Tool {
  const digestsFor = fileDigests();
  let watchdog: Watchdog | undefined;
  let started = 0;

  /** Runs it, in the sandbox if there is one; `kept`: bytes of output to keep. */
  async function execute(
    command: Omit<Command, 'environment' | 'confined'>,
    sandbox: Sandbox | undefined,
    named: Secrets,
    kept: number,
    scene: Scene,
    call: ToolRun,
    context: ToolContext,
  ): Promise<Outcome> {
    const given = await valuesOf(named, context);
    if ('code' in given) return failed(given);
    const { spawn } = await import('node:child_process');
    watchdog ??= createWatchdog(spawn);
    // Call ids repeat in other sessions; this is unlike any other that runs on the machine.
    const marker = `${call.call_id}@${process.pid}.${++started}`;
    const { env, limits } = scene.settings.exec;
    const base = commandEnvironment(scene.environment, env, marker);
    const passed = { ...base, ...(!sandbox && gitGuard(base)), ...given.values };
    const inside = sandbox && carriedInside(command, passed, [...env, ...Object.keys(given.values)]);
    const environment = inside?.environment ?? passed;
    const output = keepOutput(KEPT_BYTES);
    const decoder = new StringDecoder('utf8');
    // Of what is kept in part only, a part of a secret might be left.
    const clean = named.length > 0 ? context.redacting() : undefined;
    const onBytes = (bytes: Buffer): void => {
      const text = decoder.write(bytes);
      output.add(clean ? Buffer.from(clean.push(text)) : bytes);
      context.onOutput(text);
    };
    let by: Confined | undefined;
    try {
      by = inside && sandbox.confine(inside.command);
    } catch (error) {
      return notConfined(failureOf(error).message);
    }
    let outcome: Outcome;
    try {
      const around = { spawn, watchdog, clock: scene.clock, signal: context.signal, onBytes };
      const end = await runProcess({ ...command, environment, ...(by && { confined: { by, limits } }) }, around);
      if (clean) output.add(Buffer.from(clean.push(decoder.end()) + clean.end()));
      outcome = outcomeOf(end, command.timeoutMs, output.text(kept));
    } catch (error) {
      // It may have been started.
      outcome = failed(failureOf(error), 'unknown');
    }
    const said = by?.remove() ?? [];
    return said.length === 0 ? outcome : { ...outcome, output: withStatus(outcome.output, said.join('; ')) };
  }

  return {
    name: 'exec_command',
    description:
      'Runs a command (bash, else sh) without terminal or input; gives output and exit code. May be sandboxed: no network, writes only in the project and $TMPDIR. What it leaves running is ended.',
    parameters: {
      type: 'object',
      properties: {
        cmd: { type: 'string', minLength: 1, description: 'Shell command line' },
        command: { type: 'string', minLength: 1, description: 'Instead of cmd: a program, run without a shell' },
        args: { type: 'array', items: { type: 'string' }, description: 'For command' },
        workdir: { type: 'string', minLength: 1, description: 'Default: the project root' },
        timeout_ms: { type: 'integer', minimum: 1 },
        max_output_tokens: { type: 'integer', minimum: 1 },
        sandbox_permissions: {
          type: 'string',
          enum: ['use_default', 'require_escalated'],
          description: 'require_escalated: outside of the sandbox; a person is asked',
        },
        ...(Object.keys(secrets).length > 0 && { secrets: secretsArgument(Object.keys(secrets)) }),
      },
      required: [],
      additionalProperties: false,
    },
    effect: 'exec',
    recovery: 'unknown',
    secrets,
    async prepare(args, scene) {
      const call = args as ExecArguments;
      const wrong = checkTogether(call, scene);
      if (wrong) return wrong;
      const workdir = call.workdir === undefined ? undefined : pathFact(scene, 'workdir', call.workdir);
      if (workdir && 'invalid' in workdir) return workdir;
      if (workdir && workdir.kind !== 'dir' && !workdir.closed) return invalid('/workdir', 'is no folder');
      const folder = workdir?.real ?? scene.projectRoot;

      const words = call.cmd === undefined ? [call.command!, ...(call.args ?? [])] : [call.cmd];
      const bash = BASHES.find((path) => findExecutable(path, '', '/'));
      const searchPath = commandEnvironment(scene.environment, [], '')['PATH']!;
      const program = call.cmd === undefined ? findExecutable(words[0]!, searchPath, folder) : (bash ?? '/bin/sh');
      if (program === undefined) return invalid('/command', `there is no program ${words[0]!}`);
      // Where it is tried whether there is one, that goes on beside the rest.
      const looked = sandboxFor(call, scene);
      looked.catch(() => undefined); // whoever waits for it is told
      const digestOf = digestsFor(scene.projectRoot);
      const executable = await digestOf(program);
      const homes = [scene.home, scene.environment['RUNTIME_HOME'] ?? scene.home];
      const { parseArguments, parseCommand } = await import('../shell/parse-command.ts');
      const parsed =
        call.cmd === undefined ? parseArguments(words) : parseCommand(call.cmd, bash === undefined ? 'posix' : 'bash');
      // Of blanks and comments, too, something is said.
      const commands = parsed.length > 0 ? parsed : [{ words, assignments: [], redirects: [], parser: 'text' }];
      const sandbox = await looked;
      const written = writtenFiles(commands, scene, folder, sandbox === undefined);
      const line = { commands: parsed, text: call.cmd ?? '', folder };
      const links = sandbox ? NO_LINKS : lineLinks(line, scene);
      const free = sandbox
        ? undefined
        : { root: scene.projectRoot, text: line.text, targets: written.targets, lands: written.lands, links };
      const runs = await runFiles(parsed, folder, sandbox ? digestsFor() : digestOf, secretsOf(scene), free);
      const unbound = free ? unboundFolders(line, free) : [];
      const asked = [...new Set(call.secrets)].sort().map((variable) => ({ variable, name: secrets[variable]! }));
      const facts: Facts = {
        ...noFacts,
        paths: [
          ...(workdir ? [workdir] : []),
          ...written.paths,
          ...(hides(sandbox) ? [] : secretWords(commands, scene, folder)),
        ],
        hosts: namedHosts(call.cmd === undefined ? 'command' : 'cmd', commands),
        commands: markRuntime(
          written.commands,
          words.join(' '),
          homes,
          links.led.some(({ closed }) => closed),
        ),
        ...(executable ? { executable } : {}),
        ...(runs ? { runs } : {}),
        ...(unbound.length > 0 ? { unbound } : {}),
        ...(links.others ? { links: links.others } : {}),
        ...(sandbox ? { sandbox: sandbox.level } : {}),
        ...(asked.length > 0 ? { secrets: asked } : {}),
      };
      const command = {
        program,
        args: call.cmd === undefined ? words.slice(1) : ['-c', call.cmd],
        folder,
        bash,
        timeoutMs: call.timeout_ms ?? scene.settings.exec.timeoutMs,
      };
      const kept = Math.min(KEPT_BYTES, (call.max_output_tokens ?? KEPT_BYTES) * BYTES_A_TOKEN);
      return {
        facts,
        presentation: present(call, asked, shownPath(scene, folder)),
        execute: (run, context) => execute(command, sandbox, asked, kept, scene, run, context),
      };
    },
  };
}

function secretsArgument(variables: string[]): ValueSchema {
  const description = 'Only if the command needs it: a person is asked. It gets each as $NAME; you never see it';
  return { type: 'array', items: { type: 'string', enum: variables }, description };
}

/** What the command gets, by variable; or why it doesn't run. */
async function valuesOf(secrets: Secrets, context: ToolContext): Promise<{ values: Record<string, string> } | Failure> {
  const values: Record<string, string> = {};
  try {
    for (const { variable, name } of secrets) values[variable] = await context.secret(name);
    return { values };
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return { code: error.code, message: `not run: ${error.message} ${error.next}` };
  }
}

/** Whether what is named like a secret isn't there for a command, or is empty. */
function hides(sandbox: Sandbox | undefined): boolean {
  return sandbox !== undefined && sandbox.level !== 'landlock';
}

/** Undefined: it runs unconfined, and policy knows. */
async function sandboxFor(
  call: ExecArguments,
  { sandbox, sandboxes, projectRoot }: Scene,
): Promise<Sandbox | undefined> {
  if (sandbox === undefined || call.sandbox_permissions === 'require_escalated') return undefined;
  const found = await sandboxes.find(projectRoot, sandbox === 'best' ? undefined : sandbox);
  return 'none' in found ? undefined : found;
}

function checkTogether(call: ExecArguments, { settings }: Scene): { invalid: Invalid[] } | undefined {
  if ((call.cmd === undefined) === (call.command === undefined)) return invalid('', 'give either cmd or command');
  if (call.args && call.command === undefined) return invalid('/args', 'goes with command, not with cmd');
  const { maxTimeoutMs } = settings.exec;
  if ((call.timeout_ms ?? 0) > maxTimeoutMs) return invalid('/timeout_ms', `must be at most ${maxTimeoutMs}`);
  for (const name of ['cmd', 'command', 'args'] as const) {
    const text = [call[name] ?? ''].flat().join(' ');
    if (text.includes('\0')) return invalid(`/${name}`, 'holds a NUL byte');
    if (Buffer.byteLength(text) > MAX_COMMAND_BYTES) {
      return invalid(`/${name}`, `is longer than ${MAX_COMMAND_BYTES} bytes: put it into a file first`);
    }
  }
  return undefined;
}

function present(call: ExecArguments, secrets: Secrets, folder: string): Presentation {
  const place = call.workdir === undefined ? '' : ` in ${visible(folder)}`;
  const time = call.timeout_ms === undefined ? '' : ` for at most ${call.timeout_ms} ms`;
  const text = call.cmd ?? [call.command!, ...(call.args ?? [])].map(quoted).join(' ');
  const [first = ''] = text.trim().split('\n', 1);
  const shown =
    first.length < text.trim().length || first.length > TITLE_CHARACTERS
      ? `${first.slice(0, TITLE_CHARACTERS).toWellFormed()} …`
      : first;
  const escalated = call.sandbox_permissions === 'require_escalated' ? ' outside of the sandbox' : '';
  const body = visible(text, { lines: true, code: true });
  const names = secrets.map(({ variable, name }) => `${variable} (${name})`).join(', ');
  const given = names === '' ? '' : `; it gets the secret${secrets.length === 1 ? '' : 's'} ${names}`;
  return { title: `Run ${visible(shown)}${place}${time}${escalated}${given}`, body };
}

/** As a shell would need it, so that words with spaces in them show as one. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What was to confine it could not, and it never ran. */
const notConfined = (why: string): Outcome => failed({ code: 'sandbox_failed', message: `not run: ${why}` });

function outcomeOf(end: CommandEnd | { notStarted: Error }, timeoutMs: number, output: ShownOutput): Outcome {
  if ('notStarted' in end) return failed({ code: 'not_startable', message: end.notStarted.message });
  if (end.notBegun) return notConfined(output.text.trim());
  return report(end, timeoutMs, output);
}

function report(end: CommandEnd, timeoutMs: number, output: ShownOutput): Outcome {
  // At the end, where the model sees it: it is given only both ends of a long output.
  const more = output.truncated ? `; ${output.total} bytes of output, the middle left out` : '';
  const result = (outcome: Outcome['outcome'], error?: Failure): Outcome => ({
    outcome,
    ...(error ? { error } : {}),
    ...(end.code === null ? {} : { exit_code: end.code }),
    ...(end.signal === null ? {} : { signal: end.signal }),
    output: error
      ? output.text
      : withStatus(output.text, `${outcome === 'canceled' ? 'canceled' : statusOf(end)}${more}`),
    output_truncated: output.truncated,
  });
  if (!end.confirmed) return result('unknown', { code: 'not_ended', message: 'something of it may still run' });
  if (end.why === 'timeout') {
    return result('timeout', { code: 'timeout', message: `ended after ${timeoutMs} ms, with all it had started` });
  }
  return result(end.why === 'canceled' ? 'canceled' : 'ok');
}

function statusOf({ code, signal }: CommandEnd): string {
  return signal === null ? `exit code ${code}` : `ended by ${signal}`;
}

function withStatus(output: string, status: string): string {
  return `${output}${output === '' || output.endsWith('\n') ? '' : '\n'}[${status}]`;
}
