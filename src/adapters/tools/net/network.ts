/** The net as `open` sees it. Tests stand in for it; nothing else makes a connection for a tool. */
import { lookup } from 'node:dns';
import { connect, type Socket } from 'node:net';

export interface Network {
  /** All addresses that a name has now. @throws with the system's code */
  resolve(name: string): Promise<string[]>;
  /** A connection in the making, to exactly this address. */
  connect(address: string, port: number): Socket;
  /** Certificates (PEM) that are trusted instead of the usual ones. */
  ca?: string;
}

export const systemNetwork: Network = {
  resolve: (name) =>
    new Promise((resolve, reject) => {
      lookup(name, { all: true }, (error, found) => (error ? reject(error) : resolve(found.map(({ address }) => address)))); // prettier-ignore
    }),
  connect: (host, port) => connect({ host, port }),
};
