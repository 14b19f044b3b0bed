/** What a daemon counts. Labels hold only what there are few of: never an id, a path or a text. */
import { commit, version } from '#generated/version.js';
import type { Clock } from '../../../base/clock.ts';
import type { Entry } from '../../../contract/entries.ts';
import type { Ingress, Journal } from '../../../contract/ports.ts';
import type { HttpExchange } from '../../http/exchange-watch.ts';
import { createRegistry, type Reading } from './registry.ts';

export interface DaemonMetrics {
  /** The same ports, counted. */
  countIngress(ingress: Ingress): Ingress;
  countJournal(journal: Journal): Journal;
  took(entry: Entry): void;
  /** ms. */
  turnEnded(reason: string, duration: number | undefined): void;
  requestBegan(route: string): void;
  requestEnded(exchange: HttpExchange): void;
  /** What Prometheus reads. */
  text(): Promise<string>;
}

export interface MetricsOptions {
  clock: Clock;
  openTurns: () => number;
  /** Messages that wait or run, by what tells them apart, as their lane. */
  queued: () => Promise<Reading[]>;
}

const OF_ALL = /^(?:day|month)_/;
const TURN_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const MODEL_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const REQUEST_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];
const STREAM_ROUTE = '/v1/sessions/:id/stream';
const SUBMIT_ROUTE = '/v1/events';

function unitOf(scope: string): number {
  if (scope.endsWith('_cost')) return 1_000_000;
  return scope.endsWith('_wall') ? 1000 : 1;
}

export function createDaemonMetrics({ clock, openTurns, queued }: MetricsOptions): DaemonMetrics {
  const registry = createRegistry();
  const startedAt = clock.now();
  const seconds = (ms: number): number => ms / 1000;

  registry.gauge('runtime_build_info', 'Which build this is; always 1.', () => [
    { labels: { version, commit: commit.slice(0, 12), node: process.versions.node }, value: 1 },
  ]);
  const accepted = registry.counter('runtime_events_accepted_total', 'Messages that were made durable, by lane.');
  const refused = registry.counter(
    'runtime_events_refused_total',
    'Messages that were refused over HTTP, by error code.',
  );
  registry.gauge('runtime_events_pending', 'Accepted messages that have not come to their end, by lane.', queued);
  const turns = registry.counter('runtime_turns_total', 'Turns that have ended, by reason.');
  registry.gauge('runtime_turns_in_flight', 'Turns that are open.', () => [{ value: openTurns() }]);
  const turnSeconds = registry.histogram(
    'runtime_turn_duration_seconds',
    'Turns that began and ended here.',
    TURN_SECONDS,
  );
  const modelSeconds = registry.histogram(
    'runtime_model_call_duration_seconds',
    'Model calls that were answered.',
    MODEL_SECONDS,
  );
  const modelFailures = registry.counter('runtime_model_call_failures_total', 'Model calls that failed, by class.');
  const tokens = registry.counter('runtime_model_tokens_total', 'Tokens that models counted.');
  const budgets = new Map<string, { limit: number; used: number }>();
  const budgetReadings = (what: 'limit' | 'used') => (): Reading[] =>
    [...budgets].map(([scope, use]) => ({ labels: { scope }, value: use[what] / unitOf(scope) }));
  const UNITS = 'calls, tokens, USD or seconds';
  registry.gauge('runtime_budget_used', `Used of the budgets of day and month: ${UNITS}.`, budgetReadings('used'));
  registry.gauge('runtime_budget_limit', `Limits of the budgets of day and month: ${UNITS}.`, budgetReadings('limit'));
  const toolCalls = registry.counter('runtime_tool_calls_total', 'Tool calls that have finished, by outcome.');
  const syncs = registry.counter('runtime_journal_syncs_total', 'Times that the end of a journal was made durable.');
  const requests = registry.counter(
    'runtime_http_requests_total',
    'HTTP requests that have ended, by route, method and status.',
  );
  const requestSeconds = registry.histogram(
    'runtime_http_request_duration_seconds',
    'HTTP requests but streams, by route.',
    REQUEST_SECONDS,
  );
  let streams = 0;
  registry.gauge('runtime_stream_readers', 'Streams of session events that are open.', () => [{ value: streams }]);
  registry.gauge('process_start_time_seconds', 'When the process started, in Unix time.', () => [
    { value: seconds(startedAt) },
  ]);
  registry.gauge('process_resident_memory_bytes', 'Resident memory.', () => [{ value: process.memoryUsage.rss() }]);
  const cpu = (): Reading[] => {
    const { user, system } = process.cpuUsage();
    return [{ value: (user + system) / 1_000_000 }];
  };
  registry.gauge('process_cpu_seconds_total', 'User and system CPU time.', cpu, 'counter'); // prettier-ignore

  return {
    countIngress: (ingress) => ({
      ...ingress,
      async accept(event) {
        const done = await ingress.accept(event);
        if (!done.duplicate) accepted.add({ lane: event.lane });
        return done;
      },
    }),
    countJournal: (journal) => ({
      ...journal,
      sync(session) {
        syncs.add();
        return journal.sync(session);
      },
    }),
    took(entry) {
      switch (entry.type) {
        case 'model.replied':
          modelSeconds.observe(seconds(entry.data.duration_ms));
          tokens.add({ kind: 'input' }, entry.data.usage.input);
          tokens.add({ kind: 'output' }, entry.data.usage.output);
          break;
        case 'model.failed':
          modelFailures.add({ class: entry.data.class });
          break;
        case 'budget.reserved':
        case 'budget.refused':
          // Those of senders, jobs and trees are many.
          for (const { scope, limit, used } of entry.data.scopes)
            if (OF_ALL.test(scope)) budgets.set(scope, { limit, used });
          break;
        case 'call.finished':
          toolCalls.add({ outcome: entry.data.outcome });
          break;
        default:
      }
    },
    turnEnded(reason, duration) {
      turns.add({ reason });
      if (duration !== undefined) turnSeconds.observe(seconds(duration));
    },
    requestBegan(route) {
      if (route === STREAM_ROUTE) streams++;
    },
    requestEnded({ route, method, status, duration_ms, code }) {
      requests.add({ route, method, status: String(status) });
      if (route === STREAM_ROUTE) streams--;
      else requestSeconds.observe(seconds(duration_ms), { route });
      if (route === SUBMIT_ROUTE && code !== undefined) refused.add({ code });
    },
    text: () => registry.text(),
  };
}
