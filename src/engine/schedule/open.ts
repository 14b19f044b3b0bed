/** Joins schedules to the hub of a workspace: how its jobs' messages are accepted, and its commands run. */
import { createOwnCommands } from '../../adapters/tools/exec-command/own-command.ts';
import { parseDuration } from '../../base/duration.ts';
import { systemIds } from '../../base/ids.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import type { EventStatus } from '../../contract/host.ts';
import type { Job } from '../../contract/schedule.ts';
import { webhookSecret } from '../../store/webhook-secret.ts';
import { secretsOf } from '../config/secrets.ts';
import { createRedactor } from '../session/redact.ts';
import { systemTimeZone } from '../wire.ts';
import type { FiringState } from './book.ts';
import { deliverResult } from './deliver.ts';
import type { HubOfSchedules } from './hub-of-schedules.ts';
import type { RunEnd } from './runs.ts';
import { createScheduleService, type ScheduleService } from './service.ts';

export function openSchedules(hub: HubOfSchedules): Promise<ScheduleService> {
  const { workspace } = hub;
  const { clock, home, loaded, store } = workspace;
  const { config } = loaded;
  const { environment } = workspace.request;
  const ids = systemIds(clock);
  const redactor = createRedactor(secretsOf(config, environment));
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

  async function endOf(firing: FiringState): Promise<RunEnd | undefined> {
    const status = await statusOf(firing);
    if (status?.status === 'done') {
      const { reason = 'failed' } = status;
      return reason === 'success' ? { outcome: 'ok' } : { outcome: 'failed', reason };
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
    const kept = output === '' ? {} : { output: await store.blobs.put(redactor.text(output)) };
    const exit = code === null ? {} : { exit_code: code };
    if (why === 'ended' && code === 0) return { outcome: 'ok', ...exit, ...kept };
    const reasons = {
      timeout: `ended after ${timeoutMs} ms`,
      canceled: 'ended with the program',
      ended: killedBy === null ? `exit code ${code}` : `ended by ${killedBy}`,
    };
    return { outcome: 'failed', reason: reasons[why], ...exit, ...kept };
  }

  async function textOf({ command: own }: Job, firing: FiringState): Promise<string> {
    if (own === undefined) return (await statusOf(firing))?.text ?? '';
    const bytes = firing.output === undefined ? undefined : await store.blobs.get(firing.output);
    return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
  }

  const delivery = { clock, secret: () => webhookSecret(home), textOf };
  return createScheduleService(
    {
      clock,
      ids,
      log: store.schedules,
      usual: () => ({ tz: systemTimeZone(environment), root: hub.root }),
      checkLimits: hub.checkLimits,
      settled: hub.settled,
      async submit({ prompt, root, limits }, { event_id, session_id }) {
        await hub.submit({
          event_id: event_id!,
          session_id: session_id!,
          parts: [{ type: 'text', text: prompt! }],
          root,
          source: 'cron',
          lane: 'background',
          ...(limits && { limits }),
        });
      },
      isKnown: async (firing) =>
        (await store.ingress.find(firing.event_id!)) !== undefined || (await statusOf(firing)) !== undefined,
      endOf,
      command,
      deliver: (job, firing, signal) => deliverResult(delivery, job, firing, signal),
    },
    { history: config.scheduler.history, mostCaughtUp: config.scheduler.max_catchup_runs },
  );
}
