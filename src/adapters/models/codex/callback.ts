/** Where the browser brings a login back to: an address on this machine (RFC 8252), for as long as the login takes. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { RuntimeError } from '../../../contract/errors.ts';

/** What the issuer sent the browser back with: a code, or why there is none. */
export type CallbackResult = { ok: true; code: string } | { ok: false; error: string };

export interface Callback {
  /** Never rejects; stays open when nobody comes. */
  result: Promise<CallbackResult>;
  close(): void;
}

/** What an address says that the browser was sent to; a text: what is wrong with it. */
export function readCallback(query: URLSearchParams, state: string): CallbackResult | string {
  const given = query.get('state');
  const error = query.get('error');
  // Who denies may leave the state out. Otherwise it must be ours: any page can send a browser here.
  if (given !== state && !(error !== null && given === null)) return 'State mismatch';
  if (error !== null) return { ok: false, error: /^[\w.-]{1,64}$/.test(error) ? error : 'refused' };
  const code = query.get('code');
  return code ? { ok: true, code } : 'Missing code';
}

/** Listens at the address, which is on this machine. @throws RuntimeError port_taken */
export async function listenForCallback(redirect_uri: string, state: string): Promise<Callback> {
  const { hostname, port, pathname } = new URL(redirect_uri);
  const { promise: result, resolve } = Promise.withResolvers<CallbackResult>();
  const answer = (target: string, method: string, response: ServerResponse): void => {
    const url = URL.parse(target, redirect_uri);
    if (method !== 'GET' || url?.pathname !== pathname) return page(response, 404, 'There is nothing here.');
    const read = readCallback(url.searchParams, state);
    if (typeof read === 'string') return page(response, 400, `${read}.`);
    const said = read.ok ? 'The login has reached runtime.' : `The login was refused: ${read.error}.`;
    page(response, read.ok ? 200 : 403, `${said} You can close this page.`);
    resolve(read);
  };
  const servers = await listenOn(hostname, Number(port), answer);
  return {
    result,
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

/** Browsers try `localhost` by IPv6 first: both are listened on, where there are both. */
async function listenOn(
  hostname: string,
  port: number,
  answer: (target: string, method: string, response: ServerResponse) => void,
): Promise<Server[]> {
  const addresses = hostname === 'localhost' ? ['127.0.0.1', '::1'] : [hostname.replace(/^\[|\]$/g, '')];
  const servers: Server[] = [];
  for (const address of addresses) {
    const server = createServer(({ url = '/', method = '' }, response) => answer(url, method, response));
    const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(port, address, () => resolve(undefined));
    });
    if (failure === undefined) servers.push(server);
    else if (failure.code === 'EADDRINUSE' || servers.length === 0) {
      for (const one of servers) one.close();
      throw portTaken(port, failure);
    }
  }
  return servers;
}

function portTaken(port: number, cause: NodeJS.ErrnoException): RuntimeError {
  const message =
    cause.code === 'EADDRINUSE'
      ? `Port ${port} is taken, and the browser must bring the login there.`
      : `Port ${port} can't be listened on: ${cause.message}.`;
  return new RuntimeError('port_taken', message, {
    next: 'End what listens there (another login?), or log in with `runtime provider login openai-codex --device`.',
    cause,
  });
}

/** `text` holds nothing of what came but an error's code. */
function page(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  response.end(`<!doctype html><meta charset="utf-8"><title>runtime</title><p>${text}</p>\n`);
}
