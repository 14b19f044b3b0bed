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

/** `folder`: what must be writable. */
export function createHealth(options: { host: Host; folder: string; clock: Clock; version: string }): Health {
  const { host, folder, clock, version } = options;
  let store: HealthAnswer['components']['store'] = 'ok';
  let disk: HealthAnswer['components']['disk'] = 'ok';
  let lookAgainAt = 0;
  let stopping = false;
  void host.lost.then(({ error }) => {
    if (error) store = 'failed';
  });

  function look(): HealthAnswer['components'] {
    if (clock.now() >= lookAgainAt) {
      const error = probeFolder(folder);
      disk = error === undefined ? 'ok' : error.code === 'disk_full' ? 'full' : 'failed';
      lookAgainAt = clock.now() + FRESH_MS;
    }
    return { store, disk };
  }

  const isWell = (components: HealthAnswer['components']): boolean =>
    Object.values(components).every((state) => state === 'ok');

  return {
    health() {
      const components = look();
      const well = isWell(components);
      const body: HealthAnswer = { status: well ? 'ok' : 'failing', version, components };
      return { status: well ? 200 : 503, body };
    },
    ready() {
      const body: ReadyAnswer = { status: stopping ? 'stopping' : isWell(look()) ? 'ready' : 'failing' };
      return { status: body.status === 'ready' ? 200 : 503, body };
    },
    stop: () => void (stopping = true),
  };
}
