/** An approval that is answered in the moment in which it expires. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { entries } from '../testing/goals.ts';
import { newHome, openHub, say } from '../testing/hubs.ts';

const RUNS = 40;
const TTL_MS = 60;

test('A-75: of an answer and the expiry one counts, and the call runs at most once', { timeout: 120_000 }, async () => {
  const { hub, workspace } = await openHub(newHome(`governance: {approval_ttl: ${TTL_MS}ms}\n`));
  for (let run = 0; run < RUNS; run++) {
    const session_id = `s-${run}`;
    const { event_id } = await hub.submit(say('ask', { session_id }));
    await hub.settled(event_id);
    const [asked] = await entries(workspace, 'approval.requested', session_id);
    const { approval_id, expires_at } = asked!.data;
    // From some milliseconds before to some behind it.
    const at = expires_at - 6 + (run % 12);
    await delay(Math.max(0, at - Date.now() - 2));
    while (Date.now() < at);
    const told = await hub.resolve(approval_id, { decision: 'grant' }).then(
      ({ status }) => status,
      ({ code }: { code: string }) => code,
    );
    await hub.settled(event_id);
    while ((await entries(workspace, 'turn.ended', session_id)).length === 0) await delay(5);
    const resolved = await entries(workspace, 'approval.resolved', session_id);
    expect(resolved).toHaveLength(1);
    const { outcome } = resolved[0]!.data;
    expect(told === 'granted' || told === 'used').toBe(outcome === 'granted');
    expect(await entries(workspace, 'call.started', session_id)).toHaveLength(outcome === 'granted' ? 1 : 0);
  }
});
