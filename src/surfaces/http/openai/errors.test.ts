import { describe, expect, test } from 'vitest';
import { RuntimeError } from '../../../contract/errors.ts';
import type { EventStatus } from '../../../contract/host.ts';
import { ProblemWith } from '../answer.ts';
import { afterAccept, failureOf, refused, turnFailure } from './errors.ts';

const status = (more: Partial<EventStatus>): EventStatus => ({
  event_id: 'e-1',
  session_id: 's',
  status: 'done',
  approvals: [],
  ...more,
});

describe('what failed before anything was accepted', () => {
  test('is tried again where that may help', () => {
    const { status: http, headers } = failureOf(new RuntimeError('shutting_down', 'Soon.'));
    expect({ http, headers }).toEqual({ http: 503, headers: { 'retry-after': '1' } });
    const later = new ProblemWith(new RuntimeError('store_unavailable', 'Full.'), { headers: { 'retry-after': '9' } });
    expect(failureOf(later).headers).toEqual({ 'retry-after': '9' });
  });

  test('is left where it comes out the same', () => {
    for (const thrown of [new RuntimeError('idempotency_key_reused', 'No.'), new Error('a bug'), refused('n', 'No.')]) {
      expect(failureOf(thrown).headers).toMatchObject({ 'x-should-retry': 'false' });
    }
  });
});

test('what failed behind the accept is never tried again', () => {
  for (const code of ['shutting_down', 'disk_full', 'internal'] as const) {
    const { headers, error } = afterAccept(new RuntimeError(code, 'Oh.'), 'e-1');
    expect(headers).toEqual({ 'x-should-retry': 'false' });
    expect(error.code).toBe(code === 'shutting_down' ? 'not_done' : code);
  }
});

test('how a turn ended says the status, its reply the words', () => {
  expect(turnFailure(status({ reason: 'budget_exceeded', code: 'tokens', text: 'Used up.' }))).toMatchObject({
    status: 429,
    error: { message: 'Used up.', type: 'rate_limit_error', code: 'tokens' },
    headers: { 'x-should-retry': 'false' },
  });
  expect(turnFailure(status({ reason: 'canceled', text: '' }))).toMatchObject({
    status: 409,
    error: { message: 'The turn of message e-1 ended: canceled.', code: 'canceled' },
  });
  expect(turnFailure(status({ status: 'dead' }))).toMatchObject({ status: 500, error: { code: 'dead' } });
});
