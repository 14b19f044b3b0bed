/** Events as they stand in a stream of server-sent events, and what waits for a reader to take it. */
import type { StreamEvent } from '../../contract/stream.ts';

export interface Frame {
  bytes: Buffer;
  /** Of an entry. What has none may be left out when a reader is slow. */
  seq?: number;
}

/** Says something about the stream itself. */
export function signFrame(event: 'reset' | 'end' | 'handover' | 'attached' | 'lost', data: object = {}): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

export const HEARTBEAT = Buffer.from(':\n\n');

/** Gives each event its frame: one, however many readers there are, as long as the host tells them the same object. */
export function createFrames(): (event: StreamEvent) => Frame {
  const known = new WeakMap<StreamEvent, Frame>();
  return (event) => {
    const frame = known.get(event) ?? frameOf(event);
    known.set(event, frame);
    return frame;
  };
}

function frameOf(event: StreamEvent): Frame {
  const text = `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
  if (event.id === null) return { bytes: Buffer.from(text) };
  return { bytes: Buffer.from(`id: ${event.id}\n${text}`), seq: event.seq };
}

export interface QueueLimits {
  events: number;
  bytes: number;
}

export interface FrameQueue {
  /** False when it is too full even without what may be left out: then it holds no more. */
  push(frame: Frame): boolean;
  shift(): Frame | undefined;
}

export function createFrameQueue({ events, bytes }: QueueLimits): FrameQueue {
  let frames: Frame[] = [];
  let held = 0;
  let full = false;
  const tooMuch = (): boolean => frames.length > events || held > bytes;
  return {
    push(frame) {
      if (full) return false;
      frames.push(frame);
      held += frame.bytes.length;
      if (!tooMuch()) return true;
      frames = frames.filter(({ seq }) => seq !== undefined);
      held = frames.reduce((sum, one) => sum + one.bytes.length, 0);
      full = tooMuch();
      if (full) frames = [];
      return !full;
    },
    shift() {
      const frame = frames.shift();
      if (frame) held -= frame.bytes.length;
      return frame;
    },
  };
}
