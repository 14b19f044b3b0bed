/** A terminal's input in a test's hands, and what was written while it was asked. */
import { EventEmitter } from 'node:events';
import { manualClock } from '../../../../engine/testing/world.ts';
import { createLineInput } from '../line-input.ts';

export function createTyping() {
  const clock = manualClock();
  let written = '';
  const modes: string[] = [];
  const stream = Object.assign(new EventEmitter(), {
    resume: () => modes.push('resume'),
    pause: () => modes.push('pause'),
    setRawMode: (raw: boolean) => modes.push(`raw ${raw}`),
  });
  const stdout = { write: (text: string) => void (written += text), isTty: true, colour: false, columns: 80 };
  const input = createLineInput(stream, stdout, clock);
  return {
    input,
    clock,
    stdout,
    modes,
    written: () => written,
    listeners: () => stream.listenerCount('data') + stream.listenerCount('end'),
    /** Each character is a key, read for itself. */
    type(text: string) {
      for (const key of text) stream.emit('data', Buffer.from(key));
    },
    send: (text: string) => stream.emit('data', Buffer.from(text)),
    end: () => stream.emit('end'),
  };
}
