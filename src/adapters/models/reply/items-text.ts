/**
 * The body of a request as text. A long conversation is sent with each of its requests: what stood in the one before is not
 * made into JSON again, and the SDK, which would take each value in hand, gets it written.
 */
import type { Message } from '../../../contract/messages.ts';

/** What a message is in the wire format: none, one or several items of a list. */
export type ToItems = (message: Message) => object[];

/** The items of so many messages, as JSON with commas between. */
type ItemsText = (messages: readonly Message[]) => string;

interface Written {
  messages: readonly Message[];
  text: string;
}

/** Keeps the text of each conversation for as long as its first message is used by anyone. */
export function createItemsText(toItems: ToItems): ItemsText {
  const written = new WeakMap<Message, Written>();
  return (messages) => {
    const [first] = messages;
    if (first === undefined) return '';
    const before = written.get(first);
    const known = before && beginsWith(messages, before.messages) ? before : { messages: [], text: '' };
    const added = messages.slice(known.messages.length).flatMap(toItems);
    const text = joined(known.text, JSON.stringify(added).slice(1, -1));
    written.set(first, { messages, text });
    return text;
  };
}

/** `fields` with one more, a list: `first`, and then the items of a text. */
export function bodyText(fields: object, list: string, first: readonly object[], items: string): string {
  const all = joined(JSON.stringify(first).slice(1, -1), items);
  return `${JSON.stringify(fields).slice(0, -1)},"${list}":[${all}]}`;
}

function joined(one: string, other: string): string {
  return one === '' || other === '' ? one + other : `${one},${other}`;
}

/** The very same messages, then: no text of one that differs is ever sent. */
function beginsWith(messages: readonly Message[], beginning: readonly Message[]): boolean {
  if (messages.length < beginning.length) return false;
  for (let at = 0; at < beginning.length; at++) if (messages[at] !== beginning[at]) return false;
  return true;
}
