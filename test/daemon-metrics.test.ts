/** `GET /metrics`, read as strictly as its format is written. */
import { describe, expect } from 'vitest';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { type Sample, parseMetrics, type Metric } from './support/prometheus.ts';
import { test, until } from './support/place.ts';

async function scrape(daemon: Daemon): Promise<Map<string, Metric>> {
  const response = await daemon.ask('GET', '/metrics');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parseMetrics(await response.text());
}

function valueOf(metrics: Map<string, Metric>, name: string, labels: Sample['labels'] = {}): number | undefined {
  const metric = [...metrics.values()].find(({ samples }) => samples.some((sample) => sample.name === name));
  return metric?.samples.find(
    (sample) => sample.name === name && Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
  )?.value;
}

describe('metrics', () => {
  test('count messages, turns, model calls, requests and readers', async ({ place, mock }) => {
    place.connect(mock, {}, { governance: { auto_allow: ['read_file'] } });
    place.write('notes.txt', 'three');
    mock.reply({ calls: [{ name: 'read_file', arguments: { path: 'notes.txt' } }] }, { text: 'Three.' });
    const daemon = await startDaemon(place);
    const { accepted } = await daemon.send({ content: 'Read the notes.' });
    const refused = await daemon.ask('POST', '/v1/events', { content: '' });
    expect(refused.status).toBe(400);
    const { code } = (await refused.json()) as { code: string };
    const reader = new AbortController();
    await fetch(`${daemon.url}/v1/sessions/${accepted.session_id}/stream`, {
      headers: { authorization: `Bearer ${daemon.token}` },
      signal: reader.signal,
    });
    const metrics = await scrape(daemon);
    const read = (name: string, labels?: Sample['labels']): number | undefined => valueOf(metrics, name, labels);
    expect(read('runtime_events_accepted_total', { lane: 'interactive' })).toBe(1);
    expect(read('runtime_events_refused_total', { code })).toBe(1);
    expect(read('runtime_events_pending', { lane: 'interactive' })).toBe(0);
    expect(read('runtime_turns_total', { reason: 'success' })).toBe(1);
    expect(read('runtime_turns_in_flight')).toBe(0);
    expect(read('runtime_turn_duration_seconds_count')).toBe(1);
    expect(read('runtime_model_call_duration_seconds_count')).toBe(2);
    expect(read('runtime_tool_calls_total', { outcome: 'ok' })).toBe(1);
    expect(read('runtime_http_requests_total', { route: '/v1/events', method: 'POST', status: '202' })).toBe(1);
    expect(read('runtime_stream_readers')).toBe(1);
    expect(read('runtime_journal_syncs_total')).toBeGreaterThan(0);
    expect(read('runtime_build_info')).toBe(1);
    expect(read('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    reader.abort();
    let readers: number | undefined;
    for (let tries = 0; readers !== 0 && tries < 100; tries++) {
      readers = valueOf(await scrape(daemon), 'runtime_stream_readers');
    }
    expect(readers).toBe(0);
  });

  test('show a turn that runs, and have no label that a sender can make up', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ hangHead: true });
    const daemon = await startDaemon(place);
    const before = await scrape(daemon);
    await daemon.ask('POST', '/v1/events', { content: 'wait', session_id: 'made-up', model: 'mock' });
    await until('the model is asked', () => mock.requests.length === 1);
    for (const path of ['/made-up/1', '/v1/sessions/made-up', '/v1/events/made-up']) await daemon.ask('GET', path);
    await daemon.ask('PATCH', '/v1/status');
    const metrics = await scrape(daemon);
    expect(valueOf(metrics, 'runtime_turns_in_flight')).toBe(1);
    expect(valueOf(metrics, 'runtime_events_pending', { lane: 'interactive' })).toBe(1);
    const labels = [...metrics.values()].flatMap(({ samples }) => samples.flatMap((one) => Object.values(one.labels)));
    expect(labels.filter((text) => text.includes('made-up'))).toEqual([]);
    expect(before.size).toBeGreaterThan(5);
  });

  test('are for whoever has a token', async ({ place }) => {
    const daemon = await startDaemon(place);
    expect((await fetch(`${daemon.url}/metrics`)).status).toBe(401);
  });
});
