/** Answers a client who asks who listens here: by a name that only this process can take. See `adapters/control/listener.ts`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenerName, NONCE_HEADER } from '../../../adapters/control/listener.ts';
import { underName } from '../../../adapters/control/prove.ts';
import type { Clock } from '../../../base/clock.ts';
import { signFrame } from '../event-frames.ts';
import { invalid } from '../read-body.ts';

/** How long a client may look at the name. */
const LOOK_MS = 500;
const LONGEST_NONCE = 128;

/** `file`: of this socket. */
export async function answerIdentify(
  request: IncomingMessage,
  response: ServerResponse,
  { file, clock }: { file: string; clock: Clock },
): Promise<void> {
  const nonce = request.headers[NONCE_HEADER];
  if (typeof nonce !== 'string' || nonce.length > LONGEST_NONCE) throw invalid(`The request lacks a ${NONCE_HEADER}.`);
  request.resume();
  const left = new Promise<void>((resolve) => response.once('close', resolve));
  await underName(listenerName(nonce, file), async () => {
    if (response.destroyed) return;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(signFrame('attached', { pid: process.pid }));
    const looked = Promise.withResolvers<void>();
    const cancel = clock.at(clock.now() + LOOK_MS, looked.resolve);
    await Promise.race([left, looked.promise]);
    cancel();
  });
  response.end();
}
