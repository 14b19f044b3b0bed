/** The history as messages, kept beside the contents and checked against the kernel's digest before each request. */
import { RuntimeError } from '../../contract/errors.ts';
import type { Hash } from '../../base/digest.ts';
import type { Content, Message } from '../../contract/messages.ts';
import type { Blobs } from '../../contract/ports.ts';
import { pendingOf, rolled } from '../../kernel/turn/history.ts';
import type { State } from '../../kernel/turn/state.ts';
import { toMessage } from './messages.ts';

export interface Messages {
  /** The messages of the history as it is in this state. @throws RuntimeError internal when contents and state differ */
  upTo(state: State): Promise<Message[]>;
}

/** `contents` is the fold's own list: it grows, and a summary may come in the place of its beginning. */
export function createMessages(hash: Hash, contents: readonly Content[], blobs: Blobs): Messages {
  const made = new WeakMap<Content, Message>();
  let messages: Message[] = [];
  let first: Content | undefined;
  let digest = '';
  return {
    async upTo(state) {
      if (contents[0] !== first) {
        messages = [];
        digest = '';
        first = contents[0];
      }
      for (const content of contents.slice(messages.length)) {
        const message = made.get(content) ?? (await toMessage(content, blobs));
        made.set(content, message);
        messages.push(message);
        digest = rolled(hash, digest, pendingOf(hash, 0, content));
      }
      if (messages.length !== state.history.count || digest !== state.history.digest) {
        throw new RuntimeError('internal', 'The contents of the history differ from what the journal says of them.');
      }
      return [...messages];
    },
  };
}
