import { expect, test } from 'vitest';
import { manualClock } from '../../../base/testing/manual-clock.ts';
import type { Audit } from '../../../contract/ports.ts';
import type { AuditRecord } from '../../../contract/records.ts';
import { createRefusals } from './refusals.ts';

test('a flood is entered in part, and time makes room again', async () => {
  const clock = manualClock();
  const entered: AuditRecord[] = [];
  const append: Audit['append'] = async (record) => void entered.push(record);
  const refuse = createRefusals({ audit: { append } as Audit, clock });
  const refusal = { what: 'GET /', why: 'no token', by: '::1' };
  for (let n = 0; n < 1000; n++) refuse(refusal);
  expect(entered).toHaveLength(20);
  clock.pass(59_000);
  refuse(refusal);
  expect(entered).toHaveLength(20);
  clock.pass(1000);
  refuse({ ...refusal, what: 'x'.repeat(5000) });
  refuse(refusal);
  expect(entered).toHaveLength(21);
  expect(entered[20]).toEqual({
    type: 'access.denied',
    data: { what: 'x'.repeat(200), why: 'no token (before this 981 were not entered)', by: '::1' },
  });
  clock.pass(3_600_000);
  for (let n = 0; n < 100; n++) refuse(refusal);
  expect(entered).toHaveLength(41);
});
