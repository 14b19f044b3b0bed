/** One reader of a stream of server-sent events, as far as the connection goes. */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { HEARTBEAT } from './event-frames.ts';

export interface EventSink {
  /** Resolves when there is room for more. False: the reader is gone. */
  write(bytes: Buffer): Promise<boolean>;
  end(bytes?: Buffer): void;
  readonly gone: boolean;
}

export interface SinkLimits {
  heartbeatMs: number;
  /** A reader that takes nothing for so long is cut off; it may come back with its last id. */
  stallMs: number;
}

/** `onGone`: the reader has left, or was cut off. */
export function openSink(response: ServerResponse, clock: Clock, limits: SinkLimits, onGone: () => void): EventSink {
  let gone = false;
  let goOn: ((room: boolean) => void) | undefined;
  let cancelStall = (): void => {};
  let cancelBeat = (): void => {};

  const settle = (room: boolean): void => {
    cancelStall();
    const resolve = goOn;
    goOn = undefined;
    resolve?.(room);
  };
  const leave = (): void => {
    if (gone) return;
    gone = true;
    cancelBeat();
    settle(false);
    onGone();
  };
  const beat = (): void => {
    // What waits for room shows by itself that somebody is here.
    if (!goOn) response.write(HEARTBEAT);
    cancelBeat = clock.at(clock.now() + limits.heartbeatMs, beat);
  };

  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'close', // it ends with the stream
  });
  response.flushHeaders();
  response.on('drain', () => settle(true));
  response.on('close', leave);
  response.on('error', leave);
  cancelBeat = clock.at(clock.now() + limits.heartbeatMs, beat);
  // Who left before it was looked for isn't told of again.
  if (response.destroyed) leave();

  return {
    async write(bytes) {
      if (gone) return false;
      if (response.write(bytes)) return true;
      return new Promise((resolve) => {
        goOn = resolve;
        cancelStall = clock.at(clock.now() + limits.stallMs, () => response.destroy());
      });
    },
    end(bytes) {
      cancelBeat();
      if (!gone) response.end(bytes);
    },
    get gone() {
      return gone;
    },
  };
}
