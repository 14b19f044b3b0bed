import { expect, test } from 'vitest';
import { askModel, modelRequest, said } from '../../../test/support/model-request.ts';
import type { Message, ModelReply } from '../../contract/messages.ts';
import { createReplayClient } from './replay.ts';

const reply = (text: string): ModelReply => ({
  ok: true,
  parts: [{ type: 'text', text }],
  tool_calls: [],
  stop_reason: 'end',
  usage: { input: 1, output: 1, cached: 0, reasoning: 0 },
  model_served: 'm',
  wire_hash: '00',
});
const spoke: Message = { role: 'assistant', parts: [], tool_calls: [] };

test('the n-th answer of a history is the n-th that was recorded, whoever asks', async () => {
  const client = createReplayClient('nightly', [reply('one'), reply('two')]);
  const ask = async (messages: Message[]) => (await askModel(client, modelRequest({ messages }))).answer;
  expect(await ask([said('a')])).toEqual(reply('one'));
  expect(await ask([said('a')])).toEqual(reply('one'));
  expect(await ask([said('a'), spoke, said('b')])).toEqual(reply('two'));
  expect(await ask([said('a'), spoke, said('b'), spoke, said('c')])).toEqual({
    ok: false,
    class: 'invalid_request',
    code: 'nothing_recorded',
    message: 'nightly has 2 recorded replies, and this request wants number 3.',
  });
});
