/** Gives the result of a run to where its job says: at least once, each time with the same id. */
import { appendResult } from '../../adapters/delivery/result-file.ts';
import { sendWebhook } from '../../adapters/delivery/webhook.ts';
import type { Clock } from '../../base/clock.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import type { Firing, Job } from '../../contract/schedule.ts';
import type { Begun } from '../taint/file-taint.ts';
import { deliveryId, type FiringState } from './book.ts';
import { parseDestination } from './destination.ts';

export interface DeliveryPorts {
  clock: Clock;
  /** What signs webhooks. */
  secret: () => string;
  /** What the model answered, or the command printed. */
  textOf: (job: Job, firing: FiringState) => Promise<string>;
  /** Resolves when it is durable by what the file is tainted into which the result is written. */
  beginFile: (job: Job, firing: FiringState, path: string) => Promise<Begun>;
}

/** Undefined: `signal` came first. */
export async function deliverResult(
  { clock, secret, textOf, beginFile }: DeliveryPorts,
  job: Job,
  firing: FiringState,
  signal: AbortSignal,
): Promise<Firing['delivery']> {
  const { kind, to } = parseDestination(job.deliver!)!;
  try {
    const id = deliveryId(job.name, firing.due_at);
    const { settled: _, delivery: _d, output: _o, ...told } = firing;
    const event = {
      schemaVersion: 'runtime.event.v1',
      id,
      at: firing.ended_at,
      scope: { kind: 'schedule', id: job.name },
      type: 'schedule.ran',
      data: { job: job.name, ...told, text: await textOf(job, firing) },
    };
    if (kind === 'webhook') {
      return await sendWebhook(to, event, { clock, secret: secret(), idempotencyKey: id, signal });
    }
    const begun = await beginFile(job, firing, to);
    try {
      await appendResult(to, event);
    } finally {
      await begun.end('ok');
    }
    return { state: 'delivered', attempts: 1 };
  } catch (thrown) {
    return { state: 'failed', attempts: 1, reason: toRuntimeError(thrown).message };
  }
}
