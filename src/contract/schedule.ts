/**
 * Jobs that run by themselves, and their firings: the shapes of `/v1/schedules`, and the lines of `schedules.jsonl`.
 * Types are inferred from these schemas, and validators and the OpenAPI document made of them; import the types only.
 */
import * as z from 'zod';
import { absolutePath, digest, int } from './values.ts';

const name = z.string().min(1).max(256);

/**
 * Body of `POST /v1/schedules`. Has one of `schedule` and `at`, and one of `prompt`, `command` and `heartbeat`. What is said
 * of times and places is checked by whoever makes the job.
 */
export const newScheduleSchema = z.strictObject({
  name,
  schedule: name
    .exactOptional()
    .describe('Five fields of cron, `@every <duration>`, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.'),
  at: name.exactOptional().describe('Once, at this time (RFC 3339).'),
  tz: name.exactOptional().describe("The zone of the five fields, an IANA name. Default: the host's."),
  prompt: z.string().max(1_000_000).exactOptional().describe('A message for the model.'),
  command: z.string().max(100_000).exactOptional().describe('A command for the shell, with no model in it.'),
  heartbeat: z
    .string()
    .min(1)
    .max(4096)
    .exactOptional()
    .describe(
      'A file in `root` that says what is to be looked after: the model is asked when something of that has changed.',
    ),
  session: name.exactOptional().describe('`own`: `cron-<name>`; `fresh`: a new one each time; else a session id.'),
  catch_up: z
    .enum(['skip', 'once', 'all'])
    .exactOptional()
    .describe('What becomes of due times at which nobody was there.'),
  jitter_ms: int.max(86_400_000).exactOptional().describe('A run begins up to so much later than it is due.'),
  overlap: z
    .enum(['skip', 'queue'])
    .exactOptional()
    .describe("What becomes of a due time while the run before isn't over."),
  max_failures: int.exactOptional().describe('After so many failures in a row it is paused. 0: never.'),
  limits: z
    .strictObject({ wall_ms: int.exactOptional(), cost_micro_usd: int.exactOptional() })
    .exactOptional()
    .describe('Of one run.'),
  root: absolutePath.exactOptional().describe('What its files are, and where its command runs: an absolute path.'),
  deliver: z
    .string()
    .max(4096)
    .exactOptional()
    .describe('Where results go: `file:<absolute path>` or `webhook:<url>`.'),
});

/** `PATCH /v1/schedules/{name}`. */
export const scheduleChangeSchema = z.strictObject({ paused: z.boolean() });

/**
 * What became of a due time: a row of `GET /v1/schedules/{name}/history`. There is one of each job and due time. Of many
 * that were missed one row says so: `count` of them, from `first_due_at` to `due_at`.
 */
export const firingSchema = z.strictObject({
  due_at: int,
  state: z
    .enum(['fired', 'skipped', 'missed', 'caught_up'])
    .describe('caught_up: fired late, since nobody was there when it was due.'),
  at: int.describe('When that was decided.'),
  event_id: z.string().exactOptional(),
  session_id: z.string().exactOptional(),
  manual: z.literal(true).exactOptional().describe('Asked for by a person.'),
  reason: z.string().exactOptional(),
  first_due_at: int.exactOptional().describe('Of many that were missed: the first.'),
  count: int.exactOptional().describe('Absent with `first_due_at`: too many to be counted.'),
  outcome: z.enum(['ok', 'failed']).exactOptional().describe("How the run ended; absent: it hasn't."),
  exit_code: z.int().exactOptional(),
  output: digest.exactOptional().describe('What a command printed.'),
  ended_at: int.exactOptional(),
  looked: digest.exactOptional().describe('Of a heartbeat: what it looked at.'),
  quiet: z
    .literal(true)
    .exactOptional()
    .describe('Of a heartbeat: the model found nothing to do, so there is nothing to be delivered.'),
  delivery: z
    .strictObject({ state: z.enum(['delivered', 'failed']), attempts: int, reason: z.string().exactOptional() })
    .exactOptional(),
});

/** A result that goes to where its job says: a row of `GET /v1/deliveries`. */
export const deliverySchema = z.strictObject({
  id: z.string().describe('What whoever receives it can tell a repetition by: `<job>/<due_at>`.'),
  job: z.string(),
  due_at: int,
  event_id: z.string().exactOptional(),
  session_id: z.string().exactOptional(),
  destination: z.string().describe("The job's `deliver`."),
  ended_at: int.describe('When the run ended, whose result it is.'),
  state: z.enum(['pending', 'delivered', 'failed']).describe('pending: it is on its way, or is to be.'),
  attempts: int.describe('0 as long as it is pending.'),
  reason: z.string().exactOptional().describe('Why it failed.'),
});

/** A job with all that it was made without filled in. */
const job = newScheduleSchema.required({
  tz: true,
  session: true,
  catch_up: true,
  jitter_ms: true,
  overlap: true,
  max_failures: true,
  root: true,
});

/** A job, and how it stands: `GET /v1/schedules/{name}`. */
export const scheduleStatusSchema = job.extend({
  added_at: int,
  status: z.enum(['active', 'paused', 'done']).describe('done: it is never due again.'),
  paused_reason: z.string().exactOptional(),
  next_due_at: int.nullable().describe('Null: it is paused, or never due again.'),
  failures: int.describe('In a row.'),
  last: firingSchema.exactOptional(),
});

export type NewSchedule = z.infer<typeof newScheduleSchema>;
export type Job = z.infer<typeof job>;
export type ScheduleStatus = z.infer<typeof scheduleStatusSchema>;
export type Firing = z.infer<typeof firingSchema>;
export type Delivery = z.infer<typeof deliverySchema>;
export type ScheduleChange = z.infer<typeof scheduleChangeSchema>;

/** Which firing a record is about. */
interface OfFiring {
  job: string;
  due_at: number;
}

/** Lines of `schedules.jsonl`. */
export type ScheduleRecord =
  | { type: 'job.added'; data: { job: Job; added_at: number; by: string } }
  | { type: 'job.changed'; data: { job: string; changed_at: number; paused: boolean; reason?: string; by: string } }
  | { type: 'job.removed'; data: { job: string; by: string } }
  /** In a file that was written anew: how it stood, whatever of its firings was left out. */
  | {
      type: 'job.stood';
      data: { job: string; accounted_until: number; failures: number; paused?: { reason?: string } };
    }
  /** Durable before anything follows from it. */
  | { type: 'firing.intended'; data: OfFiring & Pick<Firing, 'at' | 'manual' | 'session_id' | 'looked'> & Intent }
  | {
      type: 'firing.settled';
      data: OfFiring & Pick<Firing, 'at' | 'state' | 'event_id' | 'reason' | 'first_due_at' | 'count'>;
    }
  | {
      type: 'firing.ended';
      data: OfFiring &
        Pick<Firing, 'reason' | 'exit_code' | 'output' | 'quiet'> &
        Required<Pick<Firing, 'outcome' | 'ended_at'>>;
    }
  | { type: 'firing.delivered'; data: OfFiring & NonNullable<Firing['delivery']> };

interface Intent {
  state: 'fired' | 'caught_up';
  event_id: string;
}

/** What can be done with the jobs of a workspace. All throw RuntimeError; `not_found` where there is no such job. */
export interface Schedules {
  list(): Promise<ScheduleStatus[]>;
  get(name: string): Promise<ScheduleStatus>;
  /** @throws RuntimeError schedule_invalid | schedule_exists | price_missing */
  add(schedule: NewSchedule): Promise<ScheduleStatus>;
  change(name: string, change: ScheduleChange): Promise<ScheduleStatus>;
  remove(name: string): Promise<void>;
  /** Fires now. Resolves when the firing is durable; with `wait` when its run has ended, or waits for a person. */
  run(name: string, options: { wait: boolean }): Promise<Firing>;
  /** Newest last. */
  history(name: string): Promise<Firing[]>;
  /** Of all jobs, in the order in which their runs ended. */
  deliveries(): Promise<Delivery[]>;
}
