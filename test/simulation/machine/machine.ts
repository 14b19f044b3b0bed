/** The simulated machine: its time, its disk, and the processes that live on it. All chances come from one tape. */
import { diceOf } from '../../../src/kernel/testing/dice.ts';
import { createDisk } from '../disk/disk.ts';
import { createAgenda } from './agenda.ts';
import { bitsOf } from './bits.ts';
import type { Machine, Outside } from './parts.ts';

const START = 1_800_000_000_000;

export function createMachine(tape: readonly number[], outside: Outside): Machine {
  const dice = diceOf(tape, 'calm');
  const agenda = createAgenda();
  const trace: string[] = [];
  const counts = new Map<string, number>();
  let offset = START;
  let state = dice.roll(1 << 30);
  const wall = (): number => agenda.now() + offset;
  const machine: Machine = {
    dice,
    agenda,
    disk: createDisk(wall),
    outside,
    wall,
    setWall: (by) => void (offset += by),
    holder: undefined,
    jitter(most) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state >>> 16) % (most + 1);
    },
    processes: [],
    cutPower(how = dice.roll(1 << 30)) {
      machine.note('the power goes');
      for (const process of machine.processes) process.die('the power went');
      machine.disk.cutPower(bitsOf(how));
      machine.count('power cuts');
    },
    trace,
    note: (line) => void trace.push(`${(agenda.now() / 1000).toFixed(3)} ${line}`),
    count: (what, by = 1) => void counts.set(what, (counts.get(what) ?? 0) + by),
    counts,
  };
  return machine;
}
