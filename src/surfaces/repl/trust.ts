/** `/trust`: the person has looked at what came from outside. */
import type { Host, SessionChange } from '../../contract/host.ts';
import { oneLine } from '../terminal/width.ts';

/** No source: they have a colon. */
const FILES = 'files';

/** Of the terminal, what it takes. */
interface Asking {
  host: Pick<Host, 'session'>;
  session: string;
  say(text: string): void;
  configure(change: SessionChange): Promise<void>;
}

export async function trust({ host, session, say, configure }: Asking, source: string): Promise<void> {
  const { seq, taint = [] } = await host.session(session);
  if (source === FILES) {
    if (seq === 0) return say('nothing was said in this conversation yet');
    await configure({ trust_files: true });
    return say('trusted: the files of the project as they are now');
  }
  if (taint.length === 0) return say('nothing from outside is in this conversation');
  await configure({ trust: source === '' ? taint : [source] });
}

/** For `/status`. */
export function taintField(taint: readonly string[] = []): [name: string, value: string][] {
  return taint.length === 0 ? [] : [['tainted', `by ${taint.map(oneLine).join(', ')} (/trust)`]];
}
