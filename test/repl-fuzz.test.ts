/** Random keys, pastes and sizes: nothing breaks, nothing that was typed is lost, the terminal is as it was. */
import { describe } from 'vitest';
import { randomKeys } from './support/keys.ts';
import { expectVerified, test, until } from './support/place.ts';
import { leftBy, messagesOf, openRough, SESSION, sessionsOf, STEPS } from './support/rough.ts';

/** `FUZZ_RUNS=200` for a long search; `FUZZ_SEED` begins elsewhere. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 4);
const FIRST = Number(process.env['FUZZ_SEED'] ?? 1);
const seeds = Array.from({ length: RUNS }, (_, n) => FIRST + n);

const SIZES = [
  [80, 24],
  [10, 3],
  [1, 1],
  [300, 100],
  [2, 50],
  [200, 2],
] as const;

const prepare = { governance: { auto_allow: ['read_file'], require_approval: ['exec_command'] } };

/** Keys that end the program. */
const ENDS = new Set(['ctrl-c', 'ctrl-d']);

describe('any keys', () => {
  test.concurrent.for(seeds)('seed %i', async (seed, { place, expect }) => {
    place.play(STEPS, prepare);
    const [columns, rows] = SIZES[seed % SIZES.length]!;
    const terminal = await openRough(place);
    terminal.type('a long one');
    terminal.press('enter');
    terminal.resize(columns, rows);
    const said = (): string[] => sessionsOf(place).flatMap((session) => messagesOf(place, session));
    const mayEnd = seed % 3 === 0;
    for (const action of randomKeys(seed, 150)) {
      if (!mayEnd && action.do === 'press' && ENDS.has(action.key)) continue;
      terminal.perform(action);
      if (action.do === 'resize' || action.do === 'press') await new Promise(setImmediate);
    }
    terminal.resize(80, 24);
    await terminal.settled();
    if (!terminal.raw().includes('left ')) {
      // Whatever is open or begun, this closes it, and the prompt is still good for a message.
      terminal.press('escape');
      await terminal.settled();
      terminal.press('escape');
      await terminal.settled();
      terminal.press('ctrl-c');
      await terminal.settled();
      terminal.type(`the end of ${seed}`);
      terminal.press('enter');
      await until('it was sent', () => said().includes(`the end of ${seed}`));
      terminal.press('ctrl-d');
    }
    const { code, changed } = await leftBy(terminal);
    expect(changed).toEqual([]);
    expect([0, ...(mayEnd ? [130] : [])]).toContain(code);
    // What was sent first is there, at the latest when the session is opened again.
    if (!said().includes('a long one')) await place.run(['run', '--session', SESSION]);
    expect(said()[0]).toBe('a long one');
    for (const session of sessionsOf(place)) await expectVerified(place, session);
  });
});
