/** Jobs that run by themselves, and their firings: the shapes of `/v1/schedules`, and the lines of `schedules.jsonl`. Types only. */
import type { Digest } from '../base/digest.ts';

/** What a due time came to. `caught_up`: fired late, since nobody was there when it was due. */
export type FiringState = 'fired' | 'skipped' | 'missed' | 'caught_up';

/** Body of `POST /v1/schedules`. Has one of `schedule` and `at`, and one of `prompt`, `command` and `heartbeat`. */
export interface NewSchedule {
  name: string;
  /** Five fields of cron, or `@every <duration>`. */
  schedule?: string;
  /** Once, at this time (RFC 3339). */
  at?: string;
  /** The zone of the five fields, an IANA name. Default: the host's. */
  tz?: string;
  /** A message for the model. */
  prompt?: string;
  /** A command for the shell, with no model in it. */
  command?: string;
  /** A file in `root` that says what is to be looked after: the model is asked when something of that has changed. */
  heartbeat?: string;
  /** `own`: `cron-<name>`; `fresh`: a new one each time; else a session id. */
  session?: string;
  /** What becomes of due times at which nobody was there. */
  catch_up?: 'skip' | 'once' | 'all';
  /** A run begins up to so much later than it is due. */
  jitter_ms?: number;
  /** What becomes of a due time while the run before isn't over. */
  overlap?: 'skip' | 'queue';
  /** After so many failures in a row it is paused. 0: never. */
  max_failures?: number;
  /** Of one run. */
  limits?: { wall_ms?: number; cost_micro_usd?: number };
  /** What its files are, and where its command runs: an absolute path. */
  root?: string;
  /** Where results go: `file:<absolute path>` or `webhook:<url>`. */
  deliver?: string;
}

/** A job with all that it was made without filled in. */
export type Job = NewSchedule &
  Required<Pick<NewSchedule, 'tz' | 'session' | 'catch_up' | 'jitter_ms' | 'overlap' | 'max_failures' | 'root'>>;

/** A job, and how it stands: `GET /v1/schedules/{name}`. */
export interface ScheduleStatus extends Job {
  added_at: number;
  /** `done`: it is never due again. */
  status: 'active' | 'paused' | 'done';
  paused_reason?: string;
  /** Null: it is paused, or never due again. */
  next_due_at: number | null;
  /** In a row. */
  failures: number;
  last?: Firing;
}

/**
 * What became of a due time: a row of `GET /v1/schedules/{name}/history`. There is one of each job and due time. Of many
 * that were missed one row says so: `count` of them, from `first_due_at` to `due_at`.
 */
export interface Firing {
  due_at: number;
  state: FiringState;
  /** When that was decided. */
  at: number;
  event_id?: string;
  session_id?: string;
  /** Asked for by a person. */
  manual?: true;
  reason?: string;
  first_due_at?: number;
  /** Absent with `first_due_at`: too many to be counted. */
  count?: number;
  /** How the run ended; absent: it hasn't. */
  outcome?: 'ok' | 'failed';
  exit_code?: number;
  /** What a command printed. */
  output?: Digest;
  ended_at?: number;
  /** Of a heartbeat: what it looked at. */
  looked?: Digest;
  /** Of a heartbeat: the model found nothing to do, so there is nothing to be delivered. */
  quiet?: true;
  delivery?: { state: 'delivered' | 'failed'; attempts: number; reason?: string };
}

/** `PATCH /v1/schedules/{name}`. */
export interface ScheduleChange {
  paused: boolean;
}

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
}
