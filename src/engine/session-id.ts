import { RuntimeError } from '../contract/errors.ts';

/** A session id as people and callers may choose it. It never becomes a path unchecked: see the store. */
const SESSION_ID = /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/;

/** @throws RuntimeError invalid_id */
export function checkSessionId(id: string): void {
  if (SESSION_ID.test(id)) return;
  throw new RuntimeError('invalid_id', `${JSON.stringify(id.slice(0, 200))} is no session id.`);
}
