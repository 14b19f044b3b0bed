/** How a turn is told as server-sent events, and who does: one reader, at its own pace. */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../../base/clock.ts';
import type { EventStatus } from '../../../contract/host.ts';
import { openSink } from '../event-sink.ts';
import { STREAM_LIMITS } from '../event-streams.ts';
import { type Failure, failureOf } from './errors.ts';
import type { TurnEvent } from './turn-watch.ts';

/** Each gives the bytes of the stream for what happened; '' for nothing. */
export interface TurnFormat {
  begin(): string;
  text(text: string): string;
  endPiece(text: string, end: 'commentary' | 'answer' | 'broken'): string;
  /** `notice`: what is said of a turn that waits. */
  end(status: EventStatus | undefined, notice: string | undefined): string;
  fail(failure: Failure): string;
}

/** Tells the events until the last one, or until the reader has left. */
export async function tellTurn(
  response: ServerResponse,
  clock: Clock,
  events: AsyncGenerator<TurnEvent>,
  format: TurnFormat,
  noticeOf: (status: EventStatus | undefined) => Promise<string | undefined>,
): Promise<void> {
  const sink = openSink(response, clock, STREAM_LIMITS, () => {});
  const framesOf = async (event: TurnEvent): Promise<string> => {
    switch (event.kind) {
      case 'text':
        return format.text(event.text);
      case 'piece':
        return format.endPiece(event.text, event.end);
      case 'settled':
        return format.end(event.status, await noticeOf(event.status));
    }
  };
  try {
    let room = await sink.write(Buffer.from(format.begin()));
    for await (const event of events) {
      const frames = await framesOf(event);
      if (room && frames !== '') room = await sink.write(Buffer.from(frames));
      if (!room) break;
    }
    sink.end();
  } catch (error) {
    sink.end(Buffer.from(format.fail(failureOf(error))));
  }
}
