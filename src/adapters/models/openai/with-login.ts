/** Requests by a login in place of a key: each is sent with what is good now, once more when the service refuses that. */
import type { Bearer, Bearers } from '../../../contract/login.ts';
import type { RequestInit, Transport } from '../http/transport.ts';
import { abortFault, ModelFault } from '../reply/fault.ts';

export interface LoginTransport {
  send: Transport;
  /** The token that was sent last: a service may repeat it in an error. */
  lastToken(): string | undefined;
}

/** How ChatGPT's own program calls itself: the service lets in none that it doesn't know. */
export const ORIGINATOR = 'codex_cli_rs';

const UNAUTHORIZED = 401;

/** `send` rejects with a ModelFault of the login's class where it gives nothing to send. */
export function withLogin(transport: Transport, login: Bearers): LoginTransport {
  let last: string | undefined;
  const bearerOf = async (signal: AbortSignal | null | undefined, refused?: string): Promise<Bearer> => {
    const answer = await unlessStopped(login.bearer(refused), signal);
    if (!answer.ok) throw new ModelFault(answer.class, answer.code, answer.message);
    last = answer.access_token;
    return answer;
  };
  return {
    lastToken: () => last,
    async send(url, init = {}) {
      const bearer = await bearerOf(init.signal);
      const reply = await transport(url, authorised(init, bearer));
      if (reply.status !== UNAUTHORIZED) return reply;
      await reply.text(); // so that its connection can be used again
      return transport(url, authorised(init, await bearerOf(init.signal, bearer.access_token)));
    },
  };
}

function authorised(init: RequestInit, { access_token, account_id }: Bearer): RequestInit {
  const own = [
    ['authorization', `Bearer ${access_token}`],
    ['originator', ORIGINATOR],
    ...(account_id === undefined ? [] : [['chatgpt-account-id', account_id]]),
  ] as [string, string][];
  return { ...init, headers: [...(init.headers ?? []), ...own] };
}

/** A renewal isn't cut by a stop: the token that it brings would be lost. It is only not waited for. */
function unlessStopped<T>(promise: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(abortFault());
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
