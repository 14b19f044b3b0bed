import { parseDuration } from '../../base/duration.ts';
import type { Config } from '../../contract/config.ts';
import { createLanes, type Lanes, type LanesPorts } from './lanes.ts';
import { createPassThrough } from './pass-through.ts';

/** `takes`: does the process work on everything that was accepted, or only on what it is asked for? */
export function lanesFor(takes: 'all' | 'named', ports: LanesPorts, { ingress, worker }: Config): Lanes {
  if (takes === 'named') return createPassThrough(ports);
  return createLanes(ports, {
    sizes: { interactive: ingress.interactive_queue_size, background: ingress.background_queue_size },
    submitTimeoutMs: parseDuration(ingress.interactive_submit_timeout)!,
    limits: {
      interactive: worker.interactive_concurrency,
      background: worker.background_concurrency,
      sender: worker.sender_concurrency,
    },
    deliveryAttempts: ingress.delivery_attempts,
  });
}
