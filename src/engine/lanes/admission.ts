/** Room in the lanes: each holds so many messages that wait. A place is taken before a message is accepted. */
import type { Clock } from '../../base/clock.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Lane } from '../../contract/values.ts';

export interface AdmissionOptions {
  clock: Clock;
  /** Most messages that wait, by lane. */
  sizes: Record<Lane, number>;
  /** How long an interactive one waits for room. */
  timeoutMs: number;
  /** How many wait now, without those that only have a place. */
  waiting: (lane: Lane) => number;
}

export interface Admission {
  /**
   * Takes a place; gives what frees it. A full interactive lane waits for room before it refuses.
   * @throws RuntimeError lane_full | shutting_down
   */
  reserve(lane: Lane): Promise<() => void>;
  /** There may be room now. */
  roomMade(): void;
  /** Nobody gets a place any more. */
  close(): void;
}

interface Caller {
  admit(): void;
  refuse(error: RuntimeError): void;
}

export function createAdmission({ clock, sizes, timeoutMs, waiting }: AdmissionOptions): Admission {
  const places: Record<Lane, number> = { interactive: 0, background: 0 };
  /** Of the interactive lane, in the order in which they came. */
  const callers = new Set<Caller>();

  const hasRoom = (lane: Lane): boolean => waiting(lane) + places[lane] < sizes[lane];

  function takePlace(lane: Lane): () => void {
    places[lane]++;
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      places[lane]--;
      roomMade();
    };
  }

  function roomMade(): void {
    for (const caller of callers) {
      if (!hasRoom('interactive')) return;
      caller.admit();
    }
  }

  /** In the order of their coming. */
  function waitForRoom(): Promise<() => void> {
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const leave = (): void => {
      callers.delete(caller);
      cancel();
    };
    const caller: Caller = {
      admit() {
        leave();
        resolve(takePlace('interactive'));
      },
      refuse(error) {
        leave();
        reject(error);
      },
    };
    const cancel = clock.at(clock.now() + timeoutMs, () => caller.refuse(full('interactive', sizes)));
    callers.add(caller);
    return promise;
  }

  return {
    async reserve(lane) {
      if (hasRoom(lane) && (lane === 'background' || callers.size === 0)) return takePlace(lane);
      if (lane === 'background') throw full(lane, sizes);
      return waitForRoom();
    },
    roomMade,
    close() {
      for (const caller of callers) caller.refuse(new RuntimeError('shutting_down', 'The program is about to end.'));
    },
  };
}

function full(lane: Lane, sizes: Record<Lane, number>): RuntimeError {
  return new RuntimeError('lane_full', `The ${lane} lane is full: ${sizes[lane]} messages wait. Nothing was accepted.`);
}
