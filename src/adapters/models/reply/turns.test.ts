import { expect, test } from 'vitest';
import { called, said } from '../../../../test/support/model-request.ts';
import type { Message } from '../../../contract/messages.ts';
import { turnsOf } from './turns.ts';

const text = (value: string) => ({ type: 'text', text: value });

test('a call without a result says that it has none', () => {
  const [call] = called('time', {}, '', 'a');
  expect(turnsOf([said('x'), call!, said('and?')], 'me')[2]).toEqual({
    role: 'user',
    results: [{ id: 'a', name: 'time', output: 'There is no result of this call.' }],
    said: [text('and?')],
  });
});

test('a result that no call asked for is text', () => {
  const [, result] = called('time', {}, 'noon', 'a');
  const [call, own] = called('time', {}, 'one', 'b');
  const turns = turnsOf([said('x'), result!, call!, own!, result!], 'me');
  expect(turns[0]).toMatchObject({ said: [text('x'), text('Result of time: noon')] });
  expect(turns[2]).toMatchObject({ results: [{ id: 'b', output: 'one' }], said: [text('Result of time: noon')] });
});

test('reasoning is kept where it is this service’s and something goes with it', () => {
  const sealed = { type: 'reasoning', opaque: '1', provider: 'me' } as const;
  const alone: Message = { role: 'assistant', parts: [sealed], tool_calls: [] };
  const both: Message = { role: 'assistant', parts: [sealed, { type: 'text', text: 'y' }], tool_calls: [] };
  expect(turnsOf([said('x'), alone, both, said('z')], 'me')[1]).toMatchObject({ parts: [sealed, text('y')] });
  expect(turnsOf([said('x'), both, said('z')], 'other')[1]).toMatchObject({ parts: [text('y')] });
});

test('nothing at all is still a turn of the user', () => {
  expect(turnsOf([], 'me')).toEqual([{ role: 'user', results: [], said: [text('Go on.')] }]);
});
