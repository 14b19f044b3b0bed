/** `/trust`: the person has looked at what came from outside. */
import type { Host, SessionChange } from '../../contract/host.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { oneLine } from '../terminal/width.ts';
import type { Conversation } from './conversation.ts';

/** No source: they have a colon. */
const FILES = 'files';

/** Of the terminal, what it takes. */
interface Asking {
  host: Pick<Host, 'session'>;
  session: string;
  conversation: Pick<Conversation, 'turn'>;
  say(text: string): void;
  configure(change: SessionChange): Promise<void>;
}

/** @throws RuntimeError usage, where it isn't clear what is meant */
export async function trust({ host, session, conversation, say, configure }: Asking, source: string): Promise<void> {
  const { seq, taint = [] } = await host.session(session);
  if (source === FILES) {
    if (seq === 0) return say('nothing was said in this conversation yet');
    await configure({ trust_files: true });
    return say('trusted: the files of the project as they are now');
  }
  if (taint.length === 0) return say('nothing from outside is in this conversation');
  // Another source may have come while this was typed.
  if (source === '' && conversation.turn() !== undefined) {
    throw new RuntimeError('usage', 'the turn goes on, and may bring more in: nothing was trusted', {
      next: `Say which, as in /trust ${oneLine(taint[0]!)}`,
    });
  }
  await configure({ trust: source === '' ? taint : [source] });
}

/** For `/status`. */
export function taintField(taint: readonly string[] = []): [name: string, value: string][] {
  return taint.length === 0 ? [] : [['tainted', `by ${taint.map(oneLine).join(', ')} (/trust)`]];
}
