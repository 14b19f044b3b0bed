/** Traces and metrics for a collector: what it is told, what it isn't, and that a bad one costs nothing. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect } from 'vitest';
import { type CollectedSpan, type Collector, startCollector } from './support/collector.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { enter, openRepl } from './support/repl.ts';
import { expectVerified, linesOf, type Place, test as base, until } from './support/place.ts';

const test = base.extend<{ collector: Collector }>({
  // eslint-disable-next-line no-empty-pattern
  collector: async ({}, use) => {
    const collector = await startCollector();
    await use(collector);
    await collector.close();
  },
});

const SECRETS = ['What is in the notes', 'notes.txt', 'three apples', 'There are three'];
const CALLER = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLERS_SPAN = '00f067aa0ba902b7';
const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;

const traceOf = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 32);
const logOf = (text: string): Record<string, unknown>[] => linesOf(text) as Record<string, unknown>[];

async function stop(daemon: Daemon): Promise<{ stdout: string; stderr: string }> {
  process.kill(daemon.pid, 'SIGTERM');
  const ended = await daemon.ended;
  expect(ended.code).toBe(0);
  return ended;
}

function connect(place: Place, mock: Parameters<Place['connect']>[0], config: object): void {
  place.connect(mock, { model: 'gpt-x' }, { governance: { auto_allow: ['read_file'] }, ...config });
  place.write('notes.txt', 'three apples');
  mock.reply({ calls: [{ name: 'read_file', arguments: { path: 'notes.txt' } }] }, { text: 'There are three.' });
}

const named = (spans: CollectedSpan[], name: string): CollectedSpan[] => spans.filter((span) => span.name === name);

describe('a turn of the daemon', () => {
  test('is a trace of the caller’s, from the request to the calls', async ({ place, mock, collector }) => {
    connect(place, mock, { telemetry: { endpoint: `${collector.url}/`, service_name: 'my-agent' } });
    const daemon = await startDaemon(place, [], {
      environment: {
        OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=collector%20key,x-b=2',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      },
    });
    const answer = await daemon.ask('POST', '/v1/events', { content: 'What is in the notes?' }, {
      traceparent: `00-${CALLER}-${CALLERS_SPAN}-01`,
    }); // prettier-ignore
    const accepted = (await answer.json()) as { event_id: string; session_id: string };
    await daemon.ask('GET', `/v1/events/${accepted.event_id}?wait_ms=20000`);
    const { stderr } = await stop(daemon);

    const { spans } = collector;
    const [request] = named(spans, 'POST /v1/events') as [CollectedSpan];
    const [turn] = named(spans, 'invoke_agent') as [CollectedSpan];
    const chats = named(spans, 'chat gpt-x');
    const [tool] = named(spans, 'execute_tool read_file') as [CollectedSpan];
    expect(request).toMatchObject({ traceId: CALLER, parentSpanId: CALLERS_SPAN, kind: SERVER, status: 0 });
    expect(request.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/events',
      'http.response.status_code': 202,
      'runtime.request.id': answer.headers.get('x-request-id'),
      'runtime.event.ids': [accepted.event_id],
    });
    expect(turn).toMatchObject({ traceId: CALLER, parentSpanId: request.spanId, kind: INTERNAL, status: 0 });
    expect(turn.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.conversation.id': accepted.session_id,
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-x',
      'runtime.turn.reason': 'success',
      'runtime.event.ids': [accepted.event_id],
    });
    expect(turn.resource).toMatchObject({ 'service.name': 'my-agent', 'deployment.environment.name': 'test' });
    expect(chats).toHaveLength(2);
    const replies = place
      .journal(accepted.session_id)
      .flatMap((line) => (line.type === 'model.replied' ? [line.data] : []));
    for (const [index, chat] of chats.entries()) {
      expect(chat).toMatchObject({ traceId: CALLER, parentSpanId: turn.spanId, kind: CLIENT, status: 0 });
      const { usage, model_served } = replies[index]!;
      expect(chat.attributes).toMatchObject({
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-x',
        'gen_ai.response.model': model_served,
        'gen_ai.response.finish_reasons': [index === 0 ? 'tool_calls' : 'stop'],
        'gen_ai.usage.input_tokens': usage.input,
        'gen_ai.usage.output_tokens': usage.output,
        'gen_ai.conversation.id': accepted.session_id,
      });
    }
    expect(tool).toMatchObject({ traceId: CALLER, parentSpanId: turn.spanId, kind: INTERNAL, status: 0 });
    const [call] = place.journal(accepted.session_id).filter((line) => line.type === 'call.started');
    expect(tool.attributes).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'read_file',
      'gen_ai.tool.call.id': (call!.data as { call_id: string }).call_id,
    });
    for (const span of [...chats, tool]) {
      expect(BigInt(span.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(turn.startTimeUnixNano));
      expect(BigInt(span.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(turn.endTimeUnixNano));
    }
    const [asked] = collector.requests;
    expect(asked!.headers).toMatchObject({
      'x-api-key': 'collector key',
      'x-b': '2',
      'content-type': 'application/json',
    });
    for (const { body } of collector.requests) for (const text of SECRETS) expect(body).not.toContain(text);
    const lines = logOf(stderr).filter((line) =>
      ['message accepted', 'turn started', 'turn ended'].includes(String(line['msg'])),
    );
    expect(lines.map((line) => line['trace_id'])).toEqual([CALLER, CALLER, CALLER]);
    await expectVerified(place, accepted.session_id);
  });

  test('has the trace that follows from its message, and is measured', async ({ place, mock, collector }) => {
    connect(place, mock, { telemetry: { endpoint: collector.url } });
    const daemon = await startDaemon(place);
    const { accepted } = await daemon.send({ content: 'What is in the notes?' });
    await stop(daemon);
    const [turn] = named(collector.spans, 'invoke_agent') as [CollectedSpan];
    const [request] = named(collector.spans, 'POST /v1/events') as [CollectedSpan];
    expect(turn).toMatchObject({ traceId: traceOf(accepted.event_id), parentSpanId: request.spanId });
    expect(request).not.toHaveProperty('parentSpanId');
    expect(turn.resource).toMatchObject({ 'service.name': 'runtime' });
    const replies = place
      .journal(accepted.session_id)
      .flatMap((line) => (line.type === 'model.replied' ? [line.data] : []));
    const told = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-x' };
    for (const type of ['input', 'output'] as const) {
      const sum = replies.reduce((total, { usage }) => total + usage[type], 0);
      const attributes = expect.objectContaining({ ...told, 'gen_ai.token.type': type }) as object;
      expect(collector.points).toContainEqual({
        metric: 'gen_ai.client.token.usage',
        unit: '{token}',
        attributes,
        count: 2,
        sum,
      });
    }
    const [duration] = collector.points.filter(({ metric }) => metric === 'gen_ai.client.operation.duration');
    expect(duration).toMatchObject({ unit: 's', count: 2, attributes: told });
  });

  test('of OpenAI’s API is part of its request, which ends behind it', async ({ place, mock, collector }) => {
    connect(place, mock, { telemetry: { endpoint: collector.url } });
    const daemon = await startDaemon(place);
    const body = { model: 'mock', messages: [{ role: 'user', content: 'What is in the notes?' }] };
    const headers = { traceparent: `00-${CALLER}-${CALLERS_SPAN}-01` };
    const answer = await daemon.ask('POST', '/v1/chat/completions', body, headers);
    expect([answer.status, (await answer.text()).includes('There are three.')]).toEqual([200, true]);
    await stop(daemon);
    const [request] = named(collector.spans, 'POST /v1/chat/completions') as [CollectedSpan];
    const [turn] = named(collector.spans, 'invoke_agent') as [CollectedSpan];
    expect(request).toMatchObject({ traceId: CALLER, parentSpanId: CALLERS_SPAN });
    expect(turn).toMatchObject({ traceId: CALLER, parentSpanId: request.spanId });
    expect(turn.attributes['runtime.event.ids']).toEqual(request.attributes['runtime.event.ids']);
  });

  test('that goes wrong says so', async ({ place, mock, collector }) => {
    place.connect(mock, { model: 'gpt-x' }, { telemetry: { endpoint: collector.url } });
    mock.reply({ status: 401, body: { error: { message: 'no', code: 'invalid_api_key' } } });
    const daemon = await startDaemon(place);
    const { status } = await daemon.send({ content: 'What is in the notes?' });
    await stop(daemon);
    const [turn] = named(collector.spans, 'invoke_agent') as [CollectedSpan];
    const [chat] = named(collector.spans, 'chat gpt-x') as [CollectedSpan];
    expect(turn).toMatchObject({ status: ERROR, attributes: { 'error.type': status.reason } });
    expect(chat).toMatchObject({ status: ERROR, attributes: { 'error.type': 'auth' } });
    const [duration] = collector.points.filter(({ metric }) => metric === 'gen_ai.client.operation.duration');
    expect(duration!.attributes).toMatchObject({ 'error.type': 'auth' });
  });

  test('is not recorded when the caller doesn’t want it', async ({ place, mock, collector }) => {
    connect(place, mock, { telemetry: { endpoint: collector.url } });
    const daemon = await startDaemon(place);
    const body = { content: 'What is in the notes?' };
    const headers = { traceparent: `00-${CALLER}-${CALLERS_SPAN}-00` };
    const { event_id } = (await (await daemon.ask('POST', '/v1/events', body, headers)).json()) as { event_id: string };
    await daemon.ask('GET', `/v1/events/${event_id}?wait_ms=20000`);
    await stop(daemon);
    expect(collector.spans.map(({ name }) => name)).toEqual(['GET /v1/events/:id']);
  });

  test('that another process began is told with what the journal has of it', async ({ place, mock, collector }) => {
    place.connect(mock, { model: 'gpt-x' }, { telemetry: { endpoint: collector.url } });
    mock.reply({ hangHead: true }, { text: 'At last.' });
    const first = await startDaemon(place);
    const answer = await first.ask('POST', '/v1/events', { content: 'wait' });
    const { event_id, session_id } = (await answer.json()) as { event_id: string; session_id: string };
    await until('the model is asked', () => mock.requests.length === 1);
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    const second = await startDaemon(place);
    await second.ask('GET', `/v1/events/${event_id}?wait_ms=20000`);
    await stop(second);
    const [turn] = named(collector.spans, 'invoke_agent') as [CollectedSpan];
    const [started] = place.journal(session_id).filter((line) => line.type === 'turn.started');
    expect(turn).toMatchObject({ traceId: traceOf(event_id), status: 0 });
    expect(turn.startTimeUnixNano).toBe(`${started!.at}000000`);
    const chat = named(collector.spans, 'chat gpt-x').at(-1);
    expect(chat).toMatchObject({ traceId: turn.traceId, parentSpanId: turn.spanId });
  });
});

test('a one-shot run is told, too', async ({ place, mock, collector }) => {
  connect(place, mock, {});
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'shell' };
  expect(await place.run(['run', 'What is in the notes?'], { environment })).toMatchObject({ code: 0, stderr: '' });
  expect(collector.spans.map(({ name }) => name).sort()).toEqual(['chat gpt-x', 'chat gpt-x', 'execute_tool read_file', 'invoke_agent']); // prettier-ignore
  expect(collector.spans[0]!.resource).toMatchObject({ 'service.name': 'shell' });
});

test('a terminal’s turns are told, too', async ({ place, mock, collector }) => {
  connect(place, mock, { telemetry: { endpoint: collector.url } });
  const terminal = await openRepl(place);
  await enter(terminal, 'What is in the notes?', 'There are three.');
  await enter(terminal, '/exit', '');
  await until('all is sent', () => named(collector.spans, 'invoke_agent').length === 1);
  expect(named(collector.spans, 'execute_tool read_file')).toHaveLength(1);
});

describe('nothing is loaded and nothing sent', () => {
  /** Writes down at exit which scripts of ours were loaded. */
  const PROBE = `
const vm = require('node:vm');
const scripts = [];
vm.Script = class extends vm.Script {
  constructor(source, options) { super(source, options); scripts.push(options.filename); }
};
process.on('exit', () => require('node:fs').writeFileSync(process.env.PROBE_FILE, JSON.stringify(scripts)));
`;

  test.for([
    ['without an endpoint', {}, false],
    ['with OTEL_SDK_DISABLED', { OTEL_SDK_DISABLED: 'true' }, false],
    ['but with one it is', {}, true],
  ] as const)('%s', async ([what, variables, loads], { place, mock, collector }) => {
    connect(place, mock, what === 'without an endpoint' ? {} : { telemetry: { endpoint: collector.url } });
    place.write('probe.cjs', PROBE);
    const file = join(place.project, 'loaded.json');
    const NODE_OPTIONS = `--require=${join(place.project, 'probe.cjs')}`;
    const environment = { ...variables, NODE_OPTIONS, PROBE_FILE: file };
    const daemon = await startDaemon(place, [], { environment });
    await daemon.send({ content: 'What is in the notes?' });
    await stop(daemon);
    const scripts = (JSON.parse(readFileSync(file, 'utf8')) as string[]).map((path) => basename(path));
    expect(scripts).toContain('daemon.js');
    expect(scripts.filter((name) => /telemetry/.test(name))).toEqual(
      loads ? ['open-telemetry.js', 'telemetry.js'] : [],
    );
    expect(collector.requests.length > 0).toBe(loads);
  });
});

describe('a collector that', () => {
  const ENOUGH = 5;

  /** What a daemon logs whose collector is no good, while its turns go on. */
  async function warnings(
    place: Place,
    mock: Parameters<Place['connect']>[0],
    collector: Collector,
  ): Promise<string[]> {
    const telemetry = { endpoint: collector.url, interval: '50ms', timeout: '50ms' };
    place.connect(mock, {}, { telemetry });
    const daemon = await startDaemon(place);
    for (const text of ['One.', 'Two.', 'Three.']) {
      mock.reply({ text });
      expect((await daemon.send({ content: 'Count.' })).status).toMatchObject({ status: 'done', text });
    }
    await daemon.says("can't be delivered");
    if (collector.answer !== 'ok') await until('it was asked often', () => collector.requests.length >= ENOUGH);
    const { stderr } = await stop(daemon);
    return logOf(stderr).flatMap(({ level, msg }) => (level === 'warn' ? [String(msg)] : []));
  }

  test('hangs is told of once', async ({ place, mock, collector }) => {
    collector.answer = 'hang';
    expect(await warnings(place, mock, collector)).toEqual([expect.stringContaining("can't be delivered")]);
  });

  test('isn’t there, too', async ({ place, mock, collector }) => {
    await collector.close();
    expect(await warnings(place, mock, collector)).toHaveLength(1);
  });

  test('refuses everything, too', async ({ place, mock, collector }) => {
    collector.answer = 'refuse';
    expect(await warnings(place, mock, collector)).toHaveLength(1);
  });

  test('hangs keeps nobody from ending', async ({ place, mock, collector }) => {
    collector.answer = 'hang';
    place.connect(mock, {}, { telemetry: { endpoint: collector.url, interval: '1h', timeout: '1h' } });
    mock.reply({ text: 'Hello.' }, { text: 'Hello.' });
    expect(await place.run(['run', 'hello'])).toMatchObject({ code: 0, stdout: 'Hello.\n' });
    const daemon = await startDaemon(place);
    await daemon.send({ content: 'hello' });
    await stop(daemon);
    expect(collector.requests.length).toBeGreaterThan(0);
  });

  test('is named by no address is refused by the configuration, and warned of in the environment', async ({
    place,
    mock,
  }) => {
    place.connect(mock, {}, { telemetry: { endpoint: 'localhost:4317' } });
    expect(await place.run(['run', 'hello'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('telemetry.endpoint') as string,
    });
    place.connect(mock);
    mock.reply({ text: 'Hello.' });
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4317' };
    const ran = await place.run(['run', 'hello'], { environment });
    expect(ran).toMatchObject({
      code: 0,
      stdout: 'Hello.\n',
      stderr: expect.stringContaining('telemetry is off') as string,
    });
  });
});
