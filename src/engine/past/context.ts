/** What the model of a session is told: as its last turn was frozen, with the history as it stands in the journal now. */
import { sha256 } from '../../base/digest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { Message } from '../../contract/messages.ts';
import type { Blobs, Journal } from '../../contract/ports.ts';
import { bytesTokens } from '../../kernel/context/window.ts';
import { createKernel } from '../../kernel/kernel.ts';
import { applyEvolved, createResolver, newFold } from '../session/fold.ts';
import { toMessage } from '../session/messages.ts';

export interface ShownContext {
  session_id: string;
  /** Of the last turn: the model that was chosen, and its window in tokens. */
  model?: string;
  window?: number;
  /** What the history takes: as the model counted it last, or an estimate. */
  tokens: number;
  counted: boolean;
  instructions: string;
  instruction_sources: { origin: string; bytes: number }[];
  /** Files of instructions that could not be read. */
  missing: { what: string; why: string }[];
  /** Facts that a person pinned, as of now. */
  pins: { id: string; text: string }[];
  /** Where what is in it came from, beside the project and the person. */
  taint: string[];
  tools: string[];
  /** Does a summary stand for the beginning? */
  summed_up: boolean;
  /** `seq`: of the entry that it comes from. */
  messages: { seq: number; role: Message['role']; text: string }[];
}

/** @throws RuntimeError not_found | store_damaged */
export async function contextOf(
  { journal, blobs }: { journal: Pick<Journal, 'read'>; blobs: Blobs },
  session_id: string,
): Promise<ShownContext> {
  const kernel = createKernel(sha256);
  const resolve = createResolver(blobs);
  const fold = newFold(kernel);
  let manifest: Manifest | undefined;
  const { status, failure } = await journal.read(session_id, async ({ entry }) => {
    const resolved = await resolve(entry);
    manifest = resolved.manifest ?? manifest;
    applyEvolved(fold, entry, kernel.evolve(fold.state, entry, resolved));
  });
  if (status === 'absent') throw new RuntimeError('not_found', `There is no session ${session_id}.`);
  if (failure) throw new RuntimeError('store_damaged', `Session ${session_id} is damaged: ${failure.message}.`);
  const { state, contents, seqs } = fold;
  const messages = await Promise.all(contents.map((content) => toMessage(content, blobs)));
  const { measured, history } = state;
  const choice = manifest?.models[0];
  return {
    session_id,
    ...(choice && { model: choice.name }),
    ...(choice?.context !== undefined && { window: choice.context }),
    tokens: measured.tokens > 0 ? measured.tokens : bytesTokens(history.bytes + (manifest?.instructions.length ?? 0)),
    counted: measured.tokens > 0,
    instructions: manifest?.instructions ?? '',
    instruction_sources: manifest?.instruction_sources ?? [],
    missing: manifest?.missing ?? [],
    pins: state.session?.pins ?? [],
    taint: state.taint,
    tools: manifest?.catalog.map(({ name }) => name) ?? [],
    summed_up: history.from_seq > 1,
    messages: messages.map((message, index) => ({ seq: seqs[index]!, ...shownMessage(message) })),
  };
}

function shownMessage(message: Message): { role: Message['role']; text: string } {
  switch (message.role) {
    case 'note':
      return { role: 'note', text: message.text };
    case 'tool':
      return { role: 'tool', text: `${message.name} ${message.call_id}: ${message.output}` };
    case 'user':
    case 'assistant': {
      const texts = message.parts.map((part) => {
        if (part.type === 'text') return part.text;
        return part.type === 'reasoning' ? '' : `(${part.type} ${part.name ?? part.media_type})`;
      });
      const calls = message.role === 'assistant' ? message.tool_calls : [];
      const lines = [
        ...texts,
        ...calls.map(({ call_id, name, arguments_raw }) => `${call_id} ${name} ${arguments_raw}`),
      ];
      return { role: message.role, text: lines.filter((line) => line !== '').join('\n') };
    }
  }
}
