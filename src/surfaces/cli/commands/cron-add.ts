import { resolve } from 'node:path';
import { parseDuration } from '../../../base/duration.ts';
import { utcTime } from '../../../base/utc-time.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { NewSchedule } from '../../../contract/schedule.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { systemTimeZone } from '../../../engine/wire.ts';
import { withHost } from '../../attach.ts';
import { type CommandAction, openForCommand } from '../context.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { usdOf } from '../money.ts';
import { rootOf } from '../root-flag.ts';

interface Options {
  output: OutputFormat;
  schedule?: string;
  at?: string;
  tz?: string;
  prompt?: string;
  command?: string;
  heartbeat?: string | true;
  session?: string;
  catchUp?: 'skip' | 'once' | 'all';
  jitter?: string;
  overlap?: 'skip' | 'queue';
  maxFailures?: string;
  maxCost?: string;
  timeout?: string;
  root?: string;
  deliver?: string;
}

/** In the project folder. */
const HEARTBEAT = 'HEARTBEAT.md';
const HELP = 'See `runtime cron add --help`.';

/** `cron add` */
export const addJob: CommandAction<Options> = async (context, options, name) => {
  const { io, environment } = context;
  const asked = scheduleOf(name, options, systemTimeZone(environment));
  refuseTools(environment);
  const workspace = await openForCommand(context, options);
  const job = await withHost(workspace, (host) => host.schedules.add(asked));
  if (options.output !== 'table') return printValue(io, options.output, job);
  io.stdout.write(`added ${job.name}: due next ${utcTime(job.next_due_at!)}\n`);
};

function scheduleOf(name: string, options: Options, zone: string): NewSchedule {
  const {
    schedule,
    at,
    tz = zone,
    prompt,
    command,
    heartbeat,
    session,
    catchUp,
    overlap,
    maxFailures,
    deliver,
  } = options;
  const limits = limitsOf(options);
  return {
    name,
    tz,
    root: rootOf(options.root ?? '.'),
    ...(schedule !== undefined && { schedule }),
    ...(at !== undefined && { at }),
    ...(prompt !== undefined && { prompt }),
    ...(command !== undefined && { command }),
    ...(heartbeat !== undefined && { heartbeat: heartbeat === true ? HEARTBEAT : heartbeat }),
    ...(session !== undefined && { session }),
    ...(catchUp !== undefined && { catch_up: catchUp }),
    ...(options.jitter !== undefined && { jitter_ms: durationOf('--jitter', options.jitter) }),
    ...(overlap !== undefined && { overlap }),
    ...(maxFailures !== undefined && { max_failures: countOf(maxFailures) }),
    ...(Object.keys(limits).length > 0 && { limits }),
    // The program that delivers stands elsewhere.
    ...(deliver !== undefined && { deliver: deliver.replace(/^file:(.+)$/s, (_, path: string) => `file:${resolve(path)}`) }), // prettier-ignore
  };
}

function limitsOf({ timeout, maxCost }: Options): NonNullable<NewSchedule['limits']> {
  return {
    ...(timeout !== undefined && { wall_ms: durationOf('--timeout', timeout) }),
    ...(maxCost !== undefined && { cost_micro_usd: Math.round(usdOf(maxCost) * 1_000_000) }),
  };
}

function durationOf(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new RuntimeError('usage', `${option} ${text} is no duration`, { next: 'Write it as 30s, 5m or 1m30s.' });
}

function countOf(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new RuntimeError('usage', `--max-failures ${text} is no number`, { next: HELP });
}
