/** Which places that aren't public a policy opens. */
import { isInRange, isRange } from '../../base/ip-address.ts';
import type { Policy } from '../../contract/manifest.ts';
import type { ConnectTarget } from '../../contract/values.ts';
import { matchesHost } from './patterns.ts';

/** Whether every policy lets a call connect there. Public places are open to all whom the lists and rules let. */
export function mayConnect(policies: readonly Pick<Policy, 'allow_private'>[], target: ConnectTarget): boolean {
  return (
    target.scope === undefined ||
    policies.every(({ allow_private = [] }) => allow_private.some((entry) => opens(entry, target)))
  );
}

/** What tells a machine its credentials is opened by its own address alone: who opens `169.254.0.0/16` hardly means that. */
function opens(entry: string, { host, port, addresses, scope }: ConnectTarget): boolean {
  const { place, port: wanted } = partsOf(entry);
  if (wanted !== undefined && wanted !== port) return false;
  if (scope === 'metadata' && (place.includes('/') || !isRange(place))) return false;
  if (!isRange(place)) return matchesHost(place, { host, port });
  return addresses.length > 0 && addresses.every((address) => isInRange(place, address));
}

/** IPv6 addresses have their port behind brackets only. */
export function partsOf(entry: string): { place: string; port?: number } {
  const [, place = entry, port] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  return port === undefined ? { place } : { place, port: Number(port) };
}
