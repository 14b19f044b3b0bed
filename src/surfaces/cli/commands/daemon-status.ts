import type { HostStatus } from '../../../contract/host.ts';
import type { Workspace } from '../../../engine/wire.ts';
import { openRecords, type CommandAction } from '../context.ts';
import { printValue, type OutputFormat } from '../listing.ts';
import { askOwner, type Owner } from '../owner.ts';
import { paint } from '../paint.ts';
import { span } from '../times.ts';

/** `runtime.daemon_status.v1` */
interface DaemonStatus {
  schemaVersion: 'runtime.daemon_status.v1';
  /** `other`: the workspace is held by a process that is no daemon; `silent`: by one that doesn't answer. */
  status: 'running' | 'stopped' | 'other' | 'silent';
  workspace: string;
  pid?: number;
  url?: string;
  version?: string;
  started_at?: number;
  uptime_ms?: number;
  /** Sessions in which a turn runs, and those that wait for a person. */
  in_flight?: number;
  waiting?: number;
  /** Of one that doesn't answer. */
  problem?: string;
  /** What of it doesn't work. */
  failing?: HostStatus['failing'];
}

const NOT_RUNNING = 1;

/** `daemon status`. Exit code 1: none runs. */
export const showDaemon: CommandAction<{ output: OutputFormat }> = async (context, options) => {
  const workspace = await openRecords(context, options);
  const status = statusOf(workspace, await askOwner(workspace));
  if (options.output === 'table') {
    const colour = status.status === 'running' ? 'green' : 'yellow';
    const line = [paint(context.io.stdout, colour, status.status), describe(status)].join('  ');
    context.io.stdout.write(`${line}\n`);
    for (const { component, problem, next } of status.failing ?? []) {
      context.io.stdout.write(
        `${paint(context.io.stdout, 'red', 'failing')}  ${component}: ${problem}\nnext: ${next}\n`,
      );
    }
  } else await printValue(context.io, options.output, status);
  return status.status === 'running' ? 0 : NOT_RUNNING;
};

function statusOf(
  { loaded, clock }: Workspace,
  { pid, url, version, started_at, sessions, refusal, failing }: Owner,
): DaemonStatus {
  const status = started_at === undefined ? 'silent' : url === undefined ? 'other' : 'running';
  return {
    schemaVersion: 'runtime.daemon_status.v1',
    status: pid === undefined ? 'stopped' : status,
    workspace: loaded.config.store.workspace,
    ...(pid !== undefined && { pid }),
    ...(url !== undefined && { url }),
    ...(version !== undefined && { version }),
    ...(started_at !== undefined && { started_at, uptime_ms: clock.now() - started_at }),
    ...(sessions && {
      in_flight: sessions.filter((session) => session.status === 'running').length,
      waiting: sessions.filter((session) => session.status === 'waiting_approval').length,
    }),
    ...(refusal && { problem: refusal.message }),
    ...(failing && { failing }),
  };
}

function describe({
  status,
  workspace,
  pid,
  url,
  version,
  uptime_ms,
  in_flight,
  waiting,
  problem,
}: DaemonStatus): string {
  const process = `pid ${pid}`;
  switch (status) {
    case 'running':
      return [url, process, `version ${version}`, `up ${span(uptime_ms!)}`, `workspace ${workspace}`, ...(in_flight === undefined ? [] : [`${in_flight} in flight`, `${waiting} waiting for you`])].join('  '); // prettier-ignore
    case 'stopped':
      return `no daemon serves the workspace ${workspace}; start it with: runtime daemon`;
    case 'other':
      return `${process} (version ${version}) holds the workspace ${workspace}, and is no daemon`;
    case 'silent':
      return `${process} holds the workspace ${workspace}, and doesn't answer${problem === undefined ? '' : `: ${problem}`}`;
  }
}
