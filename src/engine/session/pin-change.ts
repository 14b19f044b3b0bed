/** Whether a fact may be pinned, or taken back. */
import { RuntimeError } from '../../contract/errors.ts';
import type { SessionChange } from '../../contract/host.ts';
import { MOST_PIN_BYTES, MOST_PINS_BYTES, type Pin } from '../../kernel/context/pins.ts';

/** What is to be recorded; nothing where it holds already. @throws RuntimeError pins_full | not_found */
export function pinChange(
  session: string,
  pins: readonly Pin[] = [],
  { pin, unpin }: Pick<SessionChange, 'pin' | 'unpin'>,
): Pick<SessionChange, 'pin' | 'unpin'> {
  if (unpin !== undefined && !pins.some(({ id }) => id === unpin)) {
    const known = pins.map(({ id }) => id).join(', ');
    const next = known === '' ? 'Nothing is pinned in this session.' : `Pinned are: ${known}.`;
    throw new RuntimeError('not_found', `No fact ${unpin} is pinned.`, { next });
  }
  const isNew = pin !== undefined && !pins.some(({ text }) => text === pin);
  if (isNew)
    checkRoom(
      session,
      pins.filter(({ id }) => id !== unpin),
      pin,
    );
  return { ...(isNew && { pin }), ...(unpin !== undefined && { unpin }) };
}

function checkRoom(session: string, pins: readonly Pin[], pin: string): void {
  const bytes = Buffer.byteLength(pin);
  if (bytes > MOST_PIN_BYTES) {
    throw new RuntimeError('pins_full', `A pinned fact has at most ${MOST_PIN_BYTES} bytes; this one has ${bytes}.`, {
      next: 'Say it more briefly, or write it into AGENTS.md.',
    });
  }
  const used = pins.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (used + bytes > MOST_PINS_BYTES) {
    const room = `All pinned facts of a session have at most ${MOST_PINS_BYTES} bytes together`;
    throw new RuntimeError('pins_full', `${room}; ${used} are used, and this one has ${bytes}.`, {
      id: session,
    });
  }
}
