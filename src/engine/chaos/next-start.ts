/** What a start did first with what a killed one had left, read from the journal. */
import type { Entry } from '../../contract/entries.ts';

/** `before`: so many entries were there when it started. */
export function whatNextStartDid(entries: readonly Entry[], before: number): string {
  const left = entries.slice(0, before);
  if (left.some(({ type }) => type === 'turn.ended')) return 'showed the answer';
  if (!left.some(({ type }) => type === 'turn.started')) return 'began the turn';
  for (const entry of entries.slice(before)) {
    switch (entry.type) {
      case 'call.abandoned':
        return 'told the model: unknown';
      case 'model.requested':
        return entry.data.attempt === 1 ? 'asked the model' : 'asked the model again';
      case 'model.replied':
        return 'asked the model';
      case 'call.inspected':
        return 'looked at the call';
      case 'call.started': {
        const { tool, attempt } = entry.data;
        const [first, again] = DONE[tool] ?? [`ran ${tool}`, `ran ${tool} again`];
        return attempt === 1 ? first : again;
      }
      case 'reply.made':
      case 'turn.ended':
        return 'ended the turn';
      default:
    }
  }
  return 'went on';
}

const DONE: Readonly<Record<string, readonly [string, string]>> = {
  read_file: ['ran the read', 'ran the read again'],
  apply_patch: ['made the patch', 'finished the patch'],
  exec_command: ['ran the command', 'ran the command again'],
};
