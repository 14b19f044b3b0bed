/**
 * The check of a turn: a command that has to exit with 0 before the turn counts as done. It is a call like those of the
 * model, inspected, judged, asked for and run as they are; only that nobody but the runtime makes it.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Hash } from '../../base/digest.ts';
import type { CallFinished, Decision, EntryOf } from '../../contract/entries.ts';
import type { Content } from '../../contract/messages.ts';
import type { Part } from '../../contract/values.ts';
import { textPart } from '../turn/history.ts';
import type { Call, Turn } from '../turn/state.ts';

const TOOL = 'exec_command';

export function checkRequested({ turn, check }: Turn): Decision {
  const arguments_raw = canonicalJson({ cmd: check!.command });
  return { type: 'check.requested', data: { call_id: `v${turn}.1`, tool: TOOL, arguments_raw } };
}

/** The check's call stands behind the answer, which keeps its place. */
export function checkStarted(hash: Hash, turn: Turn, { data }: EntryOf<'check.requested'>): Turn {
  if (turn.check?.status !== 'due' || turn.phase !== 'reflect') return turn;
  const spec = turn.manifest.catalog.find(({ name }) => name === data.tool);
  const call: Call = {
    call_id: data.call_id,
    provider_id: '',
    name: data.tool,
    effect: spec?.effect ?? 'unknown',
    recovery: spec?.recovery ?? 'unknown',
    signature: hash(canonicalJson([data.tool, data.arguments_raw])),
    group: 1,
    status: 'new',
    attempt: 0,
    ...(!spec && { refusal: { why: 'unknown_tool', message: `There is no tool ${data.tool} here.` } }),
  };
  return { ...turn, phase: 'act', calls: [call], check: { ...turn.check, status: 'running' } };
}

/** How the check went, when its call has ended with a status. `finished`: what it gave, when it ran. */
export function checkSettled(turn: Turn, status: string, finished: CallFinished | undefined): Turn {
  const check = turn.check!;
  const code = finished?.exit_code;
  if (status === 'ok' && code === 0) return { ...turn, check: { ...check, status: 'passed' } };
  const said = code === undefined ? `it ended with "${status}"` : `it exited with ${code}`;
  return { ...turn, check: { ...check, status: 'failed', said } };
}

/** What the model is told of a check when it goes on. */
export function checkContent({ check }: Turn, status: string, parts: Part[]): Content {
  const text = `The runtime checked the work with \`${check!.command}\`: ${status}.`;
  return { parts: [textPart(text), ...parts], role: 'user' };
}

export function isChecking({ check }: Turn): boolean {
  return check?.status === 'running';
}
