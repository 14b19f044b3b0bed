/** Lets a server listen on an address, and says in words why it can't. */
import type { Server } from 'node:http';
import * as net from 'node:net';
import { RuntimeError } from '../../../contract/errors.ts';

/** @throws RuntimeError port_taken | no_permission | usage */
export async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Looking an address up, Node compiles a pattern of all IPv6 addresses: 3 ms. Older ones don't know this class.
      if (net.isIPv4(host) && 'BoundSocket' in net) server.listen(new net.BoundSocket({ host, port }), resolve);
      else server.listen(port, host, resolve);
    });
  } catch (thrown) {
    throw listenError(thrown as NodeJS.ErrnoException, `${host}:${port}`);
  }
}

function listenError(cause: NodeJS.ErrnoException, where: string): RuntimeError {
  if (cause.code === 'EADDRINUSE') {
    return new RuntimeError('port_taken', `Another program listens on ${where}.`, { cause });
  }
  if (cause.code === 'EACCES') return new RuntimeError('no_permission', `${where} may not be listened on.`, { cause });
  return new RuntimeError('usage', `${where} can't be listened on: ${cause.message}.`, { cause });
}
