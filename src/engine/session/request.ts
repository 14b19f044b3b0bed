/** The history as messages, kept beside the contents and checked against the kernel's digest before each request. */
import { RuntimeError } from '../../contract/errors.ts';
import type { Hash } from '../../base/digest.ts';
import type { Content, Message } from '../../contract/messages.ts';
import type { Blobs } from '../../contract/ports.ts';
import { pendingOf, roll } from '../../kernel/turn/history.ts';
import type { History, State } from '../../kernel/turn/state.ts';
import { toMessage } from './messages.ts';

export interface Messages {
  /** The messages of the history as it is in this state. @throws RuntimeError internal when contents and state differ */
  upTo(state: State): Promise<Message[]>;
}

/** `contents` is the fold's own list: it only grows. */
export function createMessages(hash: Hash, contents: readonly Content[], blobs: Blobs): Messages {
  const messages: Message[] = [];
  let rolled: History = { count: 0, digest: '', bytes: 0 };
  return {
    async upTo(state) {
      for (const content of contents.slice(messages.length)) {
        messages.push(await toMessage(content, blobs));
        rolled = roll(hash, rolled, pendingOf(hash, 0, content));
      }
      if (rolled.count !== state.history.count || rolled.digest !== state.history.digest) {
        throw new RuntimeError('internal', 'The contents of the history differ from what the journal says of them.');
      }
      return [...messages];
    },
  };
}
