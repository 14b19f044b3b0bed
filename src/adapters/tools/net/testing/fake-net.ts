/** For tests: a net of names and addresses, whose places are servers on this machine's loopback. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Server as NetServer } from 'node:net';
import type { Network } from '../network.ts';

export interface FakeNet extends Network {
  /** What names mean: what is answered to the first question, the second and so on; then the last again. */
  names: Map<string, string[][]>;
  /** Names that were asked for, and addresses that were connected to. */
  asked: string[];
  connected: string[];
  /** Puts a server to an address and port. */
  serve(place: string, listener: RequestListener): Promise<Server>;
  serveSecured(place: string, tls: { key: string; cert: string }, listener: RequestListener): Promise<void>;
  /** Puts whatever listens to an address and port. */
  put(place: string, server: NetServer): Promise<void>;
  close(): void;
}

export function fakeNet(): FakeNet {
  const ports = new Map<string, number>();
  const servers: NetServer[] = [];
  const put: FakeNet['put'] = async (place, server) => {
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    ports.set(place, (server.address() as AddressInfo).port);
  };
  const net: FakeNet = {
    names: new Map(),
    asked: [],
    connected: [],
    resolve(name) {
      net.asked.push(name);
      const answers = net.names.get(name);
      if (answers === undefined) {
        return Promise.reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })); // prettier-ignore
      }
      return Promise.resolve(answers.length > 1 ? answers.shift()! : answers[0]!);
    },
    connect(address, port) {
      net.connected.push(`${address}:${port}`);
      // Nobody listens on port 1.
      return connect({ host: '127.0.0.1', port: ports.get(`${address}:${port}`) ?? 1 });
    },
    put,
    async serve(place, listener) {
      const server = createServer(listener);
      await put(place, server);
      return server;
    },
    serveSecured: (place, tls, listener) => put(place, createSecureServer(tls, listener)),
    close() {
      for (const server of servers) {
        if ('closeAllConnections' in server) (server as Server).closeAllConnections();
        server.close();
      }
    },
  };
  return net;
}
