import { expect, test } from 'vitest';
import { rights } from '../testing/values.ts';
import { tightest } from './rights.ts';

test.each([
  ['off', 'required', 'required'],
  ['required', 'off', 'required'],
  ['auto', 'off', 'auto'],
  ['off', 'off', 'off'],
] as const)('sandbox %s, then %s: %s', (before, after, expected) => {
  expect(tightest({ ...rights, sandbox: before }, { ...rights, sandbox: after }).sandbox).toBe(expected);
});

test.each([
  ['member', 'admin', 'member'],
  ['operator', 'viewer', 'viewer'],
] as const)('role %s, then %s: %s', (before, after, expected) => {
  expect(tightest({ ...rights, role: before }, { ...rights, role: after }).role).toBe(expected);
});
