/**
 * A history as turns that alternate, a user's first and last, as the APIs of Anthropic and Google want it: the results of
 * a reply's calls together in the turn after it, notes and further messages behind them.
 */
import type { JsonValue } from '../../../base/json.ts';
import type { Message, MessageCall, MessagePart } from '../../../contract/messages.ts';
import { argumentsObject, callName } from './calls.ts';

export interface UserTurn {
  role: 'user';
  /** One for each call of the turn before, in the order of the calls. */
  results: { id: string; name: string; output: string }[];
  said: MessagePart[];
}

export interface AssistantTurn {
  role: 'assistant';
  /** Text that isn't blank, and sealed reasoning of this service. */
  parts: MessagePart[];
  calls: { id: string; name: string; args: Record<string, JsonValue> }[];
}

export type Turn = UserTurn | AssistantTurn;

/** Stands where an API wants a user's turn and the history has none. */
const GO_ON = 'Go on.';
const NO_RESULT = 'There is no result of this call.';

/** Anthropic takes no other ids. */
const VALID_ID = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Earlier turns stay the same while the history grows, so that prompt caches hit.
 * @param reasoner Whose sealed reasoning is kept; that of others is of no use here.
 */
export function turnsOf(messages: readonly Message[], reasoner: string): Turn[] {
  const turns: Turn[] = [];
  const open = new Map<string, { id: string; into: UserTurn }>(); // calls without a result, by call_id
  const taken = new Set<string>();

  const user = (): UserTurn => {
    const last = turns.at(-1);
    if (last?.role === 'user') return last;
    const turn: UserTurn = { role: 'user', results: [], said: [] };
    turns.push(turn);
    return turn;
  };
  const assistant = (): AssistantTurn => {
    const last = turns.at(-1);
    if (last?.role === 'assistant') return last;
    if (!last) say(GO_ON);
    const turn: AssistantTurn = { role: 'assistant', parts: [], calls: [] };
    turns.push(turn);
    return turn;
  };
  const say = (text: string): void => {
    if (text.trim() !== '') user().said.push({ type: 'text', text });
  };
  const take = (calls: readonly MessageCall[]): void => {
    if (calls.length === 0) return;
    const taking = assistant();
    for (const { call_id, provider_id, name, arguments_raw } of calls) {
      const id = freeId(provider_id, call_id, taken);
      taking.calls.push({ id, name: callName(name), args: argumentsObject(arguments_raw) });
    }
    const added = taking.calls.slice(-calls.length);
    const into = user();
    open.clear();
    for (const [index, { id, name }] of added.entries()) {
      into.results.push({ id, name, output: NO_RESULT });
      open.set(calls[index]!.call_id, { id, into });
    }
  };

  for (const message of messages) {
    switch (message.role) {
      case 'user':
        for (const part of message.parts) {
          if (part.type === 'text') say(part.text);
          else if (part.type !== 'reasoning') user().said.push(part);
        }
        break;
      case 'note':
        say(message.text);
        break;
      case 'tool': {
        const call = open.get(message.call_id);
        open.delete(message.call_id);
        const result = call?.into.results.find(({ id }) => id === call.id);
        if (result) result.output = message.output;
        else say(`Result of ${message.name}: ${message.output}`); // nothing here asked for it
        break;
      }
      case 'assistant': {
        const parts = message.parts.filter((part) => isOf(part, reasoner));
        // Reasoning alone is no turn.
        if (message.tool_calls.length > 0 || parts.some(({ type }) => type === 'text'))
          assistant().parts.push(...parts);
        take(message.tool_calls);
      }
    }
  }
  if (turns.at(-1)?.role !== 'user') say(GO_ON);
  return turns;
}

function isOf(part: MessagePart, reasoner: string): boolean {
  if (part.type === 'reasoning') return part.opaque !== undefined && part.provider === reasoner;
  return part.type === 'text' && part.text.trim() !== '';
}

/** The provider's own id, unless the API wouldn't take it (another provider's), or an earlier call has it. */
function freeId(provider_id: string, call_id: string, taken: Set<string>): string {
  let id = VALID_ID.test(provider_id) ? provider_id : call_id.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 48);
  if (taken.has(id)) id = call_id.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 48);
  const wanted = id;
  for (let n = 2; taken.has(id); n++) id = `${wanted}-${n}`;
  taken.add(id);
  return id;
}
