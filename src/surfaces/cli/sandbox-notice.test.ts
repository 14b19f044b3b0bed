import { expect, test } from 'vitest';
import type { StreamEvent } from '../../contract/stream.ts';
import { factsOf } from '../../kernel/testing/values.ts';
import type { Io } from './io.ts';
import { createSandboxNotice } from './sandbox-notice.ts';

/** What is said of a call; `sandbox`: as this process saw it inspected. */
function said(...events: object[]): string {
  let text = '';
  const notice = createSandboxNotice({ stderr: { write: (more: string) => (text += more) } } as unknown as Io);
  for (const event of events) notice(event as StreamEvent);
  return text;
}

const inspected = (sandbox?: string) => ({
  type: 'call.inspected',
  data: { call_id: 'c1', facts: { ...factsOf(), ...(sandbox !== undefined && { sandbox }) } },
});
const decided = (...rules: string[]) => ({
  type: 'policy.decided',
  data: { call_id: 'c1', effect: 'exec', verdict: 'allow', rules: rules.map((id) => ({ id, verdict: 'allow' })) },
});

test('what confines a command is said by what was found out when it was inspected', () => {
  expect(said(inspected('bubblewrap'), decided())).toMatch(/^sandbox bubblewrap: /);
  expect(said(inspected(), decided())).toBe('sandbox off: commands run with your own rights\n');
  expect(said(inspected(), decided('sandbox:none'))).toMatch(/^outside of the sandbox: /);
});

test('nothing is said of a call that another process inspected, and that is only judged again', () => {
  expect(said(decided())).toBe('');
});
