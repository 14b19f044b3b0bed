/** What the API can be asked about jobs that run by themselves. */
import { validate as validateNew } from '#generated/new-schedule-validator.js';
import { validate as validateChange } from '#generated/schedule-change-validator.js';
import type { Host } from '../../../contract/host.ts';
import { ACTS } from '../../../engine/principal.ts';
import type { Answer } from '../answer.ts';
import { flag } from '../query.ts';
import { BODY_BYTES, type Validate, type WantedBody } from '../read-body.ts';

interface Ports {
  host: Pick<Host, 'schedules'>;
}

/** `id`: the name of the job. */
interface Call {
  id: string;
  query: URLSearchParams;
  body<T>(validate: Validate<T>, wanted: WantedBody): Promise<T>;
}

/** A prompt may be long. */
const WANTED: WantedBody = { act: ACTS.schedule, mostBytes: BODY_BYTES };

export async function list({ host }: Ports): Promise<Answer> {
  return { status: 200, body: { schedules: await host.schedules.list() } };
}

export async function add({ host }: Ports, call: Call): Promise<Answer> {
  return { status: 201, body: await host.schedules.add(await call.body(validateNew, WANTED)) };
}

export async function get({ host }: Ports, { id }: Call): Promise<Answer> {
  return { status: 200, body: await host.schedules.get(id) };
}

export async function change({ host }: Ports, call: Call): Promise<Answer> {
  return { status: 200, body: await host.schedules.change(call.id, await call.body(validateChange, WANTED)) };
}

export async function remove({ host }: Ports, { id }: Call): Promise<Answer> {
  await host.schedules.remove(id);
  return { status: 204 };
}

/** `wait=true`: answers when the run has ended, or waits for a person. */
export async function run({ host }: Ports, call: Call): Promise<Answer> {
  return { status: 200, body: await host.schedules.run(call.id, { wait: flag(call, 'wait') }) };
}

export async function history({ host }: Ports, { id }: Call): Promise<Answer> {
  return { status: 200, body: { history: await host.schedules.history(id) } };
}

export async function deliveries({ host }: Ports): Promise<Answer> {
  return { status: 200, body: { deliveries: await host.schedules.deliveries() } };
}
