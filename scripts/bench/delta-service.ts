/**
 * Every service at once, for the benchmark of deltas: the model's name says what comes. `many-N`: N deltas as fast as they
 * are taken. `paced-N`: N deltas, one each 2 ms, each the time at which it was sent (ms UTC, to parts of one).
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { anthropicEvents } from '../../test/support/mock-anthropic.ts';
import { geminiEvents } from '../../test/support/mock-gemini.ts';
import { chatEvents, responsesEvents } from '../../test/support/mock-openai-events.ts';
import type { MockReply } from '../../test/support/mock-reply.ts';

const MARK = '#';

function eventsOf(path: string, reply: MockReply): string[] {
  if (path.endsWith('/responses')) return responsesEvents({}, reply);
  if (path.endsWith('/completions')) return chatEvents({}, reply);
  return path.endsWith('/messages') ? anthropicEvents({}, reply) : geminiEvents(path, reply);
}

async function send(outgoing: ServerResponse, path: string, what: string): Promise<void> {
  const [kind, count] = what.split('-') as [string, string];
  // The marks: the text in one of the last events, which repeats it, is none that anyone looks at.
  const events = eventsOf(path, { text: MARK.repeat(Number(count)), chunks: Number(count) });
  outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
  if (kind === 'many') {
    const bytes = Buffer.from(events.join(''));
    for (let at = 0; at < bytes.length; at += 65_536) {
      if (!outgoing.write(bytes.subarray(at, at + 65_536))) await new Promise((resolve) => outgoing.once('drain', resolve));
    }
  } else {
    for (const event of events) {
      const isDelta = event.includes(`"${MARK}"`);
      outgoing.write(isDelta ? event.replace(`"${MARK}"`, `"${performance.timeOrigin + performance.now()}"`) : event);
      if (isDelta) await delay(2);
    }
  }
  outgoing.end();
} // prettier-ignore

const server = createServer((incoming, outgoing) => {
  void text(incoming).then((body) => {
    const path = incoming.url!.replace(/\?.*/, '');
    const [, named] = /models\/([^:]+):/.exec(path) ?? [];
    return send(outgoing, path, named ?? (JSON.parse(body) as { model: string }).model);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
