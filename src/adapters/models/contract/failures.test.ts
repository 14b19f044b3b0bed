/** What every model client makes of failures, whatever it speaks. */
import { describe, expect, test } from 'vitest';
import type { MockReply } from '../../../../test/support/mock-reply.ts';
import { KEY, playing, SERVICES } from '../testing/services.ts';

/** What is wrong, in the words of each API. */
const KINDS = {
  key: { type: 'authentication_error', status: 'UNAUTHENTICATED', code: 'invalid_api_key' },
  rights: { type: 'permission_error', status: 'PERMISSION_DENIED', code: 'unsupported_country' },
  money: { type: 'billing_error', status: 'FAILED_PRECONDITION', code: 'insufficient_balance' },
  rate: { type: 'rate_limit_error', status: 'RESOURCE_EXHAUSTED', code: 'rate_limit_exceeded' },
  overload: { type: 'overloaded_error', status: 'UNAVAILABLE', code: 'server_is_overloaded' },
  broken: { type: 'api_error', status: 'INTERNAL', code: 'server_error' },
  model: { type: 'not_found_error', status: 'NOT_FOUND', code: 'model_not_found' },
  request: { type: 'invalid_request_error', status: 'INVALID_ARGUMENT', code: 'invalid_value' },
};

describe.each(SERVICES)('$name', (service) => {
  const failed = (status: number, kind: keyof typeof KINDS, message: string, headers = {}): MockReply => ({
    status,
    headers,
    body: service.failure(KINDS[kind], status, message),
  });

  test.each<{ what: string; reply: MockReply; is: object }>([
    { what: 'a wrong key', reply: failed(401, 'key', 'bad key'), is: { class: 'auth' } },
    { what: 'a key without the right', reply: failed(403, 'rights', 'not here'), is: { class: 'auth' } },
    { what: 'no money left', reply: failed(402, 'money', 'pay first'), is: { class: 'auth' } },
    { what: 'a moderation', reply: failed(403, 'rights', 'The input was flagged by moderation'), is: { class: 'refused' } },
    { what: 'a rate limit', reply: failed(429, 'rate', 'slow down', { 'retry-after': '7' }), is: { class: 'rate_limit', retry_after_ms: 7000 } },
    { what: 'a rate limit in words', reply: failed(429, 'rate', 'Please try again in 1.5s.'), is: { class: 'rate_limit', retry_after_ms: 1500 } },
    { what: 'an overload', reply: failed(529, 'overload', 'Overloaded'), is: { class: 'overload' } },
    { what: 'an overload that says how long', reply: failed(503, 'overload', 'busy', { 'retry-after': '3' }), is: { class: 'overload', retry_after_ms: 3000 } },
    { what: 'an error of the service', reply: failed(500, 'broken', 'sorry'), is: { class: 'overload' } },
    { what: 'a gateway’s page', reply: { status: 502, body: '<html>\n<b>bad</b>' }, is: { class: 'overload', code: 'http_502', message: expect.stringContaining('answered 502: <html> <b>bad</b>') } },
    { what: 'a context too long', reply: failed(400, 'request', 'prompt is too long: 210000 tokens > 200000 maximum'), is: { class: 'context_too_long' } },
    { what: 'a body too large', reply: failed(413, 'request', 'Request exceeds the maximum size'), is: { class: 'context_too_long' } },
    { what: 'a bad request', reply: failed(400, 'request', 'bad field'), is: { class: 'invalid_request' } },
    { what: 'an unknown model', reply: failed(404, 'model', 'no such model'), is: { class: 'invalid_request' } },
    { what: 'a redirect', reply: { status: 307, headers: { location: 'https://else.example/v1?key=1' } }, is: { class: 'invalid_request', code: 'redirected', message: expect.stringContaining('to https://else.example/v1, and redirects are not followed') } },
    { what: 'a page instead of events', reply: { raw: '<html>Please log in</html>' }, is: { class: 'malformed', code: 'not_a_stream', message: expect.stringContaining('Please log in') } },
    { what: 'nothing', reply: { raw: '' }, is: { class: 'network', code: 'stream_cut' } },
    { what: 'no head', reply: { cutHead: true }, is: { class: 'network', code: 'connection_lost' } },
  ])('$what', async ({ reply, is }) => {
    const { mock, ask } = await playing(service, [reply]);
    expect(await ask()).toMatchObject({ ok: false, ...is });
    expect(mock.requests).toHaveLength(1); // attempts are the kernel's
  }); // prettier-ignore

  test('an error among the events, with what had come', async () => {
    const events = service.events({ text: 'abc', chunks: 3 }).slice(0, service.before + 2);
    const raw = events.join('') + service.streamedFailure('we are overloaded');
    const { ask } = await playing(service, [{ raw }]);
    const answer = await ask();
    expect(answer).toMatchObject({ ok: false, class: 'overload', partial: 'ab' });
    expect(answer.ok || answer.message).toMatch(/: we are overloaded$/);
  });

  test('K-29: an event that is not JSON', async () => {
    const [first] = service.events({ text: 'abc' });
    const { ask } = await playing(service, [{ raw: first!.replace(/data: .*/, 'data: {"oops') }]);
    expect(await ask()).toMatchObject({ ok: false, class: 'malformed', code: 'bad_event' });
  });

  test('an event that isn’t what it should be', async () => {
    const raw = service.piece('x').replace('"x"', '7') + service.events({ text: 'abc' }).join('');
    const before = service.events({ text: 'abc' }).slice(0, service.before).join('');
    const { ask } = await playing(service, [{ raw: before + raw }]);
    expect(await ask()).toMatchObject({ ok: false, class: 'malformed', code: 'bad_event' });
  });

  test.each([
    ['a year', '31536000', 30 * 24 * 3600 * 1000],
    ['more than any number', '9'.repeat(400), 30 * 24 * 3600 * 1000],
    ['less than nothing', '-5', undefined],
    ['nonsense', 'soon 5', undefined],
    ['a date that is over', 'Wed, 21 Oct 2015 07:28:00 GMT', 0],
  ])('Retry-After that is %s', async (_, header, retry_after_ms) => {
    const { ask } = await playing(service, [failed(429, 'rate', 'slow', { 'retry-after': header })]);
    const answer = await ask();
    expect(answer.ok || answer.retry_after_ms).toBe(retry_after_ms);
  });

  test('an error nested too deep is as if nobody had answered', async () => {
    const { ask } = await playing(service, [{ status: 400, body: `{"error":${'['.repeat(30_000)}${']'.repeat(30_000)}}` }]);
    const answer = await ask();
    expect(answer.ok || answer.message).not.toContain('call stack');
  }); // prettier-ignore

  test('H-85 the message names provider, status and what the provider said', async () => {
    const { mock, ask } = await playing(service, [failed(429, 'rate', 'quota x')]);
    const answer = await ask();
    const beginning = `${service.provider} (${new URL(mock.url).host}) answered 429: quota x (`;
    expect(answer.ok || answer.message.slice(0, beginning.length)).toBe(beginning);
  });

  test('the key is never shown, even where a service echoes it', async () => {
    const { ask } = await playing(service, [failed(401, 'key', `Bad key ${KEY}`)]);
    const answer = await ask();
    expect(JSON.stringify(answer)).not.toContain(KEY);
    expect(answer.ok || answer.message).toContain('Bad key [api key]');
  });

  test('nobody listens', async () => {
    const { mock, ask } = await playing(service, []);
    await mock.close();
    const answer = await ask();
    expect(answer).toMatchObject({ class: 'network', code: 'connection_failed' });
    expect(answer.ok || answer.message).toContain('ECONNREFUSED');
  });

  test('a service that speaks no TLS', async () => {
    const { mock } = await playing(service, []);
    const { ask } = await playing(service, [], { base_url: mock.url.replace('http:', 'https:') });
    expect(await ask()).toMatchObject({ class: 'network', code: 'connection_failed' });
  });

  test('an address without a scheme is told, with what to write', async () => {
    const { mock } = await playing(service, []);
    for (const address of [mock.url.slice('http://'.length), 'llm.example.org/v1', 'localhost:99/v1']) {
      const { ask } = await playing(service, [], { base_url: address });
      const answer = await ask();
      expect(answer).toMatchObject({ ok: false, class: 'invalid_request', code: 'base_url_invalid' });
      const scheme = address.startsWith('llm') ? 'https' : 'http';
      expect(answer.ok || answer.message).toContain(`Write ${scheme}://${address} `);
    }
    expect(mock.requests).toEqual([]);
  });

  test('a key that no header can carry is told, but not shown', async () => {
    const { mock, ask } = await playing(service, [], { api_key: 'sk-a\nb' });
    const answer = await ask();
    expect(answer).toMatchObject({ class: 'auth', code: 'key_invalid' });
    expect(answer.ok || answer.message).not.toContain('sk-a');
    expect(mock.requests).toEqual([]);
  });

  test('H-84 a key that is missing is told with its variable, and nothing is sent', async () => {
    const { mock, ask } = await playing(service, [], { api_key: '', api_key_env: 'MY_KEY' });
    const answer = await ask();
    expect(answer).toMatchObject({ class: 'auth', code: 'key_missing' });
    expect(answer.ok || answer.message).toContain('set MY_KEY');
    expect(mock.requests).toEqual([]);
  });
});
