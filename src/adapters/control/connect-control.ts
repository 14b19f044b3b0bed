/** The host of a workspace that another process owns, over its control socket. */
import type { Clock } from '../../base/clock.ts';
import type { AcceptedAnswer, ApprovalRecord, StandingGrant, UndoPlan } from '../../contract/answers.ts';
import { RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import { type Differing, 
  type Accepted, CONTROL_PROTOCOL, type EventStatus, type Host, type HostStatus, type Imported, type Loss, type QueueItem, type SessionRow, type SessionStatus,
  type Watch,
} from '../../contract/host.ts'; // prettier-ignore
import type { Delivery, Firing, Schedules, ScheduleStatus } from '../../contract/schedule.ts';
import { type Attachment, attach } from './attach.ts';
import { isPrivatePath } from './control-path.ts';
import { DIFFERING_PATH, HAND_OVER_PATH, holdSocket } from './listener.ts';
import { createRequests, type Requests } from './requests.ts';
import { openWatch } from './watch.ts';

export interface ConnectOptions {
  /** See `controlPath`. */
  path: string;
  version: string;
  clock: Clock;
  /** May this process be the one that serves? @throws RuntimeError when it may not */
  mayServe?: (pid: number) => void;
}

/** Nobody listens, or whoever did has just gone. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'owner_lost']);

/**
 * Undefined when nobody serves there. After `leave` or `lost` no listener is called any more; `lost` doesn't tell of an
 * own leaving.
 * @throws RuntimeError version_mismatch | caller_is_tool | owner_silent | no_permission; what `mayServe` throws
 */
export async function connectControl(options: ConnectOptions): Promise<Host | undefined> {
  const { path, version, clock } = options;
  if (!isPrivatePath(path)) return undefined;
  let release = (): void => {};
  try {
    const socket = holdSocket(path);
    const requests = createRequests(socket.path, clock);
    release = () => {
      requests.close();
      socket.close();
    };
    const me = { pid: process.pid, version, protocol: CONTROL_PROTOCOL };
    const attachment = await attach(requests, me, { file: socket.file, mayServe: options.mayServe ?? (() => {}) });
    return createControlHost(requests, attachment, { clock, release });
  } catch (error) {
    release();
    if (NOBODY.has((error as { code?: string }).code ?? '')) return undefined;
    throw toRuntimeError(error);
  }
}

/** How long a request waits before it is asked anew whether a message is done. */
const POLL_MS = 25_000;
const ANSWER_MS = 10_000;
/** Many files may have to be written, each durable. */
const UNDO_MS = 300_000;
/** A run that is waited for takes as long as it takes; its own limits end it. */
const RUN_MS = 24 * 3_600_000;
/** A large file is read twice, and every decision in it derived again. */
const IMPORT_MS = 600_000;

function createControlHost(
  requests: Requests,
  { lost, detach }: Attachment,
  { clock, release }: { clock: Clock; release: () => void },
): Host {
  const watches = new Set<Watch>();
  let gone = false;
  const end = (): void => {
    if (gone) return;
    gone = true;
    for (const watch of watches) watch.close();
    watches.clear();
    detach();
    release();
  };
  const ended = new Promise<Loss>((resolve) => {
    void lost.then((loss) => {
      if (gone) return;
      end();
      resolve(loss);
    });
  });

  const ask: Ask = async <T>(method: string, path: string, options?: AskOptions): Promise<T> => {
    if (gone) throw lostError();
    try {
      // Those who want no answer say so by T.
      return (await requests.ask<T>(method, path, options)) as T;
    } catch (error) {
      if (error instanceof RuntimeError) throw error;
      throw lostError(error);
    }
  };

  return {
    here: false,
    lost: ended,
    status: () => ask<HostStatus>('GET', '/v1/status'),
    differing: (digests) => ask<Differing>('POST', DIFFERING_PATH, { body: { digests } }),
    async submit(message) {
      return toAccepted(await ask<AcceptedAnswer>('POST', '/v1/events', { body: message }));
    },
    event: (event_id) => ask<EventStatus>('GET', `/v1/events/${word(event_id)}`),
    async settled(event_id) {
      const path = `/v1/events/${word(event_id)}?settled=true&wait_ms=${POLL_MS}`;
      for (;;) {
        const status = await ask<EventStatus | undefined>('GET', path, { withinMs: POLL_MS + ANSWER_MS });
        if (status) return status;
      }
    },
    resume: (session_id) => ask<SessionStatus>('POST', `${sessionPath(session_id)}/resume`),
    stop: (session_id, event_id) => ask('POST', `${sessionPath(session_id)}/stop`, { body: { event_id } }),
    queue: async () => (await ask<{ queue: QueueItem[] }>('GET', '/v1/queue')).queue,
    queueItem: (event_id) => ask<QueueItem>('GET', `/v1/queue/${word(event_id)}`),
    retryDead: (event_id) => ask<QueueItem>('POST', `/v1/queue/${word(event_id)}/retry`),
    dropQueued: (event_id) => ask<QueueItem>('DELETE', `/v1/queue/${word(event_id)}`),
    configure: (session_id, change) => ask('POST', `${sessionPath(session_id)}/configure`, { body: change }),
    sessions: async () => (await ask<{ sessions: SessionRow[] }>('GET', '/v1/sessions')).sessions,
    session: (session_id) => ask<SessionStatus>('GET', sessionPath(session_id)),
    fork: (session_id, options) => ask('POST', `${sessionPath(session_id)}/fork`, { body: options }),
    undo: (session_id, options) =>
      ask<UndoPlan>('POST', `${sessionPath(session_id)}/undo`, { body: options, withinMs: UNDO_MS }),
    import: (wanted) => ask<Imported>('POST', '/v1/import', { body: wanted, withinMs: IMPORT_MS }),
    remove: (session_id, { force }) => ask('DELETE', `${sessionPath(session_id)}?force=${force}`),
    approvals: async () => (await ask<{ approvals: ApprovalRecord[] }>('GET', '/v1/approvals')).approvals,
    resolve: (approval_id, resolution) =>
      ask<ApprovalRecord>('POST', `/v1/approvals/${word(approval_id)}/resolve`, { body: resolution }),
    revokeGrant: (grant_id) => ask<StandingGrant>('DELETE', `/v1/grants/${word(grant_id)}`),
    setPolicy: (change) => ask('POST', '/v1/policy', { body: change }),
    schedules: schedulesOver(ask),
    watch(session_id, after, listener) {
      if (gone) return { close: () => {} };
      const watch = openWatch(requests, clock, session_id, after, listener);
      watches.add(watch);
      return {
        close() {
          watches.delete(watch);
          watch.close();
        },
      };
    },
    handOver: () => ask('POST', HAND_OVER_PATH),
    async leave() {
      end();
    },
  };
}

interface AskOptions {
  body?: unknown;
  withinMs?: number;
}
type Ask = <T>(method: string, path: string, options?: AskOptions) => Promise<T>;

function schedulesOver(ask: Ask): Schedules {
  const path = (name: string): string => `/v1/schedules/${word(name)}`;
  return {
    list: async () => (await ask<{ schedules: ScheduleStatus[] }>('GET', '/v1/schedules')).schedules,
    get: (name) => ask<ScheduleStatus>('GET', path(name)),
    add: (schedule) => ask<ScheduleStatus>('POST', '/v1/schedules', { body: schedule }),
    change: (name, change) => ask<ScheduleStatus>('PATCH', path(name), { body: change }),
    remove: (name) => ask('DELETE', path(name)),
    run: (name, { wait }) => ask<Firing>('POST', `${path(name)}/run?wait=${wait}`, wait ? { withinMs: RUN_MS } : {}),
    history: async (name) => (await ask<{ history: Firing[] }>('GET', `${path(name)}/history`)).history,
    deliveries: async () => (await ask<{ deliveries: Delivery[] }>('GET', '/v1/deliveries')).deliveries,
  };
}

/** As the owner's `submit` gave it. */
function toAccepted({ waiting_on, notices = [], ...answer }: AcceptedAnswer): Accepted {
  const { schemaVersion: _v, status_url: _s, stream_url: _t, ...accepted } = answer;
  return { ...accepted, notices, ...(waiting_on.length > 0 && { waiting_on }) };
}

/** One word of a path. An empty one would be another path: it stands for what there isn't. */
function word(id: string): string {
  return encodeURIComponent(id === '' ? ' ' : id);
}

function sessionPath(session_id: string): string {
  return `/v1/sessions/${word(session_id)}`;
}

function lostError(cause?: unknown): RuntimeError {
  return new RuntimeError('owner_lost', 'The process that held the workspace ended.', { cause });
}
