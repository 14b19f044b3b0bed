/**
 * What follows from a firing that is recorded: its message is accepted or its command run, its end recorded, its result
 * delivered. Each step is recorded, so that whoever comes next carries on where this one was cut, and does nothing twice.
 */
import type { Clock } from '../../base/clock.ts';
import type { Digest } from '../../base/digest.ts';
import { createSerial } from '../../base/serial.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import type { Firing, Job, ScheduleRecord } from '../../contract/schedule.ts';
import { type Book, type FiringState, isOpen } from './book.ts';
import type { Ledger } from './ledger.ts';
import { createPlaces } from './places.ts';

/** How a run ended. */
export interface RunEnd {
  outcome: 'ok' | 'failed';
  reason?: string;
  exit_code?: number;
  output?: Digest;
  /** Of a heartbeat: there was nothing to do. */
  quiet?: true;
}

/** A command of a job begins, or, with `end`, is over after so long. */
export interface CommandTold {
  job: string;
  due_at: number;
  event_id: string;
  end?: Pick<RunEnd, 'outcome' | 'exit_code'> & { duration_ms: number };
}

export interface RunPorts {
  clock: Clock;
  ledger: Ledger;
  /** Accepts the job's message with the id of the firing. */
  submit(job: Job, firing: FiringState): Promise<void>;
  /** Was the message accepted before, as far as anything tells? */
  isKnown(firing: FiringState): Promise<boolean>;
  /** How the turn of the message ended; undefined: it hasn't. */
  endOf(job: Job, firing: FiringState): Promise<RunEnd | undefined>;
  /** Runs the job's command to its end. */
  command(job: Job, signal: AbortSignal): Promise<RunEnd>;
  /** Gives the result to where the job says. Gives nothing when `signal` came first. */
  deliver(job: Job, firing: FiringState, signal: AbortSignal): Promise<Firing['delivery']>;
  warn(message: string): void;
  /** Told of what commands do. */
  onCommand?: ((told: CommandTold) => void) | undefined;
}

export interface Run {
  /** Resolves when its message is accepted, or its command begins. */
  accepted: Promise<void>;
  /** Resolves when its end is recorded, or it is cut. */
  ended: Promise<void>;
}

export interface Runs {
  /**
   * Does what is left to do for a recorded firing, behind the runs of its job that were begun before. Called again while
   * it is under way it gives the same run.
   */
  begin(name: string, due_at: number): Run;
  /** How many runs of a job haven't ended, as far as is recorded. */
  underWay(name: string): number;
  /** Does what is left to do for all firings. */
  recover(): void;
  /** A turn may have ended, or a job have been removed. */
  look(): void;
  /** Ends commands, leaves turns and deliveries as they are. Resolves when nothing is written any more. */
  stop(): Promise<void>;
}

/** What could not be done or recorded is tried again so much later: the disk may have room then. */
const AGAIN_MS = 60_000;

/** `mostCommands`: so many run at once. */
export function createRuns(ports: RunPorts, mostCommands: number): Runs {
  const { ledger, clock } = ports;
  const inOrder = createSerial();
  const places = createPlaces(mostCommands);
  /** By job and due time. */
  const underWay = new Map<string, Run>();
  /** How runs ended, while that could not be recorded. */
  const unrecorded = new Map<string, RunEnd>();
  /** Results that are on their way, by job and due time. */
  const onTheirWay = new Set<string>();
  const working = new Set<Promise<void>>();
  const stopping = new AbortController();
  let looked = Promise.withResolvers<void>();

  function firingOf(name: string, due_at: number): { job: Job; firing: FiringState } | undefined {
    const state = ledger.book.get(name);
    const firing = state?.firings.get(due_at);
    return state && firing && isOpen(state, firing) ? { job: state.job, firing } : undefined;
  }

  /** Records what became of a firing. Its job may have been removed, and another one have its name: then nothing, and false. */
  async function record(
    name: string,
    { due_at, event_id }: FiringState,
    decide: (book: Book) => ScheduleRecord[],
    options = { sync: true },
  ): Promise<boolean> {
    let isThere = false;
    await ledger.change((book) => {
      isThere = book.get(name)?.firings.get(due_at)?.event_id === event_id;
      return isThere ? decide(book) : [];
    }, options);
    return isThere;
  }

  async function carry(name: string, due_at: number, onAccepted: () => void): Promise<void> {
    const found = firingOf(name, due_at);
    if (!found || found.firing.outcome !== undefined || stopping.signal.aborted) return;
    const { job, firing } = found;
    const key = keyOf(name, due_at);
    const end =
      unrecorded.get(key) ??
      (await (job.command === undefined ? converse(job, firing, onAccepted) : execute(job, firing, onAccepted)));
    if (!end) return;
    unrecorded.set(key, end);
    await recordEnd(name, firing, end);
    unrecorded.delete(key);
  }

  /** Nothing when this process ends first, or the job is removed. */
  async function converse(job: Job, firing: FiringState, onAccepted: () => void): Promise<RunEnd | undefined> {
    const { due_at, at, state, event_id } = firing;
    // It was refused, and the process ended right behind that line.
    if (state === 'skipped')
      return { outcome: 'failed', ...(firing.reason !== undefined && { reason: firing.reason }) };
    if (!firing.settled) {
      try {
        if (!(await ports.isKnown(firing))) await ports.submit(job, firing);
      } catch (thrown) {
        const { code, message: reason } = toRuntimeError(thrown);
        // It may have been accepted, or will be when somebody comes back to it.
        if (code === 'shutting_down' || (await ports.isKnown(firing).catch(() => true))) return undefined;
        await record(job.name, firing, () => [{ type: 'firing.settled', data: { job: job.name, due_at, at, state: 'skipped', event_id: event_id!, reason } }]); // prettier-ignore
        return { outcome: 'failed', reason };
      }
      const data = { job: job.name, due_at, at, state, event_id: event_id! };
      await record(job.name, firing, () => [{ type: 'firing.settled', data }], { sync: false }); // it can be found out again
    }
    onAccepted();
    for (;;) {
      const next = looked.promise;
      if (stopping.signal.aborted || !firingOf(job.name, due_at)) return undefined; // its job may have been removed
      const end = await ports.endOf(job, firing);
      if (end) return end;
      await next;
    }
  }

  /**
   * Never a second time: it is known to have begun from when its beginning is durable. Nothing when it has no place before
   * this process ends, or the job is removed.
   */
  async function execute(job: Job, firing: FiringState, onAccepted: () => void): Promise<RunEnd | undefined> {
    if (firing.settled) return { outcome: 'failed', reason: 'the program ended while it ran; it is not run again' };
    const { due_at, at, state, event_id } = firing;
    const free = await places.take(due_at, () => !stopping.signal.aborted && firingOf(job.name, due_at) !== undefined);
    if (!free) return undefined;
    try {
      const data = { job: job.name, due_at, at, state, event_id: event_id! };
      if (!(await record(job.name, firing, () => [{ type: 'firing.settled', data }]))) return undefined;
      onAccepted();
      if (stopping.signal.aborted) return { outcome: 'failed', reason: 'ended with the program' };
      return await told({ job: job.name, due_at, event_id: event_id! }, () => ports.command(job, stopping.signal));
    } finally {
      free();
    }
  }

  /** A command that runs, with its beginning and its end told. */
  async function told(run: CommandTold, command: () => Promise<RunEnd>): Promise<RunEnd> {
    const beganAt = clock.now();
    ports.onCommand?.(run);
    const end = await command();
    const { outcome, exit_code } = end;
    const duration_ms = Math.max(0, clock.now() - beganAt);
    ports.onCommand?.({ ...run, end: { outcome, ...(exit_code !== undefined && { exit_code }), duration_ms } });
    return end;
  }

  async function recordEnd(name: string, firing: FiringState, end: RunEnd): Promise<void> {
    const { due_at } = firing;
    const ended_at = clock.now();
    let pausedBy: string | undefined;
    await record(name, firing, (book) => {
      // Found in what was read anew.
      if (book.get(name)?.firings.get(due_at)?.outcome !== undefined) return [];
      const ended: ScheduleRecord = { type: 'firing.ended', data: { job: name, due_at, ended_at, ...end } };
      const { job: { max_failures = 0 } = {}, failures = 0, paused } = book.get(name) ?? {};
      const inARow = end.outcome === 'ok' ? 0 : failures + 1;
      if (paused || max_failures === 0 || inARow < max_failures) return [ended];
      const reason = (pausedBy = `${inARow} runs in a row failed`);
      // First: a crash between the two must not let the job go on.
      return [{ type: 'job.changed', data: { job: name, changed_at: ended_at, paused: true, reason, by: 'runtime' } }, ended]; // prettier-ignore
    });
    if (pausedBy !== undefined) ports.warn(`the job ${name} is paused: ${pausedBy}`);
  }

  async function deliver(name: string, due_at: number): Promise<void> {
    const { job, firing } = firingOf(name, due_at) ?? {};
    const key = keyOf(name, due_at);
    if (!job?.deliver || firing?.outcome === undefined || stopping.signal.aborted || onTheirWay.has(key)) return;
    onTheirWay.add(key);
    try {
      const delivery = await ports.deliver(job, firing, stopping.signal);
      if (!delivery) return;
      if (delivery.state === 'failed') ports.warn(`a result of the job ${name} is not delivered: ${delivery.reason}`);
      await record(name, firing, () => [{ type: 'firing.delivered', data: { job: name, due_at, ...delivery } }]);
    } finally {
      onTheirWay.delete(key);
    }
  }

  /** What fails here is done later, or at the next start: the records say how far it came. */
  function track(work: Promise<void>): Promise<void> {
    const settled = work.catch(() => {}).finally(() => working.delete(settled));
    working.add(settled);
    return settled;
  }

  function begin(name: string, due_at: number): Run {
    const key = keyOf(name, due_at);
    const known = underWay.get(key);
    if (known) return known;
    const accepted = Promise.withResolvers<void>();
    const carried = inOrder(name, () => carry(name, due_at, accepted.resolve));
    const ended = track(carried).then(() => {
      accepted.resolve();
      underWay.delete(key);
      void track(deliver(name, due_at)); // the next run needn't wait for that
      again(name, due_at);
    });
    const run = { accepted: accepted.promise, ended };
    underWay.set(key, run);
    return run;
  }

  /** Where it has not come to its end. */
  function again(name: string, due_at: number): void {
    const left = firingOf(name, due_at);
    if (stopping.signal.aborted || !left || left.firing.outcome !== undefined) return;
    const cancel = clock.at(clock.now() + AGAIN_MS, () => void begin(name, due_at));
    stopping.signal.addEventListener('abort', cancel, { once: true });
  }

  return {
    begin,
    underWay(name) {
      const firings = [...(ledger.book.get(name)?.firings.values() ?? [])];
      return firings.filter(({ event_id, outcome }) => event_id !== undefined && outcome === undefined).length;
    },
    recover() {
      for (const [name, state] of ledger.book) {
        const open = [...state.firings.values()].filter((firing) => isOpen(state, firing));
        for (const { due_at, outcome } of open.sort((a, b) => a.due_at - b.due_at)) {
          if (outcome === undefined) begin(name, due_at);
          else void track(deliver(name, due_at)); // its run is over, and holds up none
        }
      }
    },
    look() {
      places.review();
      looked.resolve();
      looked = Promise.withResolvers();
    },
    async stop() {
      stopping.abort();
      this.look();
      while (working.size > 0) await Promise.all(working);
    },
  };
}

function keyOf(name: string, due_at: number): string {
  return `${name} ${due_at}`;
}
