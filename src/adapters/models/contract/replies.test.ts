/** What every model client makes of whole replies, whatever it speaks. */
import { describe, expect, test } from 'vitest';
import { askModel, modelRequest } from '../../../../test/support/model-request.ts';
import { playing, SERVICES } from '../testing/services.ts';

describe.each(SERVICES)('$name', (service) => {
  test('a text is streamed, and is the answer', async () => {
    const usage = { input: 9, output: 4, cached: 3, reasoning: 1 };
    const { client, mock } = await playing(service, [{ text: 'Hello, wörld 🙂!', chunks: 4, usage }]);
    const { answer, deltas } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({
      ok: true,
      parts: [{ type: 'text', text: 'Hello, wörld 🙂!' }],
      tool_calls: [],
      stop_reason: 'end',
      usage,
      model_served: 'mock-2026',
      provider_request_id: service.provider === 'gemini' ? 'resp_mock' : 'req_mock',
      wire_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(deltas.map(({ kind, text }) => `${kind}:${text}`)).toEqual(
      ['Hell', 'o, w', 'örld', ' 🙂!'].map((text) => `text:${text}`),
    );
    expect(mock.requests).toHaveLength(1);
  });

  test('H-89 calls side by side come in order, with their arguments as the model wrote them, JSON or not', async () => {
    const calls = [
      { id: 'call_x', name: 'read_file', arguments: '{"path": "a"}' },
      { id: 'call_y', name: 'read_file', arguments: '{"path": ' },
      { id: 'call_z', name: 'no_such_tool', arguments: '{}' },
    ];
    const { client } = await playing(service, [{ text: 'Looking.', calls, chunks: 3 }]);
    const { answer, deltas } = await askModel(client, modelRequest());
    const parts = [{ type: 'text', text: 'Looking.' }];
    expect(answer).toMatchObject({ ok: true, parts, stop_reason: 'tool_calls' });
    const got = answer.ok ? answer.tool_calls : [];
    const written = service.rawArguments ? calls.map((call) => call.arguments) : ['{"path":"a"}', '{}', '{}'];
    expect(got.map(({ name }) => name)).toEqual(calls.map(({ name }) => name));
    expect(got.map(({ arguments_raw }) => arguments_raw)).toEqual(written);
    expect(got.map(({ provider_id }) => provider_id)).toEqual(['call_x', 'call_y', 'call_z']);
    const streamed = deltas.filter(({ kind }) => kind === 'arguments').map(({ text }) => text).join(''); // prettier-ignore
    expect(streamed).toBe(written.join(''));
  });

  test('ids of calls are made up where they are missing or there twice', async () => {
    const calls = [
      { id: 'same', name: 'a', arguments: {} },
      { id: 'same', name: 'b', arguments: {} },
      { id: null, name: 'c', arguments: {} },
    ];
    const { ask } = await playing(service, [{ calls }]);
    const answer = await ask();
    expect(answer.ok && answer.tool_calls.map(({ provider_id }) => provider_id)).toEqual(['same', 'call_2', 'call_3']);
  });

  test('a call by no name is a call, which the kernel refuses', async () => {
    const { ask } = await playing(service, [{ calls: [{ id: 'a', name: '', arguments: {} }] }]);
    expect(await ask()).toMatchObject({ ok: true, tool_calls: [{ name: '' }] });
  });

  test.each(['length', 'refused'] as const)('a reply that ended by %s says so', async (stop) => {
    const { ask } = await playing(service, [{ text: 'So far', stop }]);
    expect(await ask()).toMatchObject({ ok: true, stop_reason: stop, parts: [{ type: 'text', text: 'So far' }] });
  });

  test('a refusal is text, and said to be one', async () => {
    const { ask } = await playing(service, [{ refusal: 'I must not.' }]);
    const parts = [{ type: 'text', text: 'I must not.' }];
    expect(await ask()).toMatchObject({ ok: true, stop_reason: 'refused', parts });
  });

  test('an empty reply is one', async () => {
    const { ask } = await playing(service, [{ text: '' }]);
    expect(await ask()).toMatchObject({ ok: true, parts: [], tool_calls: [], stop_reason: 'end' });
  });

  test('reasoning is streamed as such, and a part of its own', async () => {
    const { client } = await playing(service, [{ reasoning: 'mull it over', text: 'Yes.', chunks: 3 }]);
    const { answer, deltas } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({ ok: true, parts: [{ type: 'reasoning', text: 'mull it over' }, { text: 'Yes.' }] });
    const reasoning = answer.ok && answer.parts[0]?.type === 'reasoning' ? answer.parts[0] : undefined;
    expect(reasoning?.opaque !== undefined).toBe(service.seals);
    expect(deltas.filter(({ kind }) => kind === 'reasoning').map(({ text }) => text).join('')).toBe('mull it over');
  }); // prettier-ignore

  test('usage that isn’t reported is estimated', async () => {
    const { ask } = await playing(service, [{ text: 'x'.repeat(40), usage: null }]);
    const answer = await ask(modelRequest({ instructions: 'y'.repeat(395) }));
    expect(answer).toMatchObject({ ok: true, usage: { input: 100, output: 10, cached: 0, reasoning: 0 } });
  });

  test('and letters that few tokens hold count as more of them', async () => {
    const { ask } = await playing(service, [{ text: '好'.repeat(40), usage: null }]);
    const answer = await ask(modelRequest({ instructions: '好'.repeat(400) }));
    expect(answer).toMatchObject({ ok: true, usage: { output: 30 } });
    expect(answer.ok && answer.usage.input).toBeGreaterThanOrEqual(300);
  });

  test('usage that can not be is estimated: neither is a reply free, nor does a sum of it grow beyond what can be written', async () => {
    const { ask } = await playing(service, [
      { text: 'x'.repeat(40), usage: { input: 0, output: -5 } },
      { text: 'x', usage: { input: 1e300, output: Number.MAX_SAFE_INTEGER, cached: 1e300 } },
    ]);
    const request = modelRequest({ instructions: 'y'.repeat(395) });
    expect(await ask(request)).toMatchObject({ usage: { input: 100, output: 10 } });
    const answer = await ask(request);
    const sum = answer.ok ? Object.values(answer.usage).reduce((all, one) => all + one) : 0;
    expect(Number.isSafeInteger(sum * 1000)).toBe(true);
  });

  test('ids that are made up are nobody else’s', async () => {
    const calls = [
      { id: 'call_2', name: 'a', arguments: {} },
      { id: null, name: 'b', arguments: {} },
      { id: 'call_3', name: 'c', arguments: {} },
    ];
    const { ask } = await playing(service, [{ calls }]);
    const answer = await ask();
    const ids = answer.ok ? answer.tool_calls.map(({ provider_id }) => provider_id) : [];
    expect(new Set(ids).size).toBe(3);
  });

  test('a lone surrogate does not get further', async () => {
    const { ask } = await playing(service, [{ text: 'a\ud800b' }]);
    expect(await ask()).toMatchObject({ ok: true, parts: [{ text: 'a\ufffdb' }] });
  });

  test('events of unknown kinds are passed over', async () => {
    const { ask } = await playing(service, [{ text: 'yes', extraEvents: [{ type: 'response.new_thing', x: 1 }] }]);
    expect(await ask()).toMatchObject({ ok: true, parts: [{ text: 'yes' }] });
  });

  test('empty deltas are none', async () => {
    const events = service.events({ text: 'ab', chunks: 2 });
    const raw = events.toSpliced(service.before + 1, 0, service.piece(''), service.piece('')).join('');
    const { client } = await playing(service, [{ raw }]);
    const { answer, deltas } = await askModel(client, modelRequest());
    expect(answer).toMatchObject({ ok: true, parts: [{ text: 'ab' }] });
    expect(deltas.map(({ text }) => text)).toEqual(['a', 'b']);
  });

  test('a connection that stays open after the reply holds nobody up', async () => {
    const { mock, ask } = await playing(service, [{ text: 'done', linger: true }]);
    expect(await ask()).toMatchObject({ ok: true, parts: [{ text: 'done' }] });
    expect(await mock.requests[0]!.over).toBe('gone');
  });

  test('the digest of the wire is that of the bytes', async () => {
    const same = { text: 'same', usage: { input: 1, output: 1 } };
    const { ask } = await playing(service, [same, same, { ...same, text: 'other' }]);
    const hashes = [await ask(), await ask(), await ask()].map((answer) => answer.ok && answer.wire_hash);
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
  });

  test('connections are kept, and a compressed reply is read', async () => {
    const { mock, ask } = await playing(service, [{ text: 'a' }, { text: 'b', gzip: true }, { text: 'c' }]);
    for (const text of ['a', 'b', 'c']) expect(await ask()).toMatchObject({ ok: true, parts: [{ text }] });
    expect(mock.requests.map(({ connection }) => connection)).toEqual([1, 1, 1]);
  });
});
