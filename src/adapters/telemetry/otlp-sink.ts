/** Tells a collector by OTLP over HTTP, with OpenTelemetry's SDK. Loaded only where one is configured. */
import { type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Clock } from '../../base/clock.ts';
import type { Span, TelemetrySettings, TelemetrySink, TraceContext } from '../../contract/telemetry.ts';
import { createOutage } from './outage.ts';

export interface OtlpOptions {
  settings: TelemetrySettings;
  clock: Clock;
  version: string;
  /** Tells this process from others of the same service. */
  instance: string;
  /** Told when the collector can't be reached any more, and nothing more until it can again. */
  warn: (message: string) => void;
}

/** How long the end of the program may wait for the collector. */
const CLOSE_MS = 2000;
const MOST_SPANS = 2048;
/** As the conventions have them. */
const TOKEN_BOUNDS = [
  1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
]; // prettier-ignore
const SECOND_BOUNDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const SCOPE = 'runtime';
const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

export function createOtlpSink({ settings, clock, version, instance, warn }: OtlpOptions): TelemetrySink {
  const { headers, interval_ms, service_name } = settings;
  const timeoutMillis = Math.min(settings.timeout_ms, interval_ms);
  const endpoint = settings.endpoint.replace(/\/+$/, '');
  const outage = createOutage(warn);
  const resource = resourceFromAttributes({
    'service.version': version,
    'service.instance.id': instance,
    ...settings.attributes,
    'service.name': service_name,
  });
  const spans = new BatchSpanProcessor({
    exporter: outage.watched('traces', new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers, timeoutMillis })),
    scheduledDelayMillis: interval_ms,
    exportTimeoutMillis: timeoutMillis,
    maxQueueSize: MOST_SPANS,
  });
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: outage.watched('metrics', new OTLPMetricExporter({ url: `${endpoint}/v1/metrics`, headers, timeoutMillis })),
        exportIntervalMillis: interval_ms,
        exportTimeoutMillis: timeoutMillis,
      }),
    ],
  }); // prettier-ignore
  const meter = meters.getMeter(SCOPE, version);
  const tokens = meter.createHistogram('gen_ai.client.token.usage', {
    description: 'Number of input and output tokens used.',
    unit: '{token}',
    advice: { explicitBucketBoundaries: TOKEN_BOUNDS },
  });
  const durations = meter.createHistogram('gen_ai.client.operation.duration', {
    description: 'GenAI operation duration.',
    unit: 's',
    advice: { explicitBucketBoundaries: SECOND_BOUNDS },
  });

  return {
    span: (span) => spans.onEnd(readable(span, resource, version)),
    modelCall({ provider, model, served, duration_ms, tokens: counted, error }) {
      const attributes = {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': provider,
        'gen_ai.request.model': model,
        ...(served !== undefined && { 'gen_ai.response.model': served }),
      };
      durations.record(duration_ms / 1000, { ...attributes, ...(error !== undefined && { 'error.type': error }) });
      if (!counted) return;
      tokens.record(counted.input, { ...attributes, 'gen_ai.token.type': 'input' });
      tokens.record(counted.output, { ...attributes, 'gen_ai.token.type': 'output' });
    },
    async close() {
      const sent = Promise.allSettled([spans.shutdown(), meters.shutdown()]);
      let forget = (): void => {};
      const late = new Promise<void>((resolve) => (forget = clock.at(clock.now() + CLOSE_MS, resolve)));
      await Promise.race([sent, late]);
      forget();
    },
  };
}

/** A span that is over, as the SDK's own would be. */
function readable(span: Span, resource: Resource, version: string): ReadableSpan {
  const { name, kind, context, parent_id, began_at, ended_at, error, events } = span;
  return {
    name,
    kind: KINDS[kind],
    spanContext: () => spanContext(context),
    ...(parent_id !== undefined && { parentSpanContext: spanContext({ ...context, span_id: parent_id }) }),
    startTime: hrTime(began_at),
    endTime: hrTime(ended_at),
    duration: hrTime(ended_at - began_at),
    ended: true,
    status: { code: error === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR },
    attributes: { ...span.attributes, ...(error !== undefined && { 'error.type': error }) },
    events: events.map((event) => ({ name: event.name, time: hrTime(event.at), attributes: event.attributes })),
    links: [],
    resource,
    instrumentationScope: { name: SCOPE, version },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function spanContext({ trace_id, span_id, sampled }: TraceContext): ReturnType<ReadableSpan['spanContext']> {
  return { traceId: trace_id, spanId: span_id, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE };
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1000), (ms % 1000) * 1_000_000];
}
