/** Where results go, as somebody may be told: a webhook's address may hold a secret, and files lie where the operator says. */
import type { Delivery, ScheduleStatus } from '../../contract/schedule.ts';
import { parseDestination } from './destination.ts';
import { isOperator, type Principal } from '../principal.ts';

/** Of a webhook its origin, of a file that it is one. */
function withoutSecrets(destination: string): string {
  const place = parseDestination(destination);
  return place?.kind === 'webhook' ? `webhook:${new URL(place.to).origin}` : 'file';
}

export function jobTo({ actor }: Principal, job: ScheduleStatus): ScheduleStatus {
  if (isOperator(actor) || job.deliver === undefined) return job;
  return { ...job, deliver: withoutSecrets(job.deliver) };
}

export function deliveryTo({ actor }: Principal, delivery: Delivery): Delivery {
  return isOperator(actor) ? delivery : { ...delivery, destination: withoutSecrets(delivery.destination) };
}
