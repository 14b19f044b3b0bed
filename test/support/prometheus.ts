/** Reads Prometheus' text format 0.0.4, and throws at whatever its page doesn't allow. */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Metric {
  type: string;
  samples: Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/gy;
const SUFFIXES: Record<string, string[]> = { counter: [''], gauge: [''], histogram: ['_bucket', '_sum', '_count'] };

export function parseMetrics(text: string): Map<string, Metric> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const metrics = new Map<string, Metric>();
  const helped = new Set<string>();
  let current: string | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (!NAME.test(name) || helped.has(name)) throw new Error(`a second or bad HELP: ${line}`);
      helped.add(name);
    } else if (keyword === 'TYPE') {
      if (metrics.has(name) || !helped.has(name)) throw new Error(`a second TYPE, or one without HELP: ${line}`);
      if (SUFFIXES[rest] === undefined) throw new Error(`no type: ${line}`);
      if (rest === 'counter' && !name.endsWith('_total')) throw new Error(`a counter's name ends in _total: ${line}`);
      metrics.set((current = name), { type: rest, samples: [] });
    } else {
      const metric = current === undefined ? undefined : metrics.get(current);
      if (!metric) throw new Error(`a sample before its TYPE: ${line}`);
      const sample = parseSample(line);
      if (!SUFFIXES[metric.type]!.some((suffix) => sample.name === current + suffix)) {
        throw new Error(`a sample of another metric than ${current}: ${line}`);
      }
      metric.samples.push(sample);
    }
  }
  for (const [name, metric] of metrics) check(name, metric);
  return metrics;
}

function parseSample(line: string): Sample {
  const [, name, list = '', number] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  let read = 0;
  for (const { 0: whole, 1: label, 2: value } of list.matchAll(LABEL)) {
    if (label! in labels) throw new Error(`a label twice: ${line}`);
    labels[label!] = value!.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
    read += whole.length;
  }
  if (read !== list.length || list.endsWith(',')) throw new Error(`bad labels: ${line}`);
  const value = number === '+Inf' ? Infinity : number === '-Inf' ? -Infinity : Number(number);
  if (Number.isNaN(value) && number !== 'NaN') throw new Error(`no number: ${line}`);
  return { name, labels, value };
}

function check(name: string, { type, samples }: Metric): void {
  if (samples.length === 0) throw new Error(`${name} has no sample`);
  const series = samples.map((sample) => keyOf(sample.name, sample.labels));
  if (new Set(series).size < series.length) throw new Error(`${name} has a series twice`);
  if (type !== 'gauge' && samples.some(({ value }) => value < 0)) throw new Error(`${name} counts below zero`);
  if (type !== 'histogram') return;
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...others } }) => keyOf('', others));
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => (labels['le'] === '+Inf' ? Infinity : Number(labels['le'])));
    const counts = buckets.map(({ value }) => value);
    const rises = (values: number[]): boolean => values.every((value, at) => at === 0 || value >= values[at - 1]!);
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    if (!rises(bounds) || !rises(counts) || bounds.at(-1) !== Infinity || counts.at(-1) !== count) {
      throw new Error(`${name} has buckets that don't fit`);
    }
  }
}

/** The same for the same labels, in whatever order. */
function keyOf(name: string, labels: Sample['labels']): string {
  const names = Object.keys(labels).sort();
  return JSON.stringify([name, ...names.map((label) => [label, labels[label]])]);
}
