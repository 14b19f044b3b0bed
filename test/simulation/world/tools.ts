/** The simulated tools. When one begins to act it tells who watches, before it answers. */
import { canonicalJson } from '../../../src/base/canonical-json.ts';
import { digestOf } from '../../../src/base/digest.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import { memberTexts } from '../../../src/base/member-texts.ts';
import { parseStrictJson } from '../../../src/base/strict-json.ts';
import { LONGEST_ARGUMENT } from '../../../src/contract/longest-argument.ts';
import type { ToolSpec } from '../../../src/contract/manifest.ts';
import type { Inspection, ToolHost, ToolRequest, ToolResult } from '../../../src/contract/ports.ts';
import type { Facts } from '../../../src/contract/values.ts';
import type { SimulatedProcess } from '../machine/parts.ts';
import type { World } from './parts.ts';

const INSPECT_MS = 4;
const RUN_MS = 60;
const KILL_MS = 20;
/** No sandbox would confine these: the second call of a reply, and all of a second turn. */
const UNCONFINED = /\.2$|^c2\./;
const LONG_OUTPUT = 'A line of output.\n'.repeat(100);

/** `look` reads; `work` runs a command; `patch` can be rolled forward; `send` reaches out. Checks are run by `exec_command`. */
const SPECS: ToolSpec[] = [
  specOf('look', 'read', 'rerun'),
  specOf('work', 'exec', 'unknown'),
  specOf('patch', 'write', 'roll_forward'),
  specOf('send', 'send', 'unknown'),
  specOf('exec_command', 'exec', 'unknown'),
];

export const TOOL_NAMES = ['look', 'work', 'patch', 'send'] as const;

function specOf(name: string, effect: ToolSpec['effect'], recovery: ToolSpec['recovery']): ToolSpec {
  const schema_digest = digestOf(name);
  return { name, description: name, parameters: { type: 'object' }, schema_digest, effect, recovery, secrets: [] };
}

export function createToolHost(world: World, process: SimulatedProcess): ToolHost {
  const { machine, dice } = world;
  return {
    tools: () => SPECS,
    inspect: (request) =>
      new Promise((resolve) => {
        process.after(machine.jitter(INSPECT_MS), () => resolve(inspected(request)));
      }),
    run(run, { signal }) {
      const session = run.idempotency_key.slice(0, -run.call_id.length - 1);
      const told = `${process.name} ${run.spec.name} ${session} ${run.call_id}.${run.attempt}`;
      const kind = dice.pick(['ok', 'ok', 'ok', 'ok', 'ok', 'error', 'timeout', 'void', 'unknown', 'throws'] as const);
      if (kind === 'void') return Promise.resolve(resultOf('void', ''));
      machine.note(`${told} begins`);
      machine.count('effects');
      world.watching.effect({ process, session, run });
      if (kind === 'throws') return Promise.reject(new Error('the tool broke'));
      const output = dice.once(10) ? LONG_OUTPUT : `output ${dice.roll(3)}`;
      const slow = dice.once(10) ? dice.pick([3000, 100_000]) : 0;
      return new Promise((resolve) => {
        const cancel = process.after(machine.jitter(RUN_MS) + slow, () => {
          machine.note(`${told} ends: ${kind}`);
          resolve({ ...resultOf(kind, output), ...(kind === 'ok' && { exit_code: dice.once(4) ? 1 : 0 }) });
        });
        signal.addEventListener('abort', () => {
          if (dice.once(4)) return; // it had ended right before
          cancel();
          process.after(KILL_MS, () => resolve(resultOf('canceled', '')));
        });
      });
    },
  };
}

function inspected({ spec, call_id, arguments_raw, named_args = [] }: ToolRequest): Inspection {
  const n = argumentOf(arguments_raw);
  const facts: Facts = { paths: [], hosts: [], commands: [], preimages: [] };
  if (spec.effect === 'exec' && !UNCONFINED.test(call_id)) facts.sandbox = 'bubblewrap';
  if (spec.name === 'patch')
    facts.preimages.push({ path: `f${n}`, before: digestOf('before'), after: digestOf('after') });
  const parsed = parseStrictJson(arguments_raw);
  if (named_args.length > 0 && parsed.ok)
    facts.args = memberTexts(parsed.value as JsonObject, named_args, LONGEST_ARGUMENT);
  // What a person is shown; the tool compares it with what it runs.
  const presentation = { title: shownAs(spec.name, call_id, arguments_raw) };
  return {
    args_digest: digestOf(arguments_raw),
    ...(n === undefined && spec.name !== 'exec_command' && { invalid: [{ path: '', message: 'not JSON' }] }),
    facts,
    facts_digest: digestOf(canonicalJson(facts)),
    presentation,
    presentation_digest: digestOf(canonicalJson(presentation)),
  };
}

export function shownAs(name: string, call_id: string, arguments_raw: string): string {
  return `${name} ${arguments_raw} (${call_id})`;
}

function argumentOf(text: string): number | undefined {
  try {
    return (JSON.parse(text) as { n: number }).n;
  } catch {
    return undefined;
  }
}

function resultOf(outcome: ToolResult['outcome'], output: string): ToolResult {
  return { outcome, output, output_truncated: false, files: [], taint: [], duration_ms: 1 };
}
