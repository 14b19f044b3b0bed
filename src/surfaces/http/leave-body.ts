import type { IncomingMessage } from 'node:http';

const LINGER_MS = 2000;

/**
 * Before the answer to a request whose body isn't wanted: what is on its way goes nowhere. Gives the headers that the answer
 * needs, since the connection can't be used again.
 */
export function leaveBody(request: IncomingMessage): { connection?: 'close' } {
  if (request.complete) return {};
  request.resume();
  const { socket } = request;
  // Closed with something unread in it a connection is reset, and the client may never see the answer: it gets the end of
  // ours, and a moment for its own.
  socket.destroySoon = (): void => {
    socket.end();
    socket.setTimeout(LINGER_MS, () => socket.destroy());
  };
  return { connection: 'close' };
}
