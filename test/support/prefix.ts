/** A conversation with something of everything, and how much of each request the next one begins with. */
import type { MockReply } from './mock-reply.ts';

const call = (name: string, args: object | string, id?: string): NonNullable<MockReply['calls']>[number] => ({
  name,
  arguments: args,
  ...(id !== undefined && { id }),
});

/** What the person says, and what the service answers to that. */
export const CORPUS: readonly { says: string; replies: MockReply[] }[] = [
  { says: 'hello', replies: [{ text: 'Good morning — “friend” 🙂.' }] },
  {
    says: 'read it',
    replies: [
      { reasoning: 'first', text: 'Looking.', calls: [call('read_file', { path: 'a.txt' }, 'x1'), call('time', {}, 'x2')] },
      { reasoning: 'second', calls: [call('list_files', {}, 'x3')] },
      { text: 'It says A.' },
    ],
  },
  { says: 'and nothing?', replies: [{ text: '' }, { text: 'Sorry.' }] },
  {
    says: 'make mistakes',
    replies: [
      { calls: [call('read_file', '{"path":'), call('launch_rocket', {}), call('read_file', { path: 'no.txt' }, 'same')] },
      { calls: [call('time', {}, 'same'), call('time', {}, 'same')] },
      { text: 'Enough.' },
    ],
  },
  {
    says: 'count',
    replies: [
      { calls: [call('exec_command', { cmd: 'seq 1 15000' })] },
      { calls: [call('read_output', { call_id: 'c5.1.1', offset: 8192 })] },
      { text: 'Many.' },
    ],
  },
  {
    says: 'go round',
    replies: Array.from({ length: 4 }, () => ({ calls: [call('list_files', { path: '.' })] })),
  },
  { says: 'x'.repeat(20_000), replies: [{ text: 'Long.' }] },
  { says: 'bye', replies: [{ reasoning: 'last', text: 'Bye.' }] },
]; // prettier-ignore

export interface Shared {
  /** All of the request before but its last message stands at the beginning of the one after it. */
  whole: boolean;
  /** Of the prompt: bytes that both begin with, and those of the request before. */
  bytes: number;
  before: number;
}

/** Of two requests of one session, in the format of any provider. */
export function sharedBeginning(before: unknown, after: unknown): Shared {
  const [one, other] = [promptOf(before), promptOf(after)];
  let same = 0;
  while (same < one.length && one[same] === other[same]) same++;
  const bytesOf = (pieces: readonly string[]): number =>
    pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
  return { whole: same >= one.length - 1, bytes: bytesOf(one.slice(0, same)), before: bytesOf(one) };
}

/** What a cache of prompts sees: tools, instructions, messages; without the marks that say where to keep it. */
function promptOf(body: unknown): string[] {
  const { model, tools, system, instructions, systemInstruction, messages, input, contents } = body as Record<
    string,
    unknown
  >;
  const list = (messages ?? input ?? contents) as object[];
  const head = { model, tools, system, instructions, systemInstruction };
  return [head, ...list].map((one) => JSON.stringify(one).replaceAll(',"cache_control":{"type":"ephemeral"}', ''));
}
