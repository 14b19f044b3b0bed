/**
 * What a summary of a session must not lose, taken from its journal as it is read, and bounded: what the person wrote, and
 * what was done or refused. Models forget such things, or deny them; the record doesn't.
 */
import type { Entry, Seq } from '../../contract/entries.ts';
import type { Content } from '../../contract/messages.ts';
import type { DoneAction, Summary } from '../../contract/summary.ts';
import type { EffectClass, LongText } from '../../contract/values.ts';
import { shortened } from '../../kernel/context/transcript.ts';
import { shortText } from './messages.ts';

export interface Remembered {
  said: Summary['said'];
  /** So many were said before those. */
  unsaid: number;
  done: DoneAction[];
  counts: Summary['counts'];
  /** Up to which message somebody was told what this model can't see. */
  unseen?: { model: string; seq: Seq };
  /** Calls of the open turn: what they are, for when they end. */
  calls: Record<string, { tool: string; what: string; effect?: EffectClass | 'unknown' }>;
}

const MOST_DONE = 200;
const MOST_SAID = 200;
const SAID_CHARACTERS = 4000;
const WHAT_CHARACTERS = 200;
const MOST_FILES = 20;

export function nothingRemembered(): Remembered {
  return { said: [], unsaid: 0, done: [], counts: [], calls: {} };
}

/** A message of the person entered the history. */
export function rememberSaid(memory: Remembered, seq: Seq, content: Content): void {
  if (content.role !== 'user') return;
  const whole = content.parts
    .map((part) => (part.type === 'text' ? shortText(part.text) : `(${part.type})`))
    .join('\n');
  const text = shortened(whole, SAID_CHARACTERS);
  memory.said.push({ seq, text, ...(text !== whole && { cut: true as const }) });
  if (memory.said.length <= MOST_SAID) return;
  memory.said.shift();
  memory.unsaid++;
}

/** What calls are, and how they ended. */
export function rememberDone(memory: Remembered, entry: Entry): void {
  switch (entry.type) {
    case 'call.inspected': {
      const { call_id, presentation } = entry.data;
      memory.calls[call_id] = { tool: memory.calls[call_id]?.tool ?? '', what: whatOf(presentation) };
      return;
    }
    case 'policy.decided': {
      const { call_id, tool, effect } = entry.data;
      memory.calls[call_id] = { what: '', ...memory.calls[call_id], tool, effect };
      return;
    }
    case 'call.finished': {
      const { call_id, outcome, files, output } = entry.data;
      const bytes = typeof output === 'string' ? Buffer.byteLength(output) : output.bytes;
      return ended(memory, call_id, outcome, { files: files.map(({ path }) => path), bytes });
    }
    case 'call.refused':
      return ended(memory, entry.data.call_id, entry.data.why);
    case 'call.abandoned':
      return ended(memory, entry.data.call_id, entry.data.outcome);
    case 'model.replied': {
      const { unseen } = entry.data;
      if (unseen) memory.unseen = { model: unseen.model, seq: unseen.seq };
      return;
    }
    case 'turn.ended':
      memory.calls = {};
      return;
    default:
  }
}

/** `left`: files that it changed, and how long its output is. */
function ended(
  memory: Remembered,
  call_id: string,
  outcome: string,
  left: { files: string[]; bytes: number } = { files: [], bytes: 0 },
): void {
  const call = memory.calls[call_id];
  delete memory.calls[call_id];
  if (!call?.effect) return; // refused without a look: nothing can have come of it
  const { tool, what, effect } = call;
  if (effect === 'read') return count(memory, tool, outcome);
  const files = left.files.slice(0, MOST_FILES);
  memory.done.push({
    call_id,
    tool,
    what,
    outcome,
    ...(files.length > 0 && { files }),
    ...(left.bytes > 0 && { output_bytes: left.bytes }),
  });
  if (memory.done.length <= MOST_DONE) return;
  const oldest = memory.done.shift()!;
  count(memory, oldest.tool, oldest.outcome);
}

function count(memory: Remembered, tool: string, outcome: string): void {
  const known = memory.counts.find((one) => one.tool === tool && one.outcome === outcome);
  if (known) known.count++;
  else memory.counts.push({ tool, outcome, count: 1 });
}

function whatOf({ title, body }: { title: string; body?: LongText }): string {
  const first = body === undefined ? '' : shortText(body);
  return shortened(`${title}${first === '' ? '' : `: ${first}`}`.replace(/\s+/g, ' '), WHAT_CHARACTERS);
}
