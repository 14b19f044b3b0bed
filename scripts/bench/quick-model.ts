/**
 * A model service that answers at once and keeps nothing, as a process of its own: prints its base URL. `POST /hang` lets
 * it answer nobody from then on.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { responsesEvents } from '../../test/support/mock-openai-events.ts';

const REPLY = responsesEvents({}, { text: 'Four.' }).join('');
let hangs = false;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.url === '/hang') hangs = true;
    if (hangs && request.url !== '/hang') return;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(REPLY);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`));
