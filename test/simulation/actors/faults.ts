/** What breaks: processes are killed, the power goes, the disk fails, clocks are set. */
import { takesWhich } from './crash-points.ts';
import { living, type Actor } from './actor.ts';

const SECOND = 1000;
const HOUR = 3_600_000;

/** kill -9: now, around one of the next disk calls, or at a named point. */
export const killer: Actor = {
  name: 'killer',
  weight: 2,
  act(world) {
    const program = living(world);
    if (program === undefined) return;
    const { dice, machine } = world;
    const { process } = program;
    const kind = dice.pick(['call', 'point', 'now'] as const);
    if (kind === 'now') return process.die('killed');
    if (kind === 'call') {
      const calls = 1 + dice.roll(60);
      const when = dice.pick(['after', 'before'] as const);
      machine.note(`${process.name} will be killed ${when} its disk call ${calls} from now`);
      return process.dieAtCall(calls, when);
    }
    const point = takesWhich(dice);
    machine.note(`${process.name} will be killed at ${point}`);
    process.dieAtPoint(point, 1 + dice.roll(2));
  },
};

export const powerSwitch: Actor = {
  name: 'power switch',
  weight: 1,
  act({ machine }) {
    machine.cutPower();
  },
};

export const diskFaults: Actor = {
  name: 'disk faults',
  weight: 3,
  act({ machine, dice }) {
    const { faults } = machine.disk;
    const kind = dice.pick(['slow', 'short', 'full', 'sync', 'write', 'room'] as const);
    if (kind === 'room') return void (faults.room = undefined);
    machine.note(`the disk will fail: ${kind}`);
    if (kind === 'slow') faults.slow = { syncs: 1 + dice.roll(4), ms: dice.pick([200, 5000, 60_000]) };
    if (kind === 'short') faults.shortWrite = true;
    if (kind === 'sync') faults.syncsToError = dice.roll(8);
    if (kind === 'write') faults.writesToError = dice.roll(8);
    if (kind === 'full') {
      faults.room = dice.roll(3000);
      machine.agenda.after(dice.pick([SECOND, 100, 60 * SECOND]), () => void (faults.room = undefined));
    }
  },
};

/** The wall clock is set, also back; or the machine sleeps. */
export const clockSetter: Actor = {
  name: 'clock setter',
  weight: 1,
  act({ machine, dice }) {
    const kind = dice.pick(['later', 'sleep', 'back'] as const);
    const ms = dice.pick([10 * SECOND, HOUR, 30 * HOUR]);
    machine.note(`clock: ${kind} ${ms / SECOND} s`);
    machine.count('clock set');
    if (kind === 'back') machine.count('clock set back');
    if (kind === 'sleep') machine.agenda.skip(ms);
    else machine.setWall(kind === 'later' ? ms : -Math.min(ms, HOUR));
  },
};
