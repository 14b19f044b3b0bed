/** The first words with an owner: who listens, who connects, the proofs of both, and the stream that stays open from then on. */
import type { AttachEvent, HelloAnswer, HelloBody } from '../../contract/api.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Loss } from '../../contract/host.ts';
import { identify } from './listener.ts';
import { underName } from './prove.ts';
import type { Requests } from './requests.ts';

export interface Attachment {
  /** Resolves when the owner has said that it leaves, or its end of the stream has closed. */
  lost: Promise<Loss>;
  detach(): void;
}

const HELLO_MS = 5000;

/**
 * `file`: of the socket; undefined where the listener can't be identified.
 * @throws RuntimeError version_mismatch | caller_is_tool | owner_silent | …; an error of the connection
 */
export async function attach(
  requests: Requests,
  me: HelloBody,
  { file, mayServe }: { file: string | undefined; mayServe: (pid: number) => void },
): Promise<Attachment> {
  const hello = await requests.ask<HelloAnswer>('POST', '/v1/hello', { body: me, withinMs: HELLO_MS });
  const { challenge, nonce } = hello!;
  // Before anything is proved to it: it could pass the proof on.
  if (file !== undefined) mayServe(await identify(requests, file));
  const prove = (): Promise<Attachment> => openStream(requests, challenge);
  return nonce === undefined ? prove() : underName(nonce, prove);
}

function openStream(requests: Requests, challenge: string): Promise<Attachment> {
  const lost = Promise.withResolvers<Loss>();
  return new Promise((resolve, reject) => {
    const stream = requests.stream(
      '/v1/prove',
      {
        onEvent({ event, data }) {
          switch (event as AttachEvent) {
            case 'attached':
              requests.setToken((JSON.parse(data) as { token: string }).token);
              resolve({ lost: lost.promise, detach: () => stream.close() });
              break;
            case 'lost':
              lost.resolve(JSON.parse(data) as Loss);
              break;
          }
        },
        onEnd(error) {
          lost.resolve({ handed_over: false });
          reject(error ?? new RuntimeError('owner_lost', 'The process that held the workspace ended.'));
        },
      },
      { method: 'POST', body: { challenge } },
    );
  });
}
