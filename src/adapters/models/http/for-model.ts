/** The transport of one model, within the limits that its settings name, and with its own headers. */
import type { Clock } from '../../../base/clock.ts';
import { type ModelSettings, type Patience, patienceOf } from '../settings.ts';
import type { Routes } from './routes.ts';
import { createTransport, type Transport } from './transport.ts';

export interface ModelTransport {
  transport: Transport;
  patience: Patience;
  /** For SDKs that want a limit of their own: so long that ours come first. */
  sdkTimeoutMs: number;
}

const LATER_MS = 60_000;

export function transportFor(
  settings: ModelSettings,
  { clock, routes }: { clock: Clock; routes: Routes },
): ModelTransport {
  const patience = patienceOf(settings);
  const { connectMs, firstTokenMs, idleMs, totalMs } = patience;
  const idleTimeoutMs = Math.max(firstTokenMs, idleMs);
  const transport = createTransport({ clock, routes, connectTimeoutMs: connectMs, idleTimeoutMs });
  const { headers } = settings;
  return {
    transport: headers === undefined ? transport : withHeaders(transport, headers),
    patience,
    sdkTimeoutMs: connectMs + totalMs + LATER_MS,
  };
}

/** What a person has configured beats what an SDK sends. */
function withHeaders(transport: Transport, more: Record<string, string>): Transport {
  return (url, init = {}) => {
    const headers = new Map<string, string>();
    for (const [name, value] of [...(init.headers ?? []), ...Object.entries(more)])
      headers.set(name.toLowerCase(), value);
    return transport(url, { ...init, headers });
  };
}
