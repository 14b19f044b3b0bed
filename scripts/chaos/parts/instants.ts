/** Kill -9 at random instants of the turn, once or twice before it may come to its end. */
import type { Entry } from '../../../src/contract/entries.ts';
import { type Ran, runProgram } from '../../../src/engine/chaos/scratch.ts';
import { ASK, count, endOf, finishTurn, GO_ON, inFolder, LAUNCHER, type Part, slow, tally, workIn } from '../part.ts';

const ROUNDS = 100;
/** The model takes its time, so that instants fall into thinking, too. */
const TURNS = slow('40ms');

export const instants: Part = async ({ dice, signal }) => {
  const done = tally('kill -9 at a random instant');
  const longest = await inFolder(async (folder) => {
    const began = performance.now();
    const ran = await workIn(folder, signal, TURNS).run(ASK);
    if (ran.code !== 0) throw new Error(`the turn itself ${endOf(ran)}`);
    return performance.now() - began;
  });
  for (let round = 1; round <= ROUNDS; round++) {
    signal.throwIfAborted();
    await inFolder(async (folder) => {
      const scratch = workIn(folder, signal, TURNS);
      let ran: Ran | undefined;
      for (const args of dice() < 0.5 ? [ASK] : [ASK, GO_ON]) {
        const by = AbortSignal.timeout(Math.round(dice() * longest));
        ran = await runProgram([LAUNCHER, ...args], { cwd: scratch.project, env: scratch.environment, signal: by });
        done.times++;
        count(done, ran.signal === 'SIGKILL' ? phaseOf(scratch.journal('one')) : 'it had ended');
        if (ran.signal !== 'SIGKILL') break;
      }
      const broken = await finishTurn(scratch, ran);
      if (broken.length > 0) done.broken.push(`round ${round}: ${broken.join('; ')}`);
    });
  }
  return done;
};

/** Where the turn stood. */
function phaseOf(entries: readonly Entry[]): string {
  const last = entries.findLast(({ type }) => type in PHASES);
  return last === undefined ? 'before the turn' : PHASES[last.type]!;
}

const PHASES: Readonly<Record<string, string>> = {
  'turn.started': 'thinking',
  'model.requested': 'thinking',
  'model.replied': 'inspecting',
  'call.started': 'acting',
  'call.finished': 'acting',
  'turn.ended': 'ended',
};
