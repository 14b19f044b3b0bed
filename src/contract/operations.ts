/**
 * What can be asked over HTTP, for the OpenAPI document: it stands beside the table of `surfaces/http/routes.ts`, and a
 * test holds the two together. Needed by the build and by tests only.
 */
import * as z from 'zod';
import * as answers from './answers.ts';
import * as bodies from './api.ts';
import { costBy, costReport } from './cost.ts';
import { entryData } from './entries.ts';
import { OPENAI_NAMED, OPENAI_OPERATIONS } from './openai-operations.ts';
import type { Operation } from './operation.ts';
import {
  deliverySchema,
  firingSchema,
  newScheduleSchema,
  scheduleChangeSchema,
  scheduleStatusSchema,
} from './schedule.ts';
import { int } from './values.ts';

const eventEnvelope = {
  schemaVersion: z.literal('runtime.event.v1'),
  seq: int,
  at: int,
  scope: z.strictObject({ kind: z.literal('session'), id: z.string() }),
  turn: int.exactOptional(),
};

const entryEvents = Object.entries(entryData).map(([type, data]) =>
  z.strictObject({
    ...eventEnvelope,
    id: z.string().describe('For the header Last-Event-ID.'),
    type: z.literal(type),
    data: data as z.ZodType,
  }),
);
const entryEvent = z.discriminatedUnion('type', entryEvents as [(typeof entryEvents)[number]]);

const deltaEvent = z.strictObject({
  ...eventEnvelope,
  id: z.null(),
  type: z.literal('delta'),
  data: z.strictObject({
    call_id: z.string(),
    attempt: int,
    kind: z.enum(['text', 'reasoning', 'tool_output', 'arguments']),
    text: z.string(),
  }),
});

const entriesAnswer = z.strictObject({
  entries: z.array(entryEvent),
  next_after: int.describe('What to give as `after` for those that follow.'),
  has_more: z.boolean(),
});

const streamEvent = z.union([entryEvent, deltaEvent]);

/** Schemas that have a name in the document. */
export const NAMED: Record<string, z.ZodType> = {
  Accepted: answers.accepted,
  Approval: answers.approvalRecord,
  DeltaEvent: deltaEvent,
  Entries: entriesAnswer,
  EntryEvent: entryEvent,
  EventStatus: answers.eventStatus,
  Delivery: deliverySchema,
  Firing: firingSchema,
  Fork: bodies.forkSchema,
  Grant: answers.standingGrant,
  Health: answers.health,
  HostStatus: answers.hostStatus,
  Import: bodies.importSchema,
  Imported: answers.imported,
  Json: answers.json,
  PolicyChange: bodies.policyChangeSchema,
  NewSchedule: newScheduleSchema,
  Problem: answers.problem,
  QueueItem: answers.queueItem,
  Ready: answers.ready,
  Resolution: bodies.resolutionSchema,
  ScheduleChange: scheduleChangeSchema,
  ScheduleStatus: scheduleStatusSchema,
  SessionChange: bodies.sessionChangeSchema,
  SessionStatus: answers.sessionStatus,
  SessionRow: answers.sessionRow,
  StreamEvent: streamEvent,
  Submission: bodies.submissionSchema,
  Undo: bodies.undoSchema,
  UndoPlan: answers.undoPlan,
  ...OPENAI_NAMED,
};

const after = int.describe('Only entries behind this seq.');

/** By path, then by method, as the routes are. */
export const OPERATIONS: Record<string, Record<string, Operation>> = {
  '/health': {
    GET: {
      summary: 'Is the daemon well?',
      role: undefined,
      answers: { 200: answers.health, 503: answers.health },
    },
  },
  '/readyz': {
    GET: {
      summary: 'Does it take requests?',
      role: undefined,
      answers: { 200: answers.ready, 503: answers.ready },
    },
  },
  '/openapi.json': {
    GET: { summary: 'This document', role: 'viewer', answers: { 200: z.record(z.string(), z.unknown()) } },
  },
  '/metrics': {
    GET: { summary: 'Figures for Prometheus', role: 'viewer', text: 'text/plain', answers: {} },
  },
  '/v1/status': { GET: { summary: 'Who owns the workspace', role: 'viewer', answers: { 200: answers.hostStatus } } },
  '/v1/events': {
    POST: {
      summary: 'Send a message',
      description:
        'Has either `content` or `parts`. Without `session_id` a new session is made. `model` for a session that is there takes the role that its turns may act with, `root` an operator, and so does `source`, which is none of the names that the daemon itself gives. With an `idempotency_key` that is known nothing is sent again: the answer is 200, with the ids of the first time.',
      role: 'member',
      body: bodies.submissionSchema,
      answers: { 200: answers.accepted, 202: answers.accepted },
    },
  },
  '/v1/events/:id': {
    GET: {
      summary: 'What became of a message',
      role: 'viewer',
      query: {
        wait_ms: int
          .max(30_000)
          .describe('Answer when it is done, dead or waits for a person, at the latest after this.'),
        settled: z.boolean().describe('Answer 204 when it is not settled by then.'),
      },
      answers: { 200: answers.eventStatus, 204: undefined },
    },
  },
  '/v1/queue': {
    GET: {
      summary: "Messages that aren't done: those that wait, run, or couldn't be given to their session",
      role: 'viewer',
      answers: { 200: z.strictObject({ queue: z.array(answers.queueItem) }) },
    },
  },
  '/v1/queue/:id': {
    GET: { summary: 'One of them', role: 'viewer', answers: { 200: answers.queueItem } },
    DELETE: {
      summary: 'Drop a dead letter, or a message that no session has yet',
      role: 'operator',
      answers: { 200: answers.queueItem },
    },
  },
  '/v1/queue/:id/retry': {
    POST: { summary: 'Try a dead letter again', role: 'operator', answers: { 200: answers.queueItem } },
  },
  '/v1/sessions': {
    GET: {
      summary: 'Sessions on which something is being done, or waits',
      role: 'viewer',
      answers: { 200: z.strictObject({ sessions: z.array(answers.sessionRow) }) },
    },
  },
  '/v1/sessions/:id': {
    GET: { summary: 'What a session is doing', role: 'viewer', answers: { 200: answers.sessionStatus } },
    DELETE: {
      summary: 'Remove a session for good',
      role: 'operator',
      query: { force: z.boolean().describe('Also with an open turn.') },
      answers: { 204: undefined },
    },
  },
  '/v1/sessions/:id/stop': {
    POST: {
      summary: 'Stop a turn, or a message that waits',
      role: 'member',
      body: bodies.stopSchema,
      answers: { 204: undefined },
    },
  },
  '/v1/sessions/:id/steer': {
    POST: {
      summary: 'Tell a turn something while it runs',
      description:
        'Has either `content` or `parts`. The turn takes it in before it asks the model again. Where none runs, or it ends before that, it is a message like any other.',
      role: 'member',
      body: bodies.steerSchema,
      answers: { 200: answers.accepted, 202: answers.accepted },
    },
  },
  '/v1/sessions/:id/configure': {
    POST: {
      summary: "Change a session's model, title or instructions, pin a fact, have it summed up, or trust what is in it",
      description: 'Takes the role that its turns may act with; to `trust`, or `trust_files`, an operator.',
      role: 'member',
      body: bodies.sessionChangeSchema,
      answers: { 204: undefined },
    },
  },
  '/v1/sessions/:id/fork': {
    POST: {
      summary: 'Make another session of the beginning of one',
      description: 'In the middle of a turn it takes the role that asked for the turn.',
      role: 'member',
      body: bodies.forkSchema,
      answers: { 201: answers.forked },
    },
  },
  '/v1/sessions/:id/undo': {
    POST: {
      summary: 'Put back the files that a turn changed',
      role: 'operator',
      body: bodies.undoSchema,
      answers: { 200: answers.undoPlan },
    },
  },
  '/v1/sessions/:id/resume': {
    POST: {
      summary: 'Work on what a session has left',
      description: 'An open turn takes the role that asked for it.',
      role: 'member',
      answers: { 200: answers.sessionStatus },
    },
  },
  '/v1/sessions/:id/entries': {
    GET: {
      summary: "A session's journal, page by page",
      role: 'viewer',
      query: { after, limit: z.int().min(1).max(1000).describe('At most so many; 100 when it is not said.') },
      answers: { 200: entriesAnswer },
    },
  },
  '/v1/sessions/:id/stream': {
    GET: {
      summary: 'A session as server-sent events',
      description:
        'First the entries of the journal, then what comes. An entry has an id, a delta has none. `event: reset`: all entries follow from the first; `end`: the session is gone; `handover`: the daemon leaves, come again.',
      role: 'viewer',
      query: { after, absent: z.literal('wait').describe('The session may come later.') },
      headers: { 'Last-Event-ID': z.string().describe('Go on behind this entry; goes before `after`.') },
      events: streamEvent,
      answers: {},
    },
  },
  '/v1/import': {
    POST: {
      summary: "Take in an exported session, by its file on the daemon's machine",
      role: 'operator',
      body: bodies.importSchema,
      answers: { 201: answers.imported },
    },
  },
  '/v1/approvals': {
    GET: {
      summary: 'Calls that wait for an answer, oldest first',
      role: 'viewer',
      answers: { 200: z.strictObject({ approvals: z.array(answers.approvalRecord) }) },
    },
  },
  '/v1/approvals/:id': {
    GET: { summary: 'Exactly what would run', role: 'viewer', answers: { 200: answers.approvalRecord } },
  },
  '/v1/approvals/:id/resolve': {
    POST: {
      summary: 'Grant or deny',
      description:
        'Takes a role that the policy names for it (`governance.approver_roles`). With `digest`: only when it is still for what you were shown.',
      role: 'operator',
      body: bodies.resolutionSchema,
      answers: { 200: answers.approvalRecord },
    },
  },
  '/v1/grants/:id': {
    DELETE: { summary: 'Take a grant back', role: 'operator', answers: { 200: answers.standingGrant } },
  },
  '/v1/policy': {
    POST: {
      summary: 'Change what the configuration says of a tool',
      description: 'With `file`: only the file of the configuration itself.',
      role: 'operator',
      body: bodies.policyChangeSchema,
      answers: { 200: answers.policyChanged },
    },
  },
  '/v1/schedules': {
    GET: {
      summary: 'Jobs that run by themselves',
      role: 'viewer',
      answers: { 200: z.strictObject({ schedules: z.array(scheduleStatusSchema) }) },
    },
    POST: {
      summary: 'Add a job',
      description:
        'Has one of `schedule` and `at`, and one of `prompt`, `command` and `heartbeat`; a heartbeat without a time comes each 30 minutes.',
      role: 'operator',
      body: newScheduleSchema,
      answers: { 201: scheduleStatusSchema },
    },
  },
  '/v1/schedules/:id': {
    GET: { summary: 'A job, by its name, and when it is due', role: 'viewer', answers: { 200: scheduleStatusSchema } },
    PATCH: {
      summary: 'Pause a job, or let it go on',
      role: 'operator',
      body: scheduleChangeSchema,
      answers: { 200: scheduleStatusSchema },
    },
    DELETE: { summary: 'Remove a job', role: 'operator', answers: { 204: undefined } },
  },
  '/v1/schedules/:id/run': {
    POST: {
      summary: 'Run a job now',
      role: 'operator',
      query: { wait: z.boolean().describe('Answer when its run has ended, or waits for a person.') },
      answers: { 200: firingSchema },
    },
  },
  '/v1/schedules/:id/history': {
    GET: {
      summary: 'What became of its due times, newest last',
      role: 'viewer',
      answers: { 200: z.strictObject({ history: z.array(firingSchema) }) },
    },
  },
  '/v1/deliveries': {
    GET: {
      summary: 'The results of jobs that go to a file or a webhook, in the order in which the runs ended',
      role: 'viewer',
      answers: { 200: z.strictObject({ deliveries: z.array(deliverySchema) }) },
    },
  },
  '/v1/usage': {
    GET: {
      summary: 'What was used: calls, tokens and money',
      role: 'operator',
      query: {
        by: costBy.describe('What makes a row. Default: day.'),
        since: z.string().describe('The first day that counts, as `2026-11-01`.'),
        until: z.string().describe('The last one.'),
      },
      answers: { 200: costReport },
    },
  },
  ...OPENAI_OPERATIONS,
};
