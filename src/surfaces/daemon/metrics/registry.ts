/** Metrics, and the text in which Prometheus reads them (format 0.0.4). */

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(labels?: Labels, by?: number): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** One value of a metric that is read when somebody asks. */
export interface Reading {
  labels?: Labels;
  value: number;
}

export interface Registry {
  /** Its name ends in `_total`. */
  counter(name: string, help: string): Counter;
  /** `buckets`: upper bounds, rising. */
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
  /** Read at each asking; where that fails it isn't shown. */
  gauge(name: string, help: string, read: () => Reading[] | Promise<Reading[]>, type?: 'gauge' | 'counter'): void;
  text(): Promise<string>;
}

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A mistake in labels must not eat the memory: further ones of a metric are dropped. */
const MOST_SERIES = 1000;

export function createRegistry(): Registry {
  const metrics: { head: string; lines(): string[] | Promise<string[]> }[] = [];

  function add(name: string, help: string, type: string, lines: () => string[] | Promise<string[]>): void {
    metrics.push({ head: `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`, lines });
  }

  return {
    counter(name, help) {
      const series = createSeries(() => ({ value: 0 }));
      add(name, help, 'counter', () => series.all().map(([labels, { value }]) => line(name, labels, value)));
      return {
        add(labels = {}, by = 1) {
          const one = series.of(labels);
          if (one) one.value += by;
        },
      };
    },
    histogram(name, help, buckets) {
      const series = createSeries(() => ({ counts: buckets.map(() => 0), count: 0, sum: 0 }));
      add(name, help, 'histogram', () =>
        series
          .all()
          .flatMap(([labels, { counts, count, sum }]) => [
            ...buckets.map((bound, at) => line(`${name}_bucket`, { ...labels, le: numeral(bound) }, counts[at]!)),
            line(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
            line(`${name}_sum`, labels, sum),
            line(`${name}_count`, labels, count),
          ]),
      );
      return {
        observe(value, labels = {}) {
          const one = series.of(labels);
          if (!one) return;
          buckets.forEach((bound, at) => {
            if (value <= bound) one.counts[at]!++;
          });
          one.count++;
          one.sum += value;
        },
      };
    },
    gauge(name, help, read, type = 'gauge') {
      add(name, help, type, async () => (await read()).map(({ labels = {}, value }) => line(name, labels, value)));
    },
    async text() {
      const parts = await Promise.all(
        metrics.map(async ({ head, lines }) => {
          try {
            const shown = await lines();
            return shown.length === 0 ? '' : head + shown.join('');
          } catch {
            return '';
          }
        }),
      );
      return parts.join('');
    },
  };
}

/** The values of a metric by their labels. */
function createSeries<T>(create: () => T): { of(labels: Labels): T | undefined; all(): (readonly [Labels, T])[] } {
  const known = new Map<string, readonly [Labels, T]>();
  return {
    of(labels) {
      const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
      let one = known.get(key);
      if (!one && known.size < MOST_SERIES) known.set(key, (one = [labels, create()]));
      return one?.[1];
    },
    all: () => [...known.values()],
  };
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numeral(value)}\n`;
}

function numeral(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
