import { expect, onTestFinished, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualClock } from '../../../engine/testing/world.ts';
import type { Workspace } from '../../../engine/wire.ts';
import type { Io } from '../io.ts';
import { follow } from './session-follow.ts';

test('what can’t be shown while a session is followed ends the following with why', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-follow-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const lost = { blob: `sha256:${'0'.repeat(64)}`, bytes: 1, head: '', tail: '' };
  const actor = { id: 'local', role: 'operator' };
  const data = { event_id: 'e1', mode: 'message', parts: [{ type: 'text', text: lost }], actor, source: 'cli' };
  const journal = {
    async read(_: string, visit: (stored: unknown) => void) {
      visit({ entry: { v: 1, seq: 1, at: 1, type: 'input.received', data }, id: '1-0', hash: '', durable: 1 });
      return { status: 'whole', seq: 1, hash: '', durable: 1 };
    },
  };
  const store = { journal, folder, blobs: { get: async () => undefined } };
  const workspace = { store, clock: manualClock() } as unknown as Workspace;
  const output = { write: () => {}, isTty: false, colour: false, columns: undefined };
  const io = { stdout: output, stderr: output } as unknown as Io;
  const following = follow(io, workspace, 's-1', [], { limit: 10, output: 'table' });
  await expect(following).rejects.toMatchObject({ code: 'store_damaged' });
});
