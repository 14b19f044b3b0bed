/**
 * The model of a load run. What it does is said by the message that it answers, so that every effect can be told from the
 * journals alone: `<marker> chat` is answered, `<marker> tool` runs a command that writes the marker to a file, `<marker>
 * patch` adds a file of that name, which needs an approval.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { responsesEvents } from '../../test/support/mock-openai-events.ts';
import type { MockReply } from '../../test/support/mock-reply.ts';

export interface LoadModel {
  url: string;
  close(): void;
}

interface Item {
  type?: string;
  role?: string;
  content?: string | { text?: string }[];
}

/** `slowMs`: a reply takes up to so long. */
export async function startModel(random: () => number, slowMs: number): Promise<LoadModel> {
  const server: Server = createServer((request, response) => {
    void (async () => {
      const body = JSON.parse(await text(request)) as { input: Item[] };
      await delay(random() * slowMs);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(responsesEvents(body, replyTo(body.input)).join(''));
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function replyTo(input: Item[]): MockReply {
  const asked = input.findLastIndex(({ role }) => role === 'user');
  const [marker = '', what] = textOf(input[asked]).split(/\s/);
  const called = input.slice(asked).some(({ type }) => type === 'function_call_output');
  if (called || what === 'chat') return { text: `done ${marker}` };
  if (what === 'tool') return { calls: [{ name: 'exec_command', arguments: { cmd: `echo ${marker} >>effects.log` } }] };
  const patch = `*** Begin Patch\n*** Add File: patched/${marker}\n+${marker}\n*** End Patch\n`;
  return { calls: [{ name: 'apply_patch', arguments: { patch } }] };
}

function textOf(item: Item | undefined): string {
  const { content = '' } = item ?? {};
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');
}
