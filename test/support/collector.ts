/** A collector on the loopback that takes traces and metrics by OTLP over HTTP, in JSON, and keeps what it took. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** 1: internal, 2: server, 3: client. */
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  /** 2: an error. */
  status: number;
  attributes: Record<string, unknown>;
  events: { name: string; attributes: Record<string, unknown> }[];
  resource: Record<string, unknown>;
}

/** One point of a histogram. */
export interface CollectedPoint {
  metric: string;
  unit: string;
  attributes: Record<string, unknown>;
  count: number;
  sum: number;
}

export interface Collector {
  /** What `telemetry.endpoint` is. */
  url: string;
  spans: CollectedSpan[];
  /** Of each metric as it was told last. */
  points: CollectedPoint[];
  requests: { path: string; headers: IncomingHttpHeaders; body: string }[];
  /** How requests are answered from now on. */
  answer: 'ok' | 'hang' | 'refuse';
  close(): Promise<void>;
}

/** The part of OTLP's JSON that is read here. */
interface Value {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: number | string;
  doubleValue?: number;
  arrayValue?: { values: Value[] };
}
type Pairs = { key: string; value: Value }[];
interface Traces {
  resourceSpans: {
    resource: { attributes: Pairs };
    scopeSpans: {
      spans: (Omit<CollectedSpan, 'attributes' | 'status' | 'events' | 'resource'> & {
        attributes: Pairs;
        status: { code?: number };
        events: { name: string; attributes: Pairs }[];
      })[];
    }[];
  }[];
}
interface Metrics {
  resourceMetrics: {
    scopeMetrics: {
      metrics: {
        name: string;
        unit: string;
        histogram: { dataPoints: { attributes: Pairs; count: number | string; sum: number }[] };
      }[];
    }[];
  }[];
}

export async function startCollector(): Promise<Collector> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      collector.requests.push({ path, headers, body });
      if (collector.answer === 'hang') return;
      if (collector.answer === 'refuse') return void response.writeHead(400).end();
      if (path === '/v1/traces') collector.spans.push(...spansIn(JSON.parse(body) as Traces));
      if (path === '/v1/metrics') collector.points = pointsIn(JSON.parse(body) as Metrics);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    points: [],
    requests: [],
    answer: 'ok',
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return collector;
}

function spansIn({ resourceSpans }: Traces): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        status: span.status.code ?? 0,
        attributes: valuesOf(span.attributes),
        events: span.events.map(({ name, attributes }) => ({ name, attributes: valuesOf(attributes) })),
        resource: valuesOf(resource.attributes),
      })),
    ),
  );
}

function pointsIn({ resourceMetrics }: Metrics): CollectedPoint[] {
  return resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(({ name, unit, histogram }) =>
        histogram.dataPoints.map(({ attributes, count, sum }) => ({
          metric: name,
          unit,
          attributes: valuesOf(attributes),
          count: Number(count),
          sum,
        })),
      ),
    ),
  );
}

function valuesOf(pairs: Pairs): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)]));
}

function plain({ stringValue, boolValue, intValue, doubleValue, arrayValue }: Value): unknown {
  if (intValue !== undefined) return Number(intValue);
  return arrayValue ? arrayValue.values.map(plain) : (stringValue ?? boolValue ?? doubleValue);
}
