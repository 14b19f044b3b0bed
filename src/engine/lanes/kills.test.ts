import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { newHome, openHub } from '../testing/hubs.ts';

const SENDER = fileURLToPath(new URL('../testing/sender-program.ts', import.meta.url));
const CONFIG = `ingress: {background_queue_size: 3, interactive_queue_size: 3, interactive_submit_timeout: 1ms}
worker: {interactive_concurrency: 2, background_concurrency: 1}
`;

test(
  'killed with a full queue, again and again: what was accepted is answered exactly once',
  { timeout: 60_000 },
  async () => {
    const home = newHome(CONFIG);
    const accepted = new Set<string>();
    let wasFull = false;
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, [SENDER, home, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(child, 'exit');
      let left = 40 + round * 11;
      for await (const line of createInterface({ input: child.stdout })) {
        if (line === 'full') wasFull = true;
        else accepted.add(line);
        if (--left === 0) child.kill('SIGKILL');
      }
      expect(await exited).toEqual([null, 'SIGKILL']);
      // A turn that is killed three times at one place is given up, so every second kill is followed by a whole run.
      if (round % 2 === 1) await answerAll(home, accepted);
    }
    expect(wasFull).toBe(true);

    const { hub, workspace } = await openHub(home, 'all');
    await hub.leave();
    const ends: string[] = [];
    for (const { session_id } of await workspace.store.journal.list()) {
      await workspace.store.journal.read(session_id, ({ entry }) => {
        if (entry.type === 'turn.ended') ends.push(...entry.data.event_ids);
      });
    }
    expect(new Set(ends).size).toBe(ends.length);
    expect([...accepted].filter((id) => !ends.includes(id))).toEqual([]);
  },
);

async function answerAll(home: string, accepted: ReadonlySet<string>): Promise<void> {
  const { hub } = await openHub(home, 'all');
  for (const event_id of accepted) {
    expect(await hub.settled(event_id)).toMatchObject({ status: 'done', reason: 'success' });
  }
  await hub.leave();
}
