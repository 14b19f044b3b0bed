import { RuntimeError } from '../contract/errors.ts';
import { SESSION_ID } from '../contract/session-id.ts';

/** @throws RuntimeError invalid_id */
export function checkSessionId(id: string): void {
  if (SESSION_ID.test(id)) return;
  throw new RuntimeError('invalid_id', `${JSON.stringify(id.slice(0, 200))} is no session id.`);
}
