import { utcTime } from '../../../base/utc-time.ts';
import type { Host } from '../../../contract/host.ts';
import type { Firing, ScheduleStatus } from '../../../contract/schedule.ts';
import { OF_JOBS } from '../../../contract/session-id.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { readSchedules } from '../../../engine/schedule/read.ts';
import { withHost } from '../../attach.ts';
import { visibleText } from '../../terminal/width.ts';
import { type CommandAction, openForCommand, openRecords } from '../context.ts';
import type { Io } from '../io.ts';
import { type Column, type OutputFormat, printRows, printValue } from '../listing.ts';
import { span } from '../times.ts';

interface Options {
  output: OutputFormat;
}

const JOBS: Column<ScheduleStatus>[] = [
  { title: 'name', text: ({ name }) => name, narrow: 'whole' },
  { title: 'when', text: whenOf },
  { title: 'status', text: ({ status, paused_reason }) => (paused_reason ? `${status}: ${paused_reason}` : status) },
  { title: 'next', text: ({ next_due_at }) => (next_due_at === null ? '-' : utcTime(next_due_at)), narrow: 'whole' },
  { title: 'last', text: ({ last }) => (last ? resultOf(last) : '-'), narrow: 'spare' },
  {
    title: 'what',
    text: ({ prompt, command, heartbeat }) => command ?? prompt ?? `heartbeat: ${heartbeat}`,
    narrow: 'flexible',
  },
];

const FIRINGS: Column<Firing>[] = [
  { title: 'due', text: ({ due_at }) => utcTime(due_at), narrow: 'whole' },
  { title: 'state', text: ({ state, manual }) => (manual ? `${state} by hand` : state), narrow: 'whole' },
  { title: 'result', text: ({ outcome }) => outcome ?? '-', narrow: 'whole' },
  { title: 'event', text: ({ event_id }) => event_id ?? '-', narrow: 'spare' },
  { title: 'why', text: whyOf, narrow: 'flexible' },
];

/** `cron ls` */
export const listJobs: CommandAction<Options> = async (context, options) => {
  const schedules = await readSchedules(await openRecords(context, options));
  await printRows(context.io, options.output, schedules.list(), JOBS, 'there are no jobs');
};

/** `cron show` */
export const showJob: CommandAction<Options> = async (context, options, name) => {
  const { io } = context;
  const workspace = await openRecords(context, options);
  const schedules = await readSchedules(workspace);
  const job = schedules.get(name);
  const output = await schedules.outputOf(job.last);
  const shown = { ...job, ...(output !== undefined && { output }) };
  if (options.output !== 'table') return printValue(io, options.output, shown);
  for (const line of lines(job, workspace.clock.now())) io.stdout.write(`${line}\n`);
  if (output !== undefined) io.stdout.write(`\n${told(io, output)}`);
};

/** What a job said; a terminal gets nothing that it would act on. */
function told({ stdout }: Io, text: string): string {
  return (stdout.isTty ? visibleText(text) : text).replace(/\n?$/, '\n');
}

/** `cron history` */
export const showHistory: CommandAction<Options> = async (context, options, name) => {
  const schedules = await readSchedules(await openRecords(context, options));
  await printRows(context.io, options.output, schedules.history(name), FIRINGS, `no run of ${name} is on record`);
};

/** `cron rm` */
export const removeJob: CommandAction<object> = async (context, options, name) => {
  refuseTools(context.environment);
  await withHost(await openForCommand(context, options), (host) => host.schedules.remove(name));
  context.io.stderr.write(`removed ${name}\n`);
};

/** `cron pause` */
export const pauseJob: CommandAction<object> = async (context, options, name) => {
  refuseTools(context.environment);
  await withHost(await openForCommand(context, options), (host) => host.schedules.change(name, { paused: true }));
  context.io.stderr.write(`paused ${name}; \`runtime cron resume ${name}\` lets it fire again\n`);
};

/** `cron resume` */
export const resumeJob: CommandAction<object> = async (context, options, name) => {
  refuseTools(context.environment);
  const workspace = await openForCommand(context, options);
  const { next_due_at } = await withHost(workspace, (host) => host.schedules.change(name, { paused: false }));
  context.io.stderr.write(`resumed ${name}: ${next_due_at === null ? 'never due again' : `due next ${utcTime(next_due_at)}`}\n`); // prettier-ignore
};

/** `cron run` */
export const runJob: CommandAction<Options> = async (context, options, name) => {
  const { io } = context;
  refuseTools(context.environment);
  const workspace = await openForCommand(context, options);
  const runNow = async (host: Host): Promise<{ firing: Firing; reply: string | undefined }> => {
    const firing = await host.schedules.run(name, { wait: true });
    const isTold = firing.session_id !== undefined && firing.state !== 'skipped';
    const status = isTold ? await host.event(firing.event_id!) : undefined;
    return { firing, reply: status?.text };
  };
  const { firing, reply } = await withHost(workspace, runNow, { runs: true });
  const { outcome, reason, session_id, state } = firing;
  const text = reply ?? (await (await readSchedules(workspace)).outputOf(firing));
  if (options.output !== 'table')
    await printValue(io, options.output, { ...firing, ...(text !== undefined && { output: text }) }); // prettier-ignore
  else if (text !== undefined) io.stdout.write(told(io, text));
  const where = session_id === undefined || state === 'skipped' ? '' : `; see \`runtime session show ${session_id}\``;
  if (outcome === undefined) {
    io.stderr.write(`${name} waits for an approval: see \`runtime approvals ls\`\n`);
    return 5;
  }
  io.stderr.write(`${name} ran: ${outcome === 'ok' ? 'ok' : `failed (${reason})`}${where}\n`);
  return outcome === 'ok' ? 0 : 1;
};

function whenOf({ schedule, at, tz }: ScheduleStatus): string {
  if (at !== undefined) return `at ${at}`;
  return schedule!.startsWith('@') ? schedule! : `${schedule} (${tz})`;
}

function resultOf({ state, outcome }: Firing): string {
  return outcome === undefined ? state : `${state}, ${outcome}`;
}

function whyOf({ reason = '', quiet, first_due_at, count, delivery }: Firing): string {
  const many = first_due_at === undefined ? [] : [`${count ?? 'many'} since ${utcTime(first_due_at)}`];
  const undelivered = delivery?.state === 'failed' ? [`not delivered: ${delivery.reason}`] : [];
  const idle = quiet ? ['nothing to do'] : [];
  return [reason, ...idle, ...many, ...undelivered].filter((part) => part !== '').join('; ');
}

function lines(job: ScheduleStatus, now: number): string[] {
  const { name, prompt, command, heartbeat, session, root, catch_up, overlap, jitter_ms, max_failures, failures } = job;
  const { limits = {}, deliver, next_due_at, status, paused_reason, last } = job;
  return [
    `${name}: ${whenOf(job)}`,
    command !== undefined
      ? `command: ${command}`
      : prompt !== undefined
        ? `prompt: ${prompt}`
        : `heartbeat: ${heartbeat}`,
    ...(command === undefined ? [`session: ${session === 'own' ? OF_JOBS + name : session}`] : []),
    `folder: ${root}`,
    `status: ${status}${paused_reason === undefined ? '' : ` (${paused_reason})`}, ${failures} of ${max_failures || 'any number of'} failures in a row`,
    `next: ${next_due_at === null ? '-' : `${utcTime(next_due_at)} (in ${span(Math.max(0, next_due_at - now))})`}`,
    `missed times: ${catch_up}; overlap: ${overlap}; jitter: ${span(jitter_ms)}`,
    ...(limits.wall_ms === undefined ? [] : [`at most ${span(limits.wall_ms)} a run`]),
    ...(limits.cost_micro_usd === undefined ? [] : [`at most $${limits.cost_micro_usd / 1_000_000} a run`]),
    ...(deliver === undefined ? [] : [`delivered to ${deliver}`]),
    ...(last === undefined ? [] : [`last: due ${utcTime(last.due_at)}, ${resultOf(last)}${last.reason === undefined ? '' : ` (${last.reason})`}`]), // prettier-ignore
  ];
}
