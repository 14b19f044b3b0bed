/** The commands of jobs, simulated: they end well or badly, at once or late, and when they are told to. */
import type { OwnCommand, OwnCommandEnd } from '../../../src/adapters/tools/exec-command/own-command.ts';
import type { SimulatedProcess } from '../machine/parts.ts';
import type { World } from './parts.ts';

const RUN_MS = 60;
const KILL_MS = 20;

export function runCommand(
  world: World,
  process: SimulatedProcess,
  { marker, signal }: OwnCommand,
): Promise<OwnCommandEnd> {
  const { machine, dice } = world;
  const job = marker.slice('cron-'.length, marker.lastIndexOf('@'));
  machine.note(`${process.name} command of ${job} begins`);
  machine.count('commands');
  world.watching.command({ process, job });
  const code = dice.once(3) ? 1 : 0;
  const slow = dice.once(6) ? dice.pick([3000, 100_000, 400_000]) : 0;
  return new Promise((resolve) => {
    const end = (why: 'ended' | 'canceled'): void => {
      machine.note(`${process.name} command of ${job} has ${why}: ${code}`);
      resolve({ why, code: why === 'ended' ? code : null, signal: null, confirmed: true, output: 'printed' });
    };
    const cancel = process.after(machine.jitter(RUN_MS) + slow, () => end('ended'));
    const kill = (): void => {
      cancel();
      process.after(KILL_MS, () => end('canceled'));
    };
    if (signal.aborted) kill();
    else signal.addEventListener('abort', kill);
  });
}
