/** How every model client reads what comes in pieces, late, broken off, or without an end. */
import { describe, expect, test } from 'vitest';
import { askModel, modelRequest } from '../../../../test/support/model-request.ts';
import { systemClock } from '../../../base/clock.ts';
import type { ModelAnswer } from '../../../contract/messages.ts';
import type { ModelClient } from '../../../contract/ports.ts';
import { createAnthropicClient } from '../anthropic/client.ts';
import { createGeminiClient } from '../gemini/client.ts';
import { createOpenaiClient } from '../openai/client.ts';
import { routesInPieces } from '../testing/in-pieces.ts';
import { KEY, playing, type Service, SERVICES } from '../testing/services.ts';

const CREATE = { anthropic: createAnthropicClient, gemini: createGeminiClient, openai: createOpenaiClient };

function reading({ provider, wire }: Service, pieces: Uint8Array[]): ModelClient {
  const create = provider in CREATE ? CREATE[provider as keyof typeof CREATE] : createOpenaiClient;
  const settings = { name: 'm', provider, base_url: 'http://in.memory/v1', api_key: KEY, ...(wire && { wire }) };
  return create(settings, { clock: systemClock, routes: routesInPieces(pieces) });
}

const REPLY = {
  text: 'wörld 🙂!',
  reasoning: 'hm',
  chunks: 3,
  calls: [
    { id: 'a', name: 'f', arguments: { ü: '😀' } },
    { id: 'b', name: 'g', arguments: {} },
  ],
};

function whole(answer: ModelAnswer): object {
  if (!answer.ok) return answer;
  const { parts, tool_calls, stop_reason, usage } = answer;
  return { parts, tool_calls, stop_reason, usage };
}

describe.each(SERVICES)('$name', (service) => {
  const ask = async (pieces: Uint8Array[]) => askModel(reading(service, pieces), modelRequest());

  test('H-90 a reply is the same wherever its bytes are cut in two', async () => {
    const bytes = Buffer.from(service.events(REPLY).join(''));
    const { answer, deltas } = await ask([bytes]);
    expect(answer).toMatchObject({ ok: true, tool_calls: [{ name: 'f' }, { name: 'g' }] });
    for (let at = 1; at < bytes.length; at++) {
      const cut = await ask([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(whole(cut.answer), `cut at ${at}`).toEqual(whole(answer));
      expect(cut.deltas, `cut at ${at}`).toEqual(deltas);
    }
  });

  test('K-21: a reply that drips byte by byte is whole, and each delta is told when its event is', async () => {
    const events = service.events(REPLY);
    const bytes = Buffer.from(events.join(''));
    const drips = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    const all = await ask([bytes]);
    const dripped = await ask(drips);
    expect(whole(dripped.answer)).toEqual(whole(all.answer));
    expect(dripped.deltas).toEqual(all.deltas);
  });

  test('H-90 cut after each event, a reply is never whole before its last', async () => {
    const events = service.events(REPLY);
    const needed = { anthropic: 1, openai: 1, zai: 2, ollama: 2, gemini: 0 }[service.provider]!;
    for (let at = 0; at < events.length; at++) {
      const { mock, ask: asked } = await playing(service, [{ ...REPLY, cutAfter: at }]);
      const answer = await asked();
      // What follows the end of the reply proper (usage, end marks) may be lost without harm.
      const isWhole = at >= events.length - needed && answer.ok;
      if (!isWhole) expect(answer, `cut after ${at}`).toMatchObject({ ok: false, class: 'network' });
      await mock.close();
    }
  });

  test('H-90 ended in order after each event but the last ones, it was cut, too', async () => {
    const events = service.events({ text: 'abcdef', chunks: 6 });
    for (let at = 0; at < service.before + 6; at++) {
      const { ask: asked } = await playing(service, [{ raw: events.slice(0, at).join('') }]);
      expect(await asked(), `ended after ${at}`).toMatchObject({ ok: false, class: 'network', code: 'stream_cut' });
    }
  });

  test('what had come is kept with the failure', async () => {
    const { ask: asked } = await playing(service, [{ text: 'abcdef', chunks: 6, cutAfter: service.before + 3, delayMs: 5 }]);
    expect(await asked()).toMatchObject({ ok: false, code: 'stream_cut', partial: 'abc' });
  }); // prettier-ignore

  test('an end in the middle of an event is a cut', async () => {
    const events = service.events({ text: 'abcdef', chunks: 6 }).slice(0, service.before + 3);
    const raw = events.join('').slice(0, -Math.ceil(events.at(-1)!.length / 2));
    const { ask: asked } = await playing(service, [{ raw }]);
    const answer = await asked();
    expect(answer).toMatchObject({ ok: false, partial: 'ab' });
    // Some SDKs read the half event.
    expect(['stream_cut', 'bad_event']).toContain(answer.ok || answer.code);
  });

  test('silence for longer than the request timeout is a failure', async () => {
    const timeout = { request_timeout_ms: 800 };
    const late = await playing(service, [{ text: 'abcdef', chunks: 6, hangAfter: service.before + 2 }], timeout);
    expect(await late.ask()).toMatchObject({ ok: false, class: 'timeout', code: 'idle_timeout', partial: 'ab' });
    const never = await playing(service, [{ hangHead: true }], timeout);
    expect(await never.ask()).toMatchObject({ ok: false, class: 'timeout', code: 'first_token_timeout' });
  });

  test('asked with an aborted signal it does nothing', async () => {
    const { mock, ask: asked } = await playing(service, [{ text: 'never' }]);
    expect(await asked(modelRequest(), AbortSignal.abort())).toMatchObject({ ok: false, class: 'aborted' });
    expect(mock.requests).toEqual([]);
  });

  test('an abort before the reply has begun ends it, and the connection', async () => {
    const { mock, ask: asked } = await playing(service, [{ hangHead: true }]);
    const controller = new AbortController();
    const answer = asked(modelRequest(), controller.signal);
    while (mock.requests.length === 0) await new Promise(setImmediate);
    controller.abort();
    expect(await answer).toMatchObject({ ok: false, class: 'aborted', code: 'aborted' });
    expect(await mock.requests[0]!.over).toBe('gone');
  });

  test('an abort at each delta ends it there, with what had come, and is never a whole reply', async () => {
    for (let at = 1; at <= 4; at++) {
      const { mock, client } = await playing(service, [{ text: 'abcdef', chunks: 6, hangAfter: service.before + 4 }]);
      const controller = new AbortController();
      let come = '';
      const answer = await client.ask(modelRequest(), {
        signal: controller.signal,
        onDelta: ({ text }) => {
          come += text;
          if (come.length === at) controller.abort();
        },
      });
      expect(answer).toMatchObject({ ok: false, class: 'aborted', code: 'aborted' });
      expect(answer.ok || answer.partial?.slice(0, at)).toBe('abcdef'.slice(0, at));
      expect(await mock.requests[0]!.over).toBe('gone');
    }
  });
});

describe.each(SERVICES)('$name: limits', (service) => {
  const before = service.events({ text: 'x' }).slice(0, service.before).join('');

  test('a reply of 50 MB is cut off while it comes', async () => {
    const { mock, ask } = await playing(service, [{ raw: before + service.piece('x'.repeat(64 * 1024)), repeat: 800 }]);
    const answer = await ask();
    expect(answer).toMatchObject({ ok: false, class: 'malformed', code: 'reply_too_large' });
    expect(answer.ok || answer.partial?.length).toBe(64 * 1024);
    expect(await mock.requests[0]!.over).toBe('gone');
    expect(mock.requests[0]!.sent).toBeLessThan(30_000_000);
  });

  test('K-30: a single event of 50 MB is cut off while it comes', async () => {
    const { mock, ask } = await playing(service, [{ raw: 'data: ' + 'x'.repeat(1024 * 1024), repeat: 50 }]);
    expect(await ask()).toMatchObject({ ok: false, class: 'malformed', code: 'reply_too_large' });
    expect(await mock.requests[0]!.over).toBe('gone');
    expect(mock.requests[0]!.sent).toBeLessThan(40_000_000);
  });

  test('1,000 calls are a reply, ten thousand are cut off at the first above that', async () => {
    const calls = Array.from({ length: 10_000 }, (_, index) => ({ id: `call_${index}`, name: 'time', arguments: {} }));
    const { ask } = await playing(service, [{ calls: calls.slice(0, 1000) }, { calls }]);
    const answer = await ask();
    expect(answer.ok && answer.tool_calls.length).toBe(1000);
    expect(await ask()).toMatchObject({ ok: false, class: 'malformed', code: 'too_many_calls' });
  });
});

test.each(SERVICES.filter(({ seals }) => seals))('$name: a seal counts as what it seals', async (service) => {
  const { ask } = await playing(service, [{ reasoning: 'so', seal: 's'.repeat(9 * 2 ** 20), text: 'Yes.' }]);
  expect(await ask()).toMatchObject({ ok: false, class: 'malformed', code: 'reply_too_large' });
});
