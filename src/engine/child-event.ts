import type { ChildRequest } from '../contract/ports.ts';

/** The id of the message that is a try of a step: the same whenever it is asked for. */
export function childEvent({ session_id, attempt }: Pick<ChildRequest, 'session_id' | 'attempt'>): string {
  return `${session_id}.${attempt}`;
}

/** Did a session's parent give it the message? Then nobody accepted it, and nobody waits for its done mark. */
export function isChildEvent(session_id: string, event_id: string): boolean {
  return event_id.startsWith(`${session_id}.`);
}
