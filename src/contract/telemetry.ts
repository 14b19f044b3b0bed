/** What is told to a collector of traces and metrics. Types only; `adapters/telemetry` sends it, `engine/telemetry` makes it. */

/** Where the collector is, and as whom we speak to it. */
export interface TelemetrySettings {
  /** Base of the OTLP/HTTP endpoint; `/v1/traces` and `/v1/metrics` are asked. */
  endpoint: string;
  headers: Record<string, string>;
  service_name: string;
  /** Beside those that name the service. */
  attributes: Record<string, string>;
  interval_ms: number;
  timeout_ms: number;
}

export type Attributes = Record<string, string | number | boolean | string[]>;

/** A span's place in its trace: W3C ids, 32 and 16 lower-case hex digits. */
export interface TraceContext {
  trace_id: string;
  span_id: string;
  /** False: who asked doesn't want it recorded. */
  sampled: boolean;
}

/** Something that has happened, from begin to end (ms UTC). */
export interface Span {
  name: string;
  /** `server`: somebody asked us; `client`: we ask somebody; else `internal`. */
  kind: 'server' | 'client' | 'internal';
  context: TraceContext;
  /** The id of the span that it is part of, in the same trace. */
  parent_id?: string;
  began_at: number;
  ended_at: number;
  attributes: Attributes;
  /** What kind of failure it ended with; absent: none. */
  error?: string;
  events: { name: string; at: number; attributes: Attributes }[];
}

/** A model call that is over. */
export interface MeasuredCall {
  provider: string;
  model: string;
  /** The model that answered. */
  served?: string;
  duration_ms: number;
  tokens?: { input: number; output: number };
  error?: string;
}

/** Takes what is to be told. It never throws and never waits; what doesn't find room is dropped. */
export interface TelemetrySink {
  span(span: Span): void;
  modelCall(call: MeasuredCall): void;
  /** Sends what is left. Resolves when that is done or took too long, whatever became of it. */
  close(): Promise<void>;
}
