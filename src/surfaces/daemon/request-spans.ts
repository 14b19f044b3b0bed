/** The spans of HTTP requests, within the trace of whoever asked, and around the turns of the messages that they brought. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import type { Host } from '../../contract/host.ts';
import type { Span, TraceContext } from '../../contract/telemetry.ts';
import type { Telemetry } from '../../engine/telemetry/open.ts';
import { spanIdOf, traceIdOf } from '../../engine/telemetry/trace-id.ts';
import type { HttpExchange } from '../http/exchange-watch.ts';

export interface RequestSpans {
  /** The host for a request: messages that come through it belong to the request. */
  traced(request: IncomingMessage, host: Host): Host;
  /** The request is over. Gives the id of its trace. */
  ended(exchange: HttpExchange, request: IncomingMessage): string;
}

/** https://www.w3.org/TR/trace-context/: what comes behind the flags in a later version is not for us. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const OUR_FAULT = 500;

export function createRequestSpans(
  telemetry: Pick<Telemetry, 'accepted' | 'span'>,
  ports: { clock: Clock; ids: Ids },
): RequestSpans {
  const { clock, ids } = ports;
  /** Of requests whose place is settled: the message that they brought makes their trace, where nobody else's did. */
  const places = new WeakMap<IncomingMessage, { context: TraceContext; parent_id?: string }>();

  function placeOf(request: IncomingMessage, id: string): { context: TraceContext; parent_id?: string } {
    const known = places.get(request);
    if (known) return known;
    const [, trace_id, parent_id, flags = ''] =
      TRACEPARENT.exec(request.headers['traceparent']?.toString() ?? '') ?? [];
    const span_id = spanIdOf('request', ids.ulid());
    const place =
      trace_id === undefined
        ? { context: { trace_id: traceIdOf(id), span_id, sampled: true } }
        : { context: { trace_id, span_id, sampled: (parseInt(flags, 16) & 1) === 1 }, parent_id: parent_id! };
    places.set(request, place);
    return place;
  }

  return {
    traced: (request, host) => ({
      ...host,
      async submit(message) {
        const accepted = await host.submit(message);
        const { context } = placeOf(request, accepted.event_id);
        if (!accepted.duplicate) telemetry.accepted(accepted.event_id, context);
        return accepted;
      },
    }),
    ended(exchange, request) {
      const { request_id, method, route, status, duration_ms, event_id, session_id, code } = exchange;
      const { context, parent_id } = placeOf(request, event_id ?? request_id);
      const ended_at = clock.now();
      const span: Span = {
        name: `${method} ${route}`,
        kind: 'server',
        context,
        ...(parent_id !== undefined && { parent_id }),
        began_at: ended_at - duration_ms,
        ended_at,
        attributes: {
          'http.request.method': method,
          'http.route': route,
          'http.response.status_code': status,
          'runtime.request.id': request_id,
          ...(event_id !== undefined && { 'runtime.event.ids': [event_id] }),
          ...(session_id !== undefined && { 'gen_ai.conversation.id': session_id }),
          ...(code !== undefined && { 'runtime.error.code': code }),
        },
        ...(status >= OUR_FAULT && { error: String(status) }),
        events: [],
      };
      telemetry.span(span);
      return context.trace_id;
    },
  };
}
