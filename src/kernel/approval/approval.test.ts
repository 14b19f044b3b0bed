import { expect, test } from 'vitest';
import { digestOf, sha256 } from '../../base/digest.ts';
import { factsOf, policyOf, tool } from '../testing/values.ts';
import { approvalDigest, approvalId } from './approval.ts';

const call: Parameters<typeof approvalDigest>[1] = {
  session_id: 's-1',
  call_id: 'c1.1.1',
  project_root: '/project',
  spec: tool('exec_command', 'exec', 'unknown'),
  inspected: {
    args_digest: digestOf('args'),
    invalid: null,
    facts: factsOf(),
    facts_digest: digestOf('facts'),
    presentation_digest: digestOf('presentation'),
  },
  policy: policyOf(),
};

test('an approval is bound to session, call, tool, arguments, facts, what was shown, project root and policy', () => {
  const changed: (typeof call)[] = [
    call,
    { ...call, session_id: 's-2' },
    { ...call, call_id: 'c1.1.2' },
    { ...call, project_root: '/other' },
    { ...call, spec: { ...call.spec, name: 'send_mail' } },
    { ...call, spec: { ...call.spec, schema_digest: digestOf('other') } },
    { ...call, inspected: { ...call.inspected, args_digest: digestOf('other') } },
    { ...call, inspected: { ...call.inspected, facts_digest: digestOf('other') } },
    { ...call, inspected: { ...call.inspected, presentation_digest: digestOf('other') } },
    { ...call, policy: policyOf({ deny: ['time'] }) },
  ];
  expect(new Set(changed.map((one) => approvalDigest(sha256, one))).size).toBe(changed.length);
});

test('the same call gives the same digest, whose form is the contract’s', () => {
  expect(approvalDigest(sha256, structuredClone(call))).toBe(approvalDigest(sha256, call));
  expect(approvalDigest(sha256, call)).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test('an approval id follows from the place of the request and what it is for', () => {
  const [one, other] = [digestOf('one'), digestOf('other')];
  expect(approvalId(sha256, 7, one)).toMatch(/^a-[0-9a-f]{16}$/);
  expect(approvalId(sha256, 7, one)).toBe(approvalId(sha256, 7, one));
  expect(approvalId(sha256, 7, one)).not.toBe(approvalId(sha256, 8, one));
  expect(approvalId(sha256, 7, one)).not.toBe(approvalId(sha256, 7, other));
});
