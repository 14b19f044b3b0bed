/** A connection in memory that answers every request with the same bytes, cut where the test says. */
import http from 'node:http';
import { Duplex } from 'node:stream';
import type { Routes } from '../http/routes.ts';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n';

/** Each piece is read before the next one comes; then the connection ends. */
export function routesInPieces(pieces: readonly Uint8Array[], onRequest?: (request: string) => void): Routes {
  const agent = new http.Agent();
  agent.createConnection = () => connection(pieces, onRequest);
  return () => ({ request: http.request, agent });
}

function connection(pieces: readonly Uint8Array[], onRequest: (request: string) => void = () => undefined): Duplex {
  let asked = '';
  const duplex = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      const before = asked;
      asked += chunk.toString('latin1');
      done();
      if (isWhole(before) || !isWhole(asked)) return;
      onRequest(asked);
      void answer();
    },
  });
  const answer = async (): Promise<void> => {
    for (const piece of [Buffer.from(HEAD), ...pieces]) {
      duplex.push(piece);
      await new Promise(setImmediate);
    }
    duplex.push(null);
  };
  return duplex;
}

function isWhole(request: string): boolean {
  const [head = '', body] = request.split('\r\n\r\n', 2);
  const [, length] = /content-length: (\d+)/i.exec(head) ?? [];
  return body !== undefined && length !== undefined && request.length >= head.length + 4 + Number(length);
}
