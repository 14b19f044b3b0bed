/** Joins schedules to the hub of a workspace: how its jobs' messages are accepted, and its commands run. */
import { createOwnCommands } from '../../adapters/tools/exec-command/own-command.ts';
import { parseDuration } from '../../base/duration.ts';
import { systemIds } from '../../base/ids.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import type { EventStatus } from '../../contract/host.ts';
import type { Job } from '../../contract/schedule.ts';
import { webhookSecret } from '../../store/webhook-secret.ts';
import type { Begun } from '../taint/file-taint.ts';
import { taintOfMessage } from '../taint/taint-of-message.ts';
import { ownFiles } from '../config/own-files.ts';
import { systemTimeZone } from '../wire.ts';
import { deliveryId, type FiringState } from './book.ts';
import { type DeliveryPorts, deliverResult } from './deliver.ts';
import { type Around, heartbeatPrompt, lookAround, saysNothingToDo } from './heartbeat.ts';
import type { HubOfSchedules } from './hub-of-schedules.ts';
import type { RunEnd } from './runs.ts';
import { createScheduleService, type ScheduleService } from './service.ts';

/** Behind the last message or end of a turn there are hardly ever so many entries. */
const LATEST = 50;

export function openSchedules(hub: HubOfSchedules): Promise<ScheduleService> {
  const { workspace } = hub;
  const { clock, home, loaded, store } = workspace;
  const { config } = loaded;
  const { environment } = workspace.request;
  const ids = systemIds(clock);
  const around = (): Around => ({ home, environment, ownFiles: ownFiles(home, config, workspace.request.file) });
  const runCommand = createOwnCommands({ clock, environment, further: config.tools.exec_command.env });

  /** Undefined: nothing is known of it, or not any more. */
  async function statusOf({ event_id, session_id }: FiringState): Promise<EventStatus | undefined> {
    try {
      return await hub.event(event_id!, session_id!);
    } catch (thrown) {
      if (toRuntimeError(thrown).code === 'not_found') return undefined;
      throw thrown;
    }
  }

  async function endOf(job: Job, firing: FiringState): Promise<RunEnd | undefined> {
    const status = await statusOf(firing);
    if (status?.status === 'done') {
      const { reason = 'failed', text = '' } = status;
      if (reason !== 'success') return { outcome: 'failed', reason };
      return { outcome: 'ok', ...(job.heartbeat !== undefined && saysNothingToDo(text) && { quiet: true as const }) };
    }
    if (status !== undefined && status.status !== 'dead') return undefined;
    const trace = await store.ingress.find(firing.event_id!);
    return { outcome: 'failed', reason: trace?.dead?.why ?? 'its session was removed' };
  }

  async function command(job: Job, signal: AbortSignal): Promise<RunEnd> {
    const timeoutMs = job.limits?.wall_ms ?? parseDuration(config.budget.turn.wall)!;
    const marker = `cron-${job.name}@${ids.ulid()}`;
    const end = await runCommand({ text: job.command!, folder: job.root, timeoutMs, marker, signal });
    if ('notStarted' in end) return { outcome: 'failed', reason: end.notStarted.message };
    const { why, code, signal: killedBy, output } = end;
    const kept = output === '' ? {} : { output: await store.blobs.put(hub.redactor.text(output)) };
    const exit = code === null ? {} : { exit_code: code };
    if (why === 'ended' && code === 0) return { outcome: 'ok', ...exit, ...kept };
    const reasons = {
      timeout: `ended after ${timeoutMs} ms`,
      canceled: 'ended with the program',
      ended: killedBy === null ? `exit code ${code}` : `ended by ${killedBy}`,
    };
    return { outcome: 'failed', reason: reasons[why], ...exit, ...kept };
  }

  /** Has somebody written into the session since that firing? */
  async function isSpokenTo({ session_id, event_id }: FiringState): Promise<boolean> {
    let latest: readonly string[] = [];
    await store.journal.read(
      session_id!,
      ({ entry }) => {
        if (entry.type === 'input.received') latest = [entry.data.event_id];
        if (entry.type === 'turn.ended') latest = entry.data.event_ids;
      },
      { last: LATEST },
    );
    return latest.length > 0 && !latest.includes(event_id!);
  }

  async function textOf({ command: own }: Job, firing: FiringState): Promise<string> {
    if (own === undefined) return (await statusOf(firing))?.text ?? '';
    const bytes = firing.output === undefined ? undefined : await store.blobs.get(firing.output);
    return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
  }

  /** An answer is of its conversation; what a command printed may be of all that lies in its folder. */
  async function beginFile(job: Job, firing: FiringState, path: string): Promise<Begun> {
    const { root, name } = job;
    const isCommand = job.command !== undefined;
    const taint = isCommand ? [] : await taintOfMessage(store, firing.session_id!, firing.event_id!);
    const call = deliveryId(name, firing.due_at);
    return hub.fileTaint.begin({ call, root, paths: [path], below: [], reads: isCommand ? [root] : [], taint });
  }

  const delivery: DeliveryPorts = { clock, secret: () => webhookSecret(home), textOf, beginFile };
  return createScheduleService(
    {
      clock,
      ids,
      log: store.schedules,
      usual: () => ({ tz: systemTimeZone(environment), root: hub.root }),
      checkLimits: hub.checkLimits,
      settled: hub.settled,
      async submit(job, { event_id, session_id }) {
        const { prompt, root, limits, heartbeat } = job;
        const said = prompt === undefined ? await heartbeatPrompt(job, around()) : { text: prompt };
        const model = heartbeat === undefined ? undefined : config.models.purposes.heartbeat;
        await hub.submit({
          event_id: event_id!,
          session_id: session_id!,
          parts: [{ type: 'text', text: said.text }],
          ...('real' in said && { read: [said.real] }),
          root,
          source: 'cron',
          lane: 'background',
          ...(model !== undefined && { model }),
          metadata: { schedule: job.name },
          ...(limits && { limits }),
        });
      },
      isKnown: async (firing) =>
        (await store.ingress.find(firing.event_id!)) !== undefined || (await statusOf(firing)) !== undefined,
      endOf,
      command,
      async look(job, last) {
        const digest = await lookAround(job, clock.now(), around());
        const known = last && last.outcome !== 'failed' && last.looked === digest && !(await isSpokenTo(last));
        return { digest, changed: digest !== undefined && !known };
      },
      deliver: (job, firing, signal) => deliverResult(delivery, job, firing, signal),
      warn: hub.warn,
      onCommand: hub.onCommand,
    },
    {
      history: config.scheduler.history,
      mostCaughtUp: config.scheduler.max_catchup_runs,
      mostCommands: config.scheduler.command_concurrency,
    },
  );
}
