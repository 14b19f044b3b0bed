/** A part of the history as one text, for whoever is to sum it up. */
import type { Message, MessagePart } from '../../contract/messages.ts';

/**
 * The messages in order, in so many characters at most (at least a few hundred): the longest are cut in their middle, and
 * of very many the oldest are left out.
 */
export function transcript(messages: readonly Message[], most: number): string {
  const all = messages.flatMap(blocksOf);
  const blocks = all.slice(-Math.max(1, Math.floor(most / 2 / BLOCK_CHARACTERS)));
  const left = all.length - blocks.length;
  const longest = levelFor(
    blocks.map(({ text }) => text.length),
    most - (blocks.length + 1) * BLOCK_CHARACTERS,
  );
  const lines = blocks.map(({ who, text }) => `[${who}] ${shortened(text, longest)}`);
  return [...(left > 0 ? [`(${left} older pieces are left out)`] : []), ...lines].join('\n');
}

interface Block {
  who: string;
  text: string;
}

/** Of the name in front of a block, and of what stands for what is cut out of it. */
const BLOCK_CHARACTERS = 96;
const NAME_CHARACTERS = 30;

function blocksOf(message: Message): Block[] {
  // Blank lines pass for nothing: a run of them takes few tokens, and many when something stands in each.
  return piecesOf(message).map(({ who, text }) => ({ who, text: indented(text).replace(/\n {2}(?=\n)/g, '\n') }));
}

function piecesOf(message: Message): Block[] {
  switch (message.role) {
    case 'user':
      return [{ who: 'person', text: textOf(message.parts) }];
    case 'note':
      return [{ who: 'note to you', text: message.text }];
    case 'tool':
      return [{ who: `result of ${nameOf(message)}`, text: message.output }];
    case 'assistant': {
      const said = textOf(message.parts);
      const calls = message.tool_calls.map((call) => ({ who: `you called ${nameOf(call)}`, text: call.arguments_raw }));
      return said === '' ? calls : [{ who: 'you', text: said }, ...calls];
    }
  }
}

function nameOf({ name }: { name: string }): string {
  return indented(name.slice(0, NAME_CHARACTERS).toWellFormed());
}

/** So that no line of a text can pass for one that is ours. */
export function indented(text: string): string {
  return text.replace(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/g, '\n  ');
}

/** Reasoning is left out: only what came of it counts. */
function textOf(parts: readonly MessagePart[]): string {
  const texts = parts.map((part) => {
    if (part.type === 'text') return part.text;
    return part.type === 'reasoning' ? '' : `(${part.type} ${part.name ?? part.media_type})`;
  });
  return texts.filter((text) => text !== '').join('\n');
}

/** The length to which texts of these lengths must be cut so that together they are no longer than `total`. */
function levelFor(lengths: readonly number[], total: number): number {
  const together = (most: number): number => lengths.reduce((sum, length) => sum + Math.min(length, most), 0);
  if (together(Infinity) <= total) return Infinity;
  // Halved rather than sorted: linear in their number.
  let fits = 0;
  let tooLong = total + 1;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (together(middle) <= total) fits = middle;
    else tooLong = middle;
  }
  return fits;
}

/** Beginning and end of a text, with a mark of what is left out between. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const half = Math.floor(most / 2);
  const head = text.slice(0, half);
  const tail = half === 0 ? '' : text.slice(-half);
  return `${head.toWellFormed()} [… ${text.length - 2 * half} characters left out …] ${tail.toWellFormed()}`;
}
