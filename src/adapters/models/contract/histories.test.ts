/** Whatever a history holds, every service takes it: the mocks refuse what the real ones would. */
import { describe, expect, test } from 'vitest';
import { called, modelRequest, said } from '../../../../test/support/model-request.ts';
import type { Message, ModelAnswer, ModelRequest } from '../../../contract/messages.ts';
import { playing, type Service, serviceNamed, SERVICES } from '../testing/services.ts';

const TOOLS: ModelRequest['tools'] = [
  { name: 'read_file', description: 'Reads.', parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] } },
  { name: 'time', description: 'Tells.', parameters: { type: 'object', properties: {} } },
]; // prettier-ignore

const note = (text: string): Message => ({ role: 'note', text });
const answered = (text: string): Message => ({
  role: 'assistant',
  parts: [{ type: 'text', text }],
  tool_calls: [],
});
const silent: Message = { role: 'assistant', parts: [], tool_calls: [] };
const alien: Message = {
  role: 'assistant',
  parts: [{ type: 'reasoning', text: 'hm', opaque: '{"x":1}', provider: 'elsewhere' }],
  tool_calls: [],
};
const PNG = { type: 'image', base64: 'AAAA', media_type: 'image/png' } as const;

const HISTORIES: Record<string, Message[]> = {
  'one message': [said('hello')],
  'a message without text': [said('')],
  'blank messages between': [said('a'), answered('b'), said('  \n'), said('c')],
  'two messages in a row': [said('one'), said('two')],
  'a note before all': [note('You are in a hurry.'), said('hello')],
  'a note alone': [note('Look after things.')],
  'an answer before all': [answered('Hi.'), said('hello')],
  'an answer after all': [said('hello'), answered('Half an ans')],
  'an empty answer': [said('hello'), silent],
  'an empty answer between': [said('hello'), silent, said('again?'), answered('yes'), said('so')],
  'reasoning of others, alone': [said('hello'), alien, said('go on')],
  'a call and its result': [said('x'), ...called('read_file', { path: 'a' }, 'A')],
  'a result without text': [said('x'), ...called('read_file', { path: 'a' }, '')],
  'a note after a result': [said('x'), ...called('time', {}, 'noon'), note('One call left.')],
  'a message and a note after a result': [said('x'), ...called('time', {}, 'noon'), said('quick!'), note('One left.')],
  'arguments that are no JSON': [said('x'), ...called('read_file', '{"path":', 'not JSON')],
  'arguments that are no object': [said('x'), ...called('read_file', '[1]', 'no'), ...called('time', '', 'no', 'c2')],
  'a call by no name': [said('x'), ...called('', {}, 'no such tool')],
  'a call by a name that no tool has': [said('x'), ...called('no such tool!', {}, 'no such tool')],
  'ids that come again': [said('x'), ...called('time', {}, '1', 'call_1'), ...called('time', {}, '2', 'call_1')],
  'ids of another kind': [
    said('x'),
    ...called('time', {}, '1', 'fc:1/2.3'),
    ...called('time', {}, '2', 'ü'.repeat(50)),
  ],
  'an image and files': [
    {
      role: 'user',
      parts: [
        { type: 'text', text: 'See' },
        PNG,
        { type: 'file', base64: 'BBBB', media_type: 'application/pdf', name: 'b.pdf' },
        { type: 'file', base64: 'Q0ND', media_type: 'text/plain', name: 'c.txt' },
        { type: 'file', base64: 'DDDD', media_type: 'application/zip', name: 'd.zip' },
      ],
    },
  ],
  'an image alone': [{ role: 'user', parts: [PNG] }],
  'calls side by side, results in another order': [
    said('x'),
    {
      role: 'assistant',
      parts: [{ type: 'text', text: 'Reading.' }],
      tool_calls: [
        { call_id: 'c1.1.1', provider_id: 'a', name: 'time', arguments_raw: '{}' },
        { call_id: 'c1.1.2', provider_id: 'b', name: 'read_file', arguments_raw: '{"path":"a"}' },
      ],
    },
    { role: 'tool', call_id: 'c1.1.2', provider_id: 'b', name: 'read_file', output: 'A' },
    { role: 'tool', call_id: 'c1.1.1', provider_id: 'a', name: 'time', output: 'noon' },
  ],
};

describe.each(SERVICES)('$name', (service) => {
  test.each(Object.entries(HISTORIES))('H-86 H-87 %s', async (_name, messages) => {
    const { ask } = await playing(service, [{ text: 'Fine.' }]);
    expect(await ask(modelRequest({ tools: TOOLS, messages: [...messages] }))).toMatchObject({
      ok: true,
      parts: [{ text: 'Fine.' }],
    });
    const { ask: bare } = await playing(service, [{ text: 'Fine.' }]);
    expect(await bare(modelRequest({ instructions: '', messages }))).toMatchObject({ ok: true });
  });

  test('turns with tools: what the service said goes back to it, sealed reasoning too', async () => {
    const { mock, ask } = await playing(service, [
      { reasoning: 'first', text: 'Looking.', calls: [{ id: 'x1', name: 'read_file', arguments: { path: 'a' } }, { id: 'x2', name: 'time', arguments: {} }] },
      { reasoning: 'second', calls: [{ id: 'x3', name: 'time', arguments: {} }] },
      { reasoning: 'third', text: 'Done.' },
      { text: 'Bye.' },
    ]); // prettier-ignore
    const messages: Message[] = [said('x')];
    for (let round = 1; round <= 4; round++) {
      const answer = await ask(modelRequest({ model: 'gemini-3.8-flash', tools: TOOLS, messages: [...messages] }));
      expect(answer, `round ${round}`).toMatchObject({ ok: true });
      messages.push(...replied(answer, round));
      if (round > 2) messages.push(said('And?'));
    }
    const sent = JSON.stringify(mock.requests.at(-1)!.body);
    for (const id of ['x1', 'x2', 'x3']) expect(sent.split(`"${id}"`).length, id).toBe(3);
    // All that was sealed came back: the mocks refuse what isn't as it was.
    expect(sent.split('"sealed"').length - 1).toBe(service.seals ? 3 : 0);
    expect(sent.includes('first')).toBe(service.wire === 'responses' || service.provider === 'anthropic');
  });

  test('the prefix of a conversation stays the same, byte for byte', async () => {
    const { mock, ask } = await playing(service, [{}, {}, {}]);
    const messages: Message[] = [said('x')];
    const turns = [called('time', {}, 'noon'), [note('n'), answered('It is noon.'), said('thanks')]];
    for (const more of [[], ...turns]) {
      messages.push(...more);
      await ask(modelRequest({ tools: TOOLS, messages: [...messages] }));
    }
    const [one, two, three] = mock.requests.map(({ body }) => historyOf(body));
    for (const [before, after] of [[one, two], [two, three]] as const) {
      // The note joins the results before it; all else is the beginning of what follows.
      const same = before!.slice(0, before!.length - 1);
      expect(after!.slice(0, same.length)).toEqual(same);
      expect(after!.length).toBeGreaterThan(before!.length);
    }
  }); // prettier-ignore
});

/** The messages that an answer and the results of its calls become. */
function replied(answer: ModelAnswer, round: number): Message[] {
  if (!answer.ok) return [];
  const tool_calls = answer.tool_calls.map((call, index) => ({ call_id: `c1.${round}.${index + 1}`, ...call }));
  return [
    { role: 'assistant', parts: answer.parts, tool_calls },
    ...tool_calls.map(({ call_id, provider_id, name }): Message => ({
      role: 'tool',
      call_id,
      provider_id,
      name,
      output: `result of ${call_id}`,
    })),
  ];
}

/** The list of messages, without the marks for caches, which no cache counts. */
function historyOf(body: unknown): string[] {
  const { messages, input, contents } = body as { messages?: object[]; input?: object[]; contents?: object[] };
  return (messages ?? input ?? contents ?? []).map((one) =>
    JSON.stringify(one).replaceAll(',"cache_control":{"type":"ephemeral"}', ''),
  );
}

const PAIRS = SERVICES.flatMap((one) => SERVICES.filter((other) => other !== one).map((other) => ({ one, other })));

test.each(PAIRS.map(({ one, other }) => [one.name, other.name]))(
  'a session begun with %s goes on with %s, and back',
  async (first, second) => {
    const services = [first, second].map(serviceNamed) as [Service, Service];
    const played = await Promise.all(
      services.map((service) =>
        playing(service, [
          { reasoning: 'thought', text: 'Look.', calls: [{ id: 'call_a.1', name: 'time', arguments: {} }, { id: null, name: 'time', arguments: {} }] },
          { reasoning: 'again', calls: [{ id: 'call_b', name: 'read_file', arguments: { path: 'x' } }] },
          { text: 'Well.' },
        ]),
      ),
    ); // prettier-ignore
    const messages: Message[] = [said('Begin.')];
    for (let round = 1; round <= 6; round++) {
      const { ask } = played[round % 2 === 1 ? 0 : 1]!;
      const answer = await ask(modelRequest({ model: 'gemini-3.8-flash', tools: TOOLS, messages: [...messages] }));
      expect(answer, `round ${round}`).toMatchObject({ ok: true });
      messages.push(...replied(answer, round));
      if (round > 4) messages.push(said('Go on.'));
    }
  },
);

describe('reasoning', () => {
  test('that nobody may read comes back to Anthropic', async () => {
    const { mock, ask } = await playing(serviceNamed('anthropic'), [
      { redacted: 'redacted', text: 'Yes.', calls: [{ id: 'a', name: 'time', arguments: {} }] },
      { text: 'Done.' },
    ]);
    const messages: Message[] = [said('x')];
    messages.push(...replied(await ask(modelRequest({ tools: TOOLS, messages: [...messages] })), 1));
    expect(await ask(modelRequest({ tools: TOOLS, messages: [...messages] }))).toMatchObject({ ok: true });
    expect(JSON.stringify(mock.requests[1]!.body)).toContain('{"type":"redacted_thinking","data":"redacted"}');
  });

  test('of another service is never sent', async () => {
    for (const service of SERVICES) {
      const { mock, ask } = await playing(service, [{}]);
      await ask(modelRequest({ messages: [said('x'), alien, answered('y'), said('z')] }));
      expect(JSON.stringify(mock.requests[0]!.body)).not.toMatch(/hm|elsewhere|\\"x\\":1/);
    }
  });
});
