/** The transport of one model, within the limits that its settings name. */
import type { Clock } from '../../../base/clock.ts';
import { DEFAULT_REQUEST_TIMEOUT_MS, type ModelSettings } from '../settings.ts';
import type { Routes } from './routes.ts';
import { createTransport, type Transport } from './transport.ts';

export interface ModelTransport {
  transport: Transport;
  /** For SDKs that want a limit of their own: so long that the transport's limits come first. */
  sdkTimeoutMs: number;
}

const CONNECT_TIMEOUT_MS = 30_000;

export function transportFor(
  { request_timeout_ms }: ModelSettings,
  { clock, routes }: { clock: Clock; routes: Routes },
): ModelTransport {
  const idleTimeoutMs = request_timeout_ms ?? DEFAULT_REQUEST_TIMEOUT_MS;
  const connectTimeoutMs = Math.min(CONNECT_TIMEOUT_MS, idleTimeoutMs);
  return {
    transport: createTransport({ clock, routes, connectTimeoutMs, idleTimeoutMs }),
    sdkTimeoutMs: 2 * (connectTimeoutMs + idleTimeoutMs),
  };
}
