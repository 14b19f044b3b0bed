import { expect, test } from 'vitest';
import type { EntryEvent } from '../../contract/stream.ts';
import type { Output } from './io.ts';
import { transcript } from './transcript.ts';

const event = (seq: number, type: EntryEvent['type'], data: object): EntryEvent => ({
  schemaVersion: 'runtime.event.v1',
  id: `${seq}-0`,
  seq,
  at: 0,
  scope: { kind: 'session', id: 'one' },
  type,
  data,
});

const usage = { input: 3, output: 2, cached: 0, reasoning: 0 };
const EVENTS = [
  event(1, 'model.replied', {
    call_id: 'm1.1',
    model_served: 'demo',
    tool_calls: [],
    parts: [{ type: 'text', text: 'First.\n\nLast.' }],
    usage,
    duration_ms: 1,
  }),
  event(2, 'reply.made', { reply_id: 'r1', turn: 1, to: [], final: true, call_id: 'm1.1' }),
  event(3, 'turn.ended', { turn: 1, event_ids: [], reason: 'success', usage, model_calls: 1, tool_calls: 0 }),
];

async function show(output: Partial<Output>, limit?: number): Promise<string[]> {
  const terminal: Output = { write: () => {}, isTty: false, colour: false, columns: undefined, ...output };
  const blobs = { get: () => Promise.reject(new Error('no blob is needed')) };
  const lines: string[] = [];
  for await (const line of transcript(EVENTS, blobs, terminal, limit)) lines.push(line);
  return lines;
}

test('the last entries alone still say what they refer to', async () => {
  expect(await show({}, 2)).toEqual([
    '  reply    First.',
    '',
    '           Last.',
    '  ended    success: 1 model call, 0 tool calls, 5 tokens',
  ]);
});

test('colours are colours, not made visible', async () => {
  expect((await show({ colour: true }, 1)).join('')).not.toContain('\uFFFD');
});
