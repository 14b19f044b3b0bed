/** The sessions that do, or did, the steps of a session's goals. */
import type { Journal } from '../../contract/ports.ts';

/**
 * With those of their own goals, in the order in which they began; as far as they are there. A fork's are only those that
 * began in it: what its source had done stays its source's.
 */
export async function stepSessionsOf(journal: Pick<Journal, 'read'>, session_id: string): Promise<string[]> {
  const begun = new Set<string>();
  await journal.read(session_id, ({ entry }) => {
    if (entry.type === 'session.forked') begun.clear();
    if (entry.type === 'child.started') begun.add(entry.data.session_id);
  });
  const found: string[] = [];
  for (const child of begun) {
    if (await isStepOf(journal, child, session_id)) found.push(child, ...(await stepSessionsOf(journal, child)));
  }
  return found;
}

async function isStepOf(journal: Pick<Journal, 'read'>, child: string, parent: string): Promise<boolean> {
  let isStep = false;
  await journal.read(child, ({ entry }) => {
    if (entry.type === 'session.created') isStep = entry.data.parent?.session_id === parent;
    if (entry.type === 'session.forked') isStep = false;
  });
  return isStep;
}
