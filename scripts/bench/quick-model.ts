/**
 * A model service that keeps nothing, as a process of its own: prints its URL. It answers at once, or after so long (ms,
 * its argument). `POST /hang` lets it answer nobody from then on.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { responsesEvents } from '../../test/support/mock-openai-events.ts';

const REPLY = responsesEvents({}, { text: 'Four.' }).join('');
const delayMs = Number(process.argv[2] ?? 0);
let hangs = false;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.url === '/hang') hangs = true;
    if (hangs && request.url !== '/hang') return;
    const answer = (): void => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(REPLY);
    };
    if (delayMs === 0) answer();
    else void delay(delayMs).then(answer);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
