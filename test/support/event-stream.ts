/** Reads server-sent events of a daemon, as a client does. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { StreamEvent } from '../../src/contract/stream.ts';
import type { Daemon } from './daemon.ts';
import { until as waitUntil } from './place.ts';

export interface EventReader {
  /** All that came, as it came. */
  messages: EventSourceMessage[];
  /** Resolves with the events so far, when so many of a type have come. */
  until(type: string, times?: number): Promise<StreamEvent[]>;
  close(): void;
}

export async function readEvents(
  daemon: Daemon,
  path: string,
  headers: Record<string, string> = {},
): Promise<EventReader> {
  const response = await daemon.ask('GET', path, undefined, headers);
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => void messages.push(message) });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const reading = (async () => {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) parser.feed(piece.value);
  })();
  reading.catch(() => {}); // the daemon may be killed
  return {
    messages,
    async until(type, times = 1) {
      const reached = (): boolean => messages.filter(({ event }) => event === type).length >= times;
      await waitUntil(`${times} × ${type}`, reached);
      return messages.map(({ data }) => JSON.parse(data) as StreamEvent);
    },
    close: () => void reader.cancel(),
  };
}
