/** Runs seeds on several threads. What is found doesn't depend on how many there are: the first failing seed counts. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Violation } from './world/parts.ts';

export interface Job {
  /** The bundled simulation. */
  bundle: string;
  /** The first seed, and how many. */
  seed: number;
  runs: number;
  /** No run begins later than so many ms from now. */
  time_ms?: number;
  threads?: number;
  onProgress?: (runs: number) => void;
}

export interface Found {
  seed: number;
  violation: Violation;
}

export interface Summary {
  runs: number;
  counts: Record<string, number>;
  simulated_ms: number;
  wall_ms: number;
  /** Of all threads: what says something of the speed where others work, too. */
  cpu_ms: number;
  /** Digest of all traces, in the order of the seeds. */
  digests: string[];
  found: Found | undefined;
}

/** What a worker tells of one run. */
export interface Told {
  index: number;
  counts: Record<string, number>;
  simulated_ms: number;
  digest: string;
  violation?: Violation;
}

export interface WorkerInput {
  bundle: string;
  seed: number;
  /** The next run, and the run behind which none is begun. */
  shared: Int32Array;
}

export async function runSeeds(job: Job): Promise<Summary> {
  const began = performance.now();
  const before = process.cpuUsage();
  const shared = new Int32Array(new SharedArrayBuffer(8));
  shared[1] = job.runs;
  const threads = Math.max(1, Math.min(job.threads ?? availableParallelism(), job.runs));
  const summary: Summary = {
    runs: 0,
    counts: {},
    simulated_ms: 0,
    wall_ms: 0,
    cpu_ms: 0,
    digests: [],
    found: undefined,
  };
  const late = job.time_ms === undefined ? undefined : setTimeout(() => void (shared[1] = 0), job.time_ms);

  const take = ({ index, counts, simulated_ms, digest, violation }: Told): void => {
    summary.runs++;
    summary.simulated_ms += simulated_ms;
    summary.digests[index] = digest;
    for (const [what, count] of Object.entries(counts)) summary.counts[what] = (summary.counts[what] ?? 0) + count;
    const seed = job.seed + index;
    if (violation && (summary.found === undefined || seed < summary.found.seed)) summary.found = { seed, violation };
    job.onProgress?.(summary.runs);
  };

  await Promise.all(
    Array.from({ length: threads }, () => {
      const input: WorkerInput = { bundle: job.bundle, seed: job.seed, shared };
      const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: input, stderr: false });
      worker.on('message', take);
      return new Promise<void>((resolve, reject) => {
        worker.on('error', reject);
        worker.on('exit', () => resolve());
      });
    }),
  );
  clearTimeout(late);
  const { user, system } = process.cpuUsage(before);
  return { ...summary, wall_ms: performance.now() - began, cpu_ms: (user + system) / 1000 };
}
