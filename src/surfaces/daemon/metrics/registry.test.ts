import { expect, test } from 'vitest';
import { parseMetrics } from '../../../../test/support/prometheus.ts';
import { createRegistry } from './registry.ts';

test('counts by labels, whatever their order', async () => {
  const registry = createRegistry();
  const counter = registry.counter('a_total', 'Help.');
  counter.add({ x: '1', y: '2' });
  counter.add({ y: '2', x: '1' }, 2);
  counter.add({ x: 'a "quoted"\n\\', y: '' });
  const { samples } = parseMetrics(await registry.text()).get('a_total')!;
  expect(samples.map(({ labels, value }) => [labels, value])).toEqual([
    [{ x: '1', y: '2' }, 3],
    [{ x: 'a "quoted"\n\\', y: '' }, 1],
  ]);
});

test('sorts into buckets', async () => {
  const registry = createRegistry();
  const histogram = registry.histogram('b_seconds', 'Help with \\ and\nlines.', [0.5, 1]);
  for (const value of [0.1, 0.5, 0.7, 3]) histogram.observe(value);
  const { samples } = parseMetrics(await registry.text()).get('b_seconds')!;
  expect(samples.map(({ value }) => value)).toEqual([2, 3, 4, 4.3, 4]);
});

test('leaves out what has no value, or cannot be read', async () => {
  const registry = createRegistry();
  registry.counter('none_total', 'None yet.');
  registry.gauge('broken', 'Broken.', () => Promise.reject(new Error('no')));
  registry.gauge('whole', 'Whole.', () => [{ value: 1 }]);
  expect([...parseMetrics(await registry.text()).keys()]).toEqual(['whole']);
});

test('a label with more and more values stops to grow', async () => {
  const registry = createRegistry();
  const counter = registry.counter('c_total', 'Help.');
  for (let n = 0; n < 5000; n++) counter.add({ n: String(n) });
  expect(parseMetrics(await registry.text()).get('c_total')!.samples.length).toBeLessThanOrEqual(1000);
});
