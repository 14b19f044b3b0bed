/**
 * The floor of an accept, as a process of its own: a bare HTTP server that appends each body to a file, and answers when a
 * sync that all who wait share has made it durable. Its argument is the file; prints its URL.
 */
import { fdatasync, openSync, writeSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const fd = openSync(process.argv[2]!, 'a');
let waiting: { line: string; response: ServerResponse }[] = [];
let syncing = false;

function commit(): void {
  if (syncing || waiting.length === 0) return;
  const batch = waiting;
  waiting = [];
  syncing = true;
  writeSync(fd, batch.map(({ line }) => line).join(''));
  fdatasync(fd, (error) => {
    if (error) throw error;
    syncing = false;
    for (const { response } of batch) response.writeHead(202, { 'content-type': 'application/json' }).end('{}');
    commit();
  });
}

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
  request.on('end', () => {
    waiting.push({ line: `${JSON.stringify(JSON.parse(body))}\n`, response });
    setImmediate(commit);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
