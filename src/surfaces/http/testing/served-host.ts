/** A fake host behind a control socket in a temporary folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../base/clock.ts';
import { systemIds } from '../../../base/ids.ts';
import { connectControl } from '../../../adapters/control/connect-control.ts';
import { controlPath } from '../../../adapters/control/control-path.ts';
import type { Host } from '../../../contract/host.ts';
import type { ControlApiOptions } from '../control/control-api.ts';
import { type ControlServer, serveControl } from '../control/serve-control.ts';
import { createFakeHost, type FakeHost } from './fake-host.ts';

export const VERSION = '1.0.0';

export interface ServedHost {
  fake: FakeHost;
  folder: string;
  path: string;
  server: ControlServer;
  connect(): Promise<Host>;
  close(): Promise<void>;
}

export async function serveFake(options: Partial<Omit<ControlApiOptions, 'file'>> = {}): Promise<ServedHost> {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-control-'));
  const fake = createFakeHost();
  const path = controlPath(folder);
  const server = await serveControl({
    path,
    host: fake.host,
    entries: fake.entries,
    approval: fake.approval,
    usage: fake.usage,
    version: VERSION,
    clock: systemClock,
    ids: systemIds(systemClock),
    isTool: () => false,
    warn: (message) => {
      throw new Error(message);
    },
    ...options,
  });
  const clients: Host[] = [];
  return {
    fake,
    folder,
    path,
    server: server!,
    async connect() {
      const client = await connectControl({ path, version: VERSION, clock: systemClock });
      if (!client) throw new Error('nobody listens');
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.leave()));
      await server!.close({ handed_over: false });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
