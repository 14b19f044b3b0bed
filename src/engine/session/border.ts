/**
 * The border: what an observation passes before it is appended. Known secrets, and what looks like one, become placeholders,
 * once, so that kernel, model, chain and blobs never see them; then long texts become blobs.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf } from '../../base/digest.ts';
import type { Observation } from '../../contract/entries.ts';
import type { SubmittedPart } from '../../contract/host.ts';
import type { Blobs } from '../../contract/ports.ts';
import type { Part } from '../../contract/values.ts';
import { failedEffect } from './effects.ts';
import { spill, spillMessage } from './long-text.ts';
import type { Redactor } from './redact.ts';

export async function passBorder(observation: Observation, redactor: Redactor, blobs: Blobs): Promise<Observation> {
  return spill(redacted(observation, redactor), blobs);
}

/** The same for a message that is accepted before its entry is written. @throws RuntimeError attachment_unfit */
export async function cleanParts(given: SubmittedPart[], redactor: Redactor, blobs: Blobs): Promise<Part[]> {
  const parts = await Promise.all(
    given.map(async (part) => {
      if (part.type === 'text') return part;
      const { attachedPart } = await import('../attachments/attached-part.ts');
      return attachedPart(part, redactor, blobs);
    }),
  );
  return spillMessage(redactValue(parts, redactor) as Part[], blobs);
}

function redacted(observation: Observation, redactor: Redactor): Observation {
  const clean = redactValue(observation.data, redactor);
  if (clean === observation.data) return observation;
  const next = { ...observation, data: clean } as Observation;
  if (next.type === 'call.inspected' && observation.type === 'call.inspected') {
    // Facts can't be altered: their digest decides what runs. A call that touches something so named is refused.
    if (next.data.facts !== observation.data.facts) return refusedInspection(next.data.call_id);
    next.data = { ...next.data, presentation_digest: digestOf(canonicalJson(next.data.presentation)) };
  }
  return next;
}

function refusedInspection(call_id: string): Observation {
  const message = 'what it would run or touch has a known secret in it, which is never recorded';
  return failedEffect({ kind: 'inspect', key: '', call_id }, 'holds_secret', message);
}

/**
 * Keys whose values are ids, digests and words of ours: a key that happens to be such a word (`operator`) must not make
 * the journal say something else. What models and people name is not among them.
 */
export const OUR_WORDS: ReadonlySet<string> = new Set([
  'type', 'mode', 'lane', 'role', 'event_id', 'for', 'call_id', 'approval_id', 'grant_id', 'timer_id', 'session_id',
  'workspace_id', 'kind', 'outcome', 'class', 'stop_reason', 'scope', 'signal', 'action', 'parser', 'via', 'unclear', 'frozen', 'policy',
  'args_digest', 'facts_digest', 'presentation_digest', 'wire_digest', 'digest', 'blob', 'before', 'after', 'build',
]); // prettier-ignore

/**
 * What runs is what is recorded, and a person approves what they see: in arguments, facts, rules, commands and paths only known
 * values are replaced, and then the call is refused. What only looks like a secret there is the model's own, as it was shown
 * none. So is reasoning that only its provider reads: changed, it would be refused.
 */
const AS_IT_IS: ReadonlySet<string> = new Set([
  'tool_calls', 'check', 'facts', 'presentation', 'files', 'project_root', 'opaque', 'rule',
]); // prettier-ignore

/** Strings redacted and well-formed (digests need that). The same value when nothing in it had to be replaced. */
function redactValue(value: unknown, redactor: Redactor, asItIs = false): unknown {
  if (typeof value === 'string') return (asItIs ? redactor.exact : redactor).text(value.toWellFormed());
  if (Array.isArray(value)) {
    const items = value.map((item) => redactValue(item, redactor, asItIs));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const next = entries.map(([key, item]) => [key, redactMember(key, item, redactor, asItIs)] as const);
  return next.some(([, item], index) => item !== entries[index]![1]) ? Object.fromEntries(next) : value;
}

function redactMember(key: string, item: unknown, redactor: Redactor, asItIs: boolean): unknown {
  if (OUR_WORDS.has(key)) return item;
  const value = redactValue(item, redactor, asItIs || AS_IT_IS.has(key));
  return key === 'diff' && typeof value === 'string' ? redactDiff(value, redactor) : value;
}

/** What a patch adds is shown as it is; what stands there already may be a secret that the model was never shown. */
function redactDiff(diff: string, { text }: Redactor): string {
  const runs: { added: boolean; lines: string[] }[] = [];
  for (const line of diff.split('\n')) {
    const added = line.startsWith('+');
    if (runs.at(-1)?.added === added) runs.at(-1)!.lines.push(line);
    else runs.push({ added, lines: [line] });
  }
  return runs.map(({ added, lines }) => (added ? lines.join('\n') : text(lines.join('\n')))).join('\n');
}
