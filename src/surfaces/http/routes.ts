/** What the API can be asked, and how that is asked of the host. One table. */
import type { ServerResponse } from 'node:http';
import { validate as validateFork } from '#generated/fork-validator.js';
import { validate as validateImport } from '#generated/import-validator.js';
import { validate as validatePolicyChange } from '#generated/policy-change-validator.js';
import { validate as validateResolution } from '#generated/resolution-validator.js';
import { validate as validateSessionChange } from '#generated/session-change-validator.js';
import { validate as validateSteer } from '#generated/steer-validator.js';
import { validate as validateStop } from '#generated/stop-validator.js';
import { validate as validateSubmission } from '#generated/submission-validator.js';
import { validate as validateUndo } from '#generated/undo-validator.js';
import type { EntriesAnswer, SubmissionBody } from '../../contract/api.ts';
import type { AcceptedAnswer, ApprovalRecord } from '../../contract/answers.ts';
import type { CostBy, CostReport } from '../../contract/cost.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Accepted, Host, Submission } from '../../contract/host.ts';
import { SESSION_ID } from '../../contract/session-id.ts';
import type { CostQuery } from '../../engine/cost.ts';
import { type Act, ACTS } from '../../engine/principal.ts';
import { type Answer, ProblemWith } from './answer.ts';
import type { EventStreams, ReadEntries } from './event-streams.ts';
import type { LongPoll } from './long-poll.ts';
import { flag, number } from './query.ts';
import { BODY_BYTES, invalid, type Validate, type WantedBody } from './read-body.ts';
import * as schedules from './routes/schedules.ts';

export interface RoutePorts {
  host: Host;
  entries: ReadEntries;
  /** A whole record, also of an approval that doesn't wait any more. @throws RuntimeError not_found | ambiguous_id */
  approval: (id: string) => Promise<ApprovalRecord>;
  /** What was used. @throws RuntimeError usage */
  usage: (query: CostQuery) => Promise<CostReport>;
  streams: EventStreams;
  longPoll: LongPoll;
  /** Where this process counts: the text that Prometheus reads, and its type. */
  metrics?: () => Promise<{ type: string; text: string }>;
}

/** One request. */
export interface Call {
  /** Of the path; '' where it has none. */
  id: string;
  query: URLSearchParams;
  lastEventId: string | undefined;
  body<T>(validate: Validate<T>, wanted: WantedBody): Promise<T>;
  /** @throws RuntimeError role_not_allowed */
  mayRead(act: Act): void;
  /** May who asks say that a message comes from there? @throws RuntimeError role_not_allowed */
  mayName(source: string | undefined): void;
  response: ServerResponse;
  /** Resolves when the caller has left. */
  left: Promise<void>;
}

/** Undefined: it has answered by itself. */
type Handle = (ports: RoutePorts, call: Call) => Promise<Answer | undefined>;

const LONGEST_WAIT_MS = 30_000;
const ENTRIES_USUAL = 100;
const ENTRIES_MOST = 1000;

const ok = (body: unknown): Answer => ({ status: 200, body });
const DONE: Answer = { status: 204 };
/** Who may send one, and how long it may be. */
const A_MESSAGE = { act: ACTS.submit, mostBytes: BODY_BYTES };

/** By path (`:id` is any one word), then by method. */
export const ROUTES: Record<string, Record<string, Handle>> = {
  '/openapi.json': { GET: async () => ok((await import('#generated/openapi.js')).openapi) },
  '/v1/status': { GET: async ({ host }) => ok(await host.status()) },
  '/v1/events': { POST: submit },
  '/v1/events/:id': { GET: readEvent },
  '/v1/queue': { GET: async ({ host }) => ok({ queue: await host.queue() }) },
  '/v1/queue/:id': {
    GET: async ({ host }, { id }) => ok(await host.queueItem(id)),
    DELETE: async ({ host }, { id }) => ok(await host.dropQueued(id)),
  },
  '/v1/queue/:id/retry': { POST: async ({ host }, { id }) => ok(await host.retryDead(id)) },
  '/v1/sessions': { GET: async ({ host }) => ok({ sessions: await host.sessions() }) },
  '/v1/sessions/:id': {
    GET: async ({ host }, call) => ok(await host.session(sessionOf(call))),
    async DELETE({ host }, call) {
      await host.remove(sessionOf(call), { force: flag(call, 'force') });
      return DONE;
    },
  },
  '/v1/sessions/:id/stop': {
    async POST({ host }, call) {
      const { event_id } = await call.body(validateStop, { act: ACTS.stop });
      await host.stop(sessionOf(call), event_id);
      return DONE;
    },
  },
  '/v1/sessions/:id/steer': { POST: steer },
  '/v1/sessions/:id/configure': {
    async POST({ host }, call) {
      const change = await call.body(validateSessionChange, { act: ACTS.configure });
      if (Object.keys(change).length === 0) throw invalid('The body names nothing to change.');
      await host.configure(sessionOf(call), change);
      return DONE;
    },
  },
  '/v1/sessions/:id/fork': {
    async POST({ host }, call) {
      const options = await call.body(validateFork, { act: ACTS.fork });
      if (options.at !== undefined && options.turn !== undefined) throw invalid('`at` and `turn` name two places.');
      return { status: 201, body: await host.fork(sessionOf(call), options) };
    },
  },
  '/v1/sessions/:id/undo': {
    POST: async ({ host }, call) =>
      ok(await host.undo(sessionOf(call), await call.body(validateUndo, { act: ACTS.undo }))),
  },
  '/v1/import': {
    async POST({ host }, call) {
      const wanted = await call.body(validateImport, { act: ACTS.import });
      if (wanted.as !== undefined) checkSessionId(wanted.as);
      return { status: 201, body: await host.import(wanted) };
    },
  },
  '/v1/sessions/:id/resume': { POST: async ({ host }, call) => ok(await host.resume(sessionOf(call))) },
  '/v1/sessions/:id/entries': { GET: readEntries },
  '/v1/sessions/:id/stream': { GET: stream },
  '/v1/approvals': { GET: async ({ host }) => ok({ approvals: await host.approvals() }) },
  '/v1/approvals/:id': { GET: async ({ approval }, { id }) => ok(await approval(id)) },
  '/v1/approvals/:id/resolve': { POST: resolve },
  '/v1/grants/:id': { DELETE: async ({ host }, { id }) => ok(await host.revokeGrant(id)) },
  '/v1/schedules': { GET: schedules.list, POST: schedules.add },
  '/v1/schedules/:id': { GET: schedules.get, PATCH: schedules.change, DELETE: schedules.remove },
  '/v1/schedules/:id/run': { POST: schedules.run },
  '/v1/schedules/:id/history': { GET: schedules.history },
  '/v1/deliveries': { GET: schedules.deliveries },
  '/v1/usage': { GET: readUsage },
  '/metrics': { GET: readMetrics },
  '/v1/policy': {
    POST: async ({ host }, call) =>
      ok(await host.setPolicy(await call.body(validatePolicyChange, { act: ACTS.setPolicy }))),
  },
};

const COST_BY: readonly string[] = ['day', 'session', 'model', 'source'] satisfies CostBy[];

async function readUsage({ usage }: RoutePorts, call: Call): Promise<Answer> {
  call.mayRead(ACTS.readUsage);
  const by = call.query.get('by') ?? 'day';
  if (!COST_BY.includes(by)) throw invalid(`\`by\` must be one of ${COST_BY.join(', ')}.`);
  const days = ['since', 'until'].flatMap((name) => {
    const day = call.query.get(name);
    return day === null ? [] : [[name, day]];
  });
  const query: CostQuery = { by: by as CostBy, ...(Object.fromEntries(days) as Pick<CostQuery, 'since' | 'until'>) };
  return ok(
    await usage(query).catch((thrown: unknown) => {
      throw thrown instanceof RuntimeError && thrown.code === 'usage' ? invalid(thrown.message) : thrown;
    }),
  );
}

async function submit({ host }: RoutePorts, call: Call): Promise<Answer> {
  const body = await call.body(validateSubmission, A_MESSAGE);
  call.mayName(body.source);
  return answerTo(await host.submit(submissionOf(body)));
}

async function steer({ host, entries }: RoutePorts, call: Call): Promise<Answer> {
  const session_id = sessionOf(call);
  const body = await call.body(validateSteer, A_MESSAGE);
  call.mayName(body.source);
  await mustBeThere(session_id, host, entries); // none is made
  return answerTo(await host.submit(submissionOf({ ...body, session_id, mode: 'steer' })));
}

function answerTo(accepted: Accepted): Answer {
  return { status: accepted.duplicate ? 200 : 202, body: acceptedAnswer(accepted) };
}

function submissionOf({ content, parts, ...rest }: SubmissionBody): Submission {
  if (rest.session_id !== undefined) checkSessionId(rest.session_id);
  if (content !== undefined && parts === undefined) return { ...rest, parts: [{ type: 'text', text: content }] };
  if (parts !== undefined && content === undefined) return { ...rest, parts };
  throw invalid('The body must have either `content` or `parts`.');
}

function acceptedAnswer({ notices, ...accepted }: Accepted): AcceptedAnswer {
  const { event_id, session_id, waiting_on = [] } = accepted;
  return {
    schemaVersion: 'runtime.accepted.v1',
    ...accepted,
    waiting_on,
    ...(notices.length > 0 && { notices }),
    status_url: `/v1/events/${encodeURIComponent(event_id)}`,
    stream_url: `/v1/sessions/${encodeURIComponent(session_id)}/stream?after=0`,
  };
}

/** `settled`: answers 204 while the message isn't, so that a caller asks again. */
async function readEvent({ host, longPoll }: RoutePorts, call: Call): Promise<Answer> {
  const { id, left } = call;
  const onlySettled = flag(call, 'settled');
  const waitMs = number(call, 'wait_ms', 0, LONGEST_WAIT_MS);
  const settled = waitMs > 0 || onlySettled ? await longPoll.settled(id, waitMs, left) : undefined;
  if (settled === undefined && onlySettled) return DONE;
  return ok(settled ?? (await host.event(id)));
}

async function readEntries({ entries: read }: RoutePorts, call: Call): Promise<Answer> {
  const after = number(call, 'after', 0);
  const limit = number(call, 'limit', ENTRIES_USUAL, ENTRIES_MOST);
  if (limit === 0) throw invalid('`limit` must be at least 1.');
  const { entries, has_more } = await read(sessionOf(call), after, limit);
  const answer: EntriesAnswer = { entries, next_after: entries.at(-1)?.seq ?? after, has_more };
  return ok(answer);
}

async function readMetrics({ metrics }: RoutePorts, { response }: Call): Promise<undefined> {
  if (!metrics) throw new RuntimeError('not_found', 'There are no metrics here.');
  const { type, text } = await metrics();
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
  return undefined;
}

/** `absent=wait`: the session may come later. */
async function stream({ host, entries, streams }: RoutePorts, call: Call): Promise<Answer | undefined> {
  const { lastEventId, response } = call;
  const session_id = sessionOf(call);
  const after = number(call, 'after', 0);
  const absent = call.query.get('absent');
  if (absent !== null && absent !== 'wait') throw invalid('`absent` can be `wait` alone.');
  if (absent === null) await mustBeThere(session_id, host, entries);
  if (response.req.method === 'HEAD') return { status: 200, headers: { 'content-type': 'text/event-stream' } };
  const from = lastEventId === undefined ? { after } : { last_event_id: lastEventId };
  await streams.serve(response, { session_id, from });
  return undefined;
}

/** @throws RuntimeError not_found, when it has neither a journal nor a message on its way */
async function mustBeThere(session_id: string, host: Host, entries: ReadEntries): Promise<void> {
  try {
    await entries(session_id, 0, 1);
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code !== 'not_found') throw error;
    const { status, queued } = await host.session(session_id);
    if (status === 'absent' && queued.length === 0) throw error;
  }
}

async function resolve({ host, approval }: RoutePorts, { id, body }: Call): Promise<Answer> {
  const resolution = await body(validateResolution, {});
  try {
    return ok(await host.resolve(id, resolution));
  } catch (error) {
    if (!(error instanceof RuntimeError) || !/^approval_|^digest_/.test(error.code)) throw error;
    const record = await approval(id).catch(() => undefined);
    throw new ProblemWith(error, { body: { ...(record && { approval: record }) } });
  }
}

function sessionOf({ id }: Call): string {
  checkSessionId(id);
  return id;
}

function checkSessionId(id: string): void {
  if (SESSION_ID.test(id)) return;
  throw new RuntimeError('invalid_id', `${JSON.stringify(id.slice(0, 200))} is no session id.`);
}
