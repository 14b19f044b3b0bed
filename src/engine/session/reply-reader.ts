import type { Entry } from '../../contract/entries.ts';
import type { Part } from '../../contract/values.ts';

/** Reads the entries of a session in order; tells what the reply of the present turn says, [] before there is one. */
export function createReplyReader(): { take(entry: Entry): void; reply(): Part[] } {
  let said: Part[] = [];
  let reply: Part[] = [];
  return {
    take(entry) {
      if (entry.type === 'turn.started') [said, reply] = [[], []];
      if (entry.type === 'model.replied' && entry.data.purpose === undefined) said = entry.data.parts;
      if (entry.type === 'reply.made') reply = entry.data.parts ?? said;
    },
    reply: () => reply,
  };
}
