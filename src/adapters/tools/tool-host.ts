/**
 * The tools behind one port. A call is prepared (arguments judged, facts recorded, nothing changed) once when it is
 * inspected and once more right before it runs; it runs only when both gave the same.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { type Digest, digestOf } from '../../base/digest.ts';
import { failureOf } from '../../base/failure.ts';
import { isInside } from '../../base/is-inside.ts';
import type { JsonObject } from '../../base/json.ts';
import { memberTexts } from '../../base/member-texts.ts';
import { LONGEST_ARGUMENT } from '../../contract/longest-argument.ts';
import type { ToolSpec } from '../../contract/manifest.ts';
import type { Inspection, ToolContext, ToolHost, ToolRequest, ToolRun } from '../../contract/ports.ts';
import type { Facts, Presentation } from '../../contract/values.ts';
import type { Invalid } from './arguments/invalid.ts';
import { applyPatch } from './apply-patch/apply-patch.ts';
import { readArguments } from './arguments/read-arguments.ts';
import { createExecCommand } from './exec-command/exec-command.ts';
import { type CommandGates, keptFrom, type Passage } from './kept-from-commands.ts';
import { listFiles } from './list-files.ts';
import { hostsIn } from './net/hosts-in.ts';
import { open } from './open/open.ts';
import { readFile } from './read-file.ts';
import { readOutput } from './read-output.ts';
import { sceneOf, type SceneOptions } from './scene.ts';
import { searchFiles } from './search-files.ts';
import { time } from './time.ts';
import {
  failed, invalid, noFacts, type Outcome, type Prepared, type Ready, type Scene, type Tool,
} from './tool.ts'; // prettier-ignore
import { visible } from './visible.ts';
import { whatChanged } from './what-changed.ts';

/** A title stands in lists; what is long belongs into the body. */
const LONGEST_TITLE = 200;
const LONGEST_MESSAGE = 1000;
const MOST_INVALID = 10;

/** The host of the built-in tools. */
export function createToolHost(options: SceneOptions & { gates: CommandGates }): ToolHost {
  const { gates } = options;
  const tools = [
    createExecCommand(options.settings),
    applyPatch,
    readFile,
    listFiles,
    searchFiles,
    readOutput,
    open,
    time,
  ];
  const known: Known = new Map(tools.map((tool) => [tool.name, { tool, spec: specOf(tool) }]));

  async function run(call: ToolRun, context: ToolContext): Promise<Outcome> {
    if (context.signal.aborted) return CANCELED;
    const found = await findCall(known, options, call);
    if (found.digest !== call.args_digest) return voided('its arguments are not those that were decided on');
    if ('invalid' in found) return voided(wordsOf(found.invalid));
    const { tool, args, scene } = found;
    // A later attempt finds files that the one before changed: the intent says what they were and are to be.
    const { resume } = tool;
    if (call.attempt > 1 && call.files && resume) return passing(scene.projectRoot, 'alone', () => resume(args, scene, call, context), context); // prettier-ignore
    const again = (): Promise<Outcome> => execute(found, call, context);
    if (tool.effect === 'exec') {
      const { sandbox, runs = [] } = call.facts;
      if (sandbox !== undefined) return passing(scene.projectRoot, 'confined', again, context);
      return passing(rootOf(runs, scene), 'free', again, context);
    }
    const ready = await readyFor(found, call);
    if ('outcome' in ready) return ready;
    if (tool.effect !== 'write') return ready.execute(call, context);
    const from = keptFrom(scene, ready.facts.paths);
    if (from === false) return passing(scene.projectRoot, 'confined', () => ready.execute(call, context), context);
    return passing(from === 'all' ? undefined : scene.projectRoot, 'alone', again, context);
  }

  async function passing(
    projectRoot: string | undefined,
    as: Passage,
    work: () => Promise<Outcome>,
    { signal, onOutput }: ToolContext,
  ): Promise<Outcome> {
    const outcome = await gates.pass(projectRoot, as, signal, work, () => onOutput(WAITS));
    return outcome === 'canceled' ? CANCELED : outcome;
  }

  return {
    tools: () => [...known.values()].map(({ spec }) => spec),

    async inspect(request) {
      const found = await findCall(known, options, request);
      if ('invalid' in found) return inspection(request, found.digest, found);
      const prepared = await found.tool
        .prepare(found.args, found.scene)
        .catch((error: unknown) => invalid('', failureOf(error).message));
      const seen = withHosts(prepared, found.args, found.tool);
      return inspection(request, found.digest, withArguments(seen, found.args, request));
    },

    async run(call, context) {
      const startedAt = options.clock.now();
      const outcome = await run(call, context).catch((error: unknown) => failed(failureOf(error)));
      const duration_ms = Math.max(0, options.clock.now() - startedAt);
      return { output_truncated: false, files: [], taint: [], ...outcome, duration_ms };
    },
  };
}

/** Whoever looks on sees why nothing happens; it is no part of the result. */
const WAITS = '[waits until what runs beside it in this project has ended]\n';

const CANCELED: Outcome = { outcome: 'canceled', output: 'canceled before it started' };

/** Whose commands may change these files; undefined: those of any project. */
function rootOf(runs: NonNullable<Facts['runs']>, { projectRoot }: Scene): string | undefined {
  return runs.every(({ path, digest }) => digest === undefined || isInside(projectRoot, path))
    ? projectRoot
    : undefined;
}

async function execute(found: Found, call: ToolRun, context: ToolContext): Promise<Outcome> {
  const ready = await readyFor(found, call);
  return 'outcome' in ready ? ready : ready.execute(call, context);
}

/** Prepared again, if it is what was decided on; else how the call ends. */
async function readyFor({ tool, args, scene }: Found, call: ToolRun): Promise<Ready | Outcome> {
  const prepared = withArguments(withHosts(await tool.prepare(args, scene), args, tool), args, call);
  if ('invalid' in prepared) return voided(wordsOf(prepared.invalid));
  if (digestOfValue(prepared.facts) !== call.facts_digest) return voided(whatChanged(call.facts, prepared.facts));
  if (prepared.facts.paths.some(({ closed }) => closed)) {
    return failed({ code: 'closed', message: 'the runtime keeps its state there' });
  }
  return prepared;
}

type Known = ReadonlyMap<string, { tool: Tool; spec: ToolSpec }>;

/** A call whose arguments are valid, and where it takes place; or why there is none. */
type FoundCall = { digest: Digest } & (Found | { invalid: Invalid[] });

interface Found {
  tool: Tool;
  args: JsonObject;
  scene: Scene;
}

async function findCall(known: Known, options: SceneOptions, request: ToolRequest): Promise<FoundCall> {
  const { spec, arguments_raw: raw } = request;
  const found = known.get(spec.name);
  if (!found) return { digest: digestOf(raw), ...invalid('', `the tool ${spec.name} is not there any more`) };
  const args = await readArguments(found.tool, found.spec, spec, raw);
  if ('invalid' in args) return args;
  const scene = sceneOf(options, request);
  return { digest: args.digest, ...('invalid' in scene ? scene : { tool: found.tool, args: args.value, scene }) };
}

/** With where URLs of all its arguments lead, not only of those that the tool means to use. */
function withHosts(prepared: Prepared, args: JsonObject, { effect }: Tool): Prepared {
  if ('invalid' in prepared || effect !== 'network') return prepared;
  return { ...prepared, facts: { ...prepared.facts, hosts: hostsIn(args, prepared.facts.hosts) } };
}

/** What is prepared, with the arguments of which rules speak among its facts. */
function withArguments(prepared: Prepared, args: JsonObject, { named_args = [] }: ToolRequest): Prepared {
  if ('invalid' in prepared || named_args.length === 0) return prepared;
  const texts = memberTexts(args, named_args, LONGEST_ARGUMENT);
  return Object.keys(texts).length === 0 ? prepared : { ...prepared, facts: { ...prepared.facts, args: texts } };
}

function specOf({ name, description, parameters, effect, recovery, secrets = {} }: Tool): ToolSpec {
  const schema_digest = digestOfValue(parameters);
  const names = [...new Set(Object.values(secrets))].sort();
  return { name, description, parameters, schema_digest, effect, recovery, secrets: names };
}

function inspection({ spec }: ToolRequest, args_digest: Digest, prepared: Prepared): Inspection {
  const refused = 'invalid' in prepared;
  const facts: Facts = refused ? noFacts : prepared.facts;
  const shown: Presentation = refused ? { title: visible(spec.name) } : prepared.presentation;
  const presentation = withShortTitle(shown);
  return {
    args_digest,
    ...(refused ? { invalid: shortened(prepared.invalid) } : {}),
    facts,
    facts_digest: digestOfValue(facts),
    presentation,
    presentation_digest: digestOfValue(presentation),
  };
}

/** Enough to mend a call by, however much is wrong with it. */
function shortened(found: readonly Invalid[]): Invalid[] {
  return found
    .slice(0, MOST_INVALID)
    .map(({ path, message }) => ({ path: cut(path, LONGEST_TITLE), message: cut(message, LONGEST_MESSAGE) }));
}

/** What a title doesn't say is not left out: paths and folders have any length. */
function withShortTitle({ title, body, ...others }: Presentation): Presentation {
  if (title.length <= LONGEST_TITLE) return { title, ...(body !== undefined && { body }), ...others };
  const whole = typeof body === 'string' ? `${title}\n\n${body}` : title;
  return { title: cut(title, LONGEST_TITLE), body: whole, ...others };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).toWellFormed()}…`;
}

function digestOfValue(value: unknown): Digest {
  return digestOf(canonicalJson(value));
}

function wordsOf(found: readonly Invalid[]): string {
  return found.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}

function voided(why: string): Outcome {
  return failed({ code: 'void', message: `not run: ${why}` }, 'void');
}
