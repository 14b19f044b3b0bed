/** Is the daemon well, and does it take requests? Told to everyone, so nothing is in it that not everyone may know. */
import type { Clock } from '../../../base/clock.ts';
import type { HealthAnswer, ReadyAnswer } from '../../../contract/answers.ts';
import type { Host } from '../../../contract/host.ts';
import { probeFolder } from '../../../store/probe.ts';
import type { Answer } from '../answer.ts';

export interface Health {
  /** 503 when a component is down. */
  health(): Answer;
  /** 503 also when the daemon is about to end. */
  ready(): Answer;
  /** From now on it isn't ready. */
  stop(): void;
}

/** The disk isn't looked at more often (ms), however many ask. */
const FRESH_MS = 1000;

type Components = HealthAnswer['components'];

export interface HealthOptions {
  host: Host;
  /** What must be writable. */
  folder: string;
  clock: Clock;
  version: string;
  /** What is started and may have failed at it. */
  started: () => Pick<Components, 'queue' | 'schedules'>;
}

export function createHealth({ host, folder, clock, version, started }: HealthOptions): Health {
  let store: Components['store'] = 'ok';
  let disk: Components['disk'] = 'ok';
  let lookAgainAt = 0;
  let stopping = false;
  void host.lost.then(({ error }) => {
    if (error) store = 'failed';
  });

  function look(): Components {
    if (clock.now() >= lookAgainAt) {
      const error = probeFolder(folder);
      disk = error === undefined ? 'ok' : error.code === 'disk_full' ? 'full' : 'failed';
      lookAgainAt = clock.now() + FRESH_MS;
    }
    return { store, disk, ...started() };
  }

  const failingOf = (components: Components): string[] =>
    Object.entries(components).flatMap(([name, state]) => (state === 'ok' ? [] : [name]));

  return {
    health() {
      const components = look();
      const well = failingOf(components).length === 0;
      const body: HealthAnswer = { status: well ? 'ok' : 'failing', version, components };
      return { status: well ? 200 : 503, body };
    },
    ready() {
      const failing = failingOf(look());
      const well = failing.length === 0;
      const status = stopping ? 'stopping' : well ? 'ready' : 'failing';
      const body: ReadyAnswer = { status, ...(!well && { failing }) };
      return { status: body.status === 'ready' ? 200 : 503, body };
    },
    stop: () => void (stopping = true),
  };
}
