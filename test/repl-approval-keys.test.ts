/** What somebody was just typing is never a yes. Each test ends with a real yes: the panel was there, and took it. */
import { setTimeout as delay } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect } from 'vitest';
import { manualClock } from '../src/base/testing/manual-clock.ts';
import { createApprovalPanel } from '../src/surfaces/repl/approval-panel.ts';
import type { Asked } from '../src/surfaces/repl/asking.ts';
import { type Place, test, until } from './support/place.ts';
import { dataOf, inputOf, LEFT, leftBy, messagesOf, openRough, standStill, STEPS } from './support/rough.ts';
import type { Terminal } from './support/terminal.ts';

const KEYS = /y yes · n no/;
/** Longer than a letter that counts waits for what may follow, and than somebody must have looked. */
const MOMENT_MS = 1000;

const resolved = (place: Place): string[] =>
  dataOf(place, 'approval.resolved').map(({ outcome, by }) => `${outcome} via ${by.via}`);

async function open(place: Place, typed = 'ask', options: Parameters<typeof openRough>[1] = {}): Promise<Terminal> {
  place.play(STEPS);
  const terminal = await openRough(place, options);
  terminal.type(typed);
  terminal.press('enter');
  return terminal;
}

/** Nothing was answered, and now it is, as it should be. */
async function expectUnanswered(terminal: Terminal, { isLong = false } = {}): Promise<void> {
  const { place } = terminal;
  await delay(MOMENT_MS);
  expect(resolved(place)).toEqual([]);
  expect(place.read('ran.txt')).toBe('');
  terminal.press('ctrl-u', 'ctrl-u', 'ctrl-u');
  await terminal.waitFor(KEYS);
  await terminal.settled();
  await delay(MOMENT_MS);
  if (isLong) {
    terminal.type('v'); // what isn't printed whole is looked at first
    await terminal.waitFor('status:');
    await terminal.settled();
    await delay(MOMENT_MS);
  }
  terminal.type('y');
  await until('it ran', () => place.read('ran.txt') === 'ran\n');
  await terminal.waitFor('Done with it.');
  expect(resolved(place)).toEqual(['granted via cli']);
  terminal.press('ctrl-d');
  expect(await leftBy(terminal)).toEqual(LEFT);
}

describe.concurrent('never a yes', () => {
  test('typed ahead of the question', async ({ place }) => {
    const terminal = await open(place);
    terminal.type('y');
    await terminal.waitFor(KEYS);
    await expectUnanswered(terminal);
  });

  test('in the first moment', async ({ place }) => {
    const terminal = await open(place);
    await terminal.waitFor(KEYS);
    terminal.type('y');
    await terminal.waitFor(() => inputOf(terminal) === 'y');
    await expectUnanswered(terminal);
  });

  test('in the first moment, with Enter', async ({ place }) => {
    const terminal = await open(place);
    await terminal.waitFor(KEYS);
    terminal.type('y');
    terminal.press('enter');
    await terminal.waitFor('was not taken for an answer');
    await expectUnanswered(terminal);
  });

  test('in the first moment, and Enter later', async ({ place }) => {
    const terminal = await open(place);
    await terminal.waitFor(KEYS);
    terminal.type('y');
    await delay(MOMENT_MS);
    terminal.press('enter');
    await terminal.waitFor('was not taken for an answer');
    await expectUnanswered(terminal);
  });

  test('in the middle of a word', async ({ place }) => {
    const terminal = await open(place);
    await terminal.waitFor(KEYS);
    terminal.type('wh');
    await terminal.waitFor(() => inputOf(terminal) === 'wh');
    await delay(MOMENT_MS);
    terminal.type('y');
    await terminal.waitFor(() => inputOf(terminal).endsWith('why'));
    await expectUnanswered(terminal);
  });

  test('with a word behind it: a message', async ({ place }) => {
    const terminal = await open(place);
    await terminal.waitFor(KEYS);
    await delay(MOMENT_MS);
    for (const letter of 'yes, why not') terminal.type(letter);
    terminal.press('enter');
    await terminal.waitFor('next: yes, why not');
    await expectUnanswered(terminal);
    expect(messagesOf(place)).toEqual(['ask', 'yes, why not']);
  });

  test('by a key that is held down', async ({ place }) => {
    const terminal = await open(place);
    await terminal.waitFor(KEYS);
    await delay(MOMENT_MS);
    for (let n = 0; n < 40; n++) {
      terminal.type('y');
      await delay(30);
    }
    await terminal.waitFor(() => inputOf(terminal) === 'y'.repeat(40));
    await expectUnanswered(terminal);
  });

  test('pasted, with and without a line break, and Enter', async ({ place }) => {
    const terminal = await open(place);
    await terminal.waitFor(KEYS);
    await delay(MOMENT_MS);
    terminal.paste('y');
    await terminal.waitFor(() => inputOf(terminal) === 'y');
    await delay(MOMENT_MS);
    terminal.press('enter');
    await terminal.waitFor('was not taken for an answer');
    terminal.paste('y\n');
    await terminal.waitFor(() => inputOf(terminal) === 'y');
    await expectUnanswered(terminal);
  });

  test('recalled', async ({ place }) => {
    const terminal = await open(place, 'y');
    await terminal.waitFor('You said: y');
    terminal.type('ask');
    terminal.press('enter');
    await terminal.waitFor(KEYS);
    await delay(MOMENT_MS);
    terminal.press('up', 'up');
    await terminal.waitFor(() => inputOf(terminal) === 'y');
    await delay(MOMENT_MS);
    terminal.press('enter');
    await terminal.waitFor('was not taken for an answer');
    await expectUnanswered(terminal);
  });

  test('Enter, Tab, blanks and other letters', async ({ place }) => {
    const terminal = await open(place);
    await terminal.waitFor(KEYS);
    await delay(MOMENT_MS);
    terminal.press('enter', 'enter', 'space', 'enter', 'tab', 'escape');
    await delay(MOMENT_MS);
    expect(resolved(place)).toEqual([]);
    terminal.type('/approve');
    terminal.press('enter');
    await terminal.waitFor('Done with it.');
  });

  test('typed while the terminal stood still', async ({ place }) => {
    // The question itself is more than the terminal takes.
    const terminal = await open(place, 'huge', { environment: { RUNTIME_PAGER: 'tail -n 30' } });
    terminal.stopReading();
    await until('it asks', () => dataOf(place, 'approval.requested').length === 1);
    await delay(MOMENT_MS);
    terminal.type('y');
    await delay(MOMENT_MS);
    terminal.readOn();
    await terminal.waitFor(KEYS);
    await expectUnanswered(terminal, { isLong: true });
  });
});

/** As `expectUnanswered`, on a terminal that takes longer. */
async function expectUnansweredSoFar(terminal: Terminal, latencyMs = 0): Promise<void> {
  const { place } = terminal;
  await delay(2 * MOMENT_MS + 4 * latencyMs);
  expect(resolved(place)).toEqual([]);
  terminal.press('ctrl-u', 'ctrl-u');
  await terminal.waitFor(KEYS);
  for (let tries = 0; tries < 10 && resolved(place).length === 0; tries++) {
    terminal.press('ctrl-u');
    await delay(4 * (MOMENT_MS + latencyMs));
    terminal.type('y');
    await delay(2 * MOMENT_MS + 4 * latencyMs);
  }
  expect(resolved(place)).toEqual(['granted via cli']);
  await terminal.waitFor('Done with it.');
  terminal.press('ctrl-d');
  expect(await leftBy(terminal)).toEqual(LEFT);
}

describe.concurrent.for([{}, { mute: true }])('while the program stood still, on a terminal %o', (options) => {
  test.for([0, 20, 60, 150])('from %i ms after the message on', async (ms, { place }) => {
    const terminal = await open(place, 'ask', options);
    await delay(ms);
    await standStill(terminal, 'y');
    await terminal.waitFor(KEYS);
    await expectUnansweredSoFar(terminal);
  });

  test('when the question had just been shown', async ({ place }) => {
    const terminal = await open(place, 'ask', options);
    await terminal.waitFor(KEYS);
    await standStill(terminal, 'y');
    await expectUnansweredSoFar(terminal);
  });

  test('with Enter', async ({ place }) => {
    const terminal = await open(place, 'ask', options);
    await terminal.waitFor(KEYS);
    await standStill(terminal, 'y\r');
    await terminal.waitFor('was not taken for an answer');
    await expectUnansweredSoFar(terminal);
  });

  test('C-10: behind a letter that would have counted', async ({ place }) => {
    const terminal = await open(place, 'ask', options);
    await terminal.waitFor(KEYS);
    await delay(3 * MOMENT_MS);
    terminal.type('y');
    await terminal.waitFor('in a moment');
    await standStill(terminal, 'es');
    await terminal.waitFor(() => inputOf(terminal) === 'yes');
    await expectUnansweredSoFar(terminal);
  });
});

test('over a line so slow that it was typed before the question was seen', async ({ place }) => {
  const latencyMs = 900;
  const terminal = await open(place, 'ask', { latencyMs });
  await until('it asks', () => dataOf(place, 'approval.requested').length === 1);
  terminal.type('y');
  expect(terminal.screen()).not.toMatch(KEYS);
  await terminal.waitFor(KEYS);
  await expectUnansweredSoFar(terminal, latencyMs);
});

test('a letter that counts, with Enter', async ({ place }) => {
  const terminal = await open(place);
  await terminal.waitFor(KEYS);
  await delay(MOMENT_MS);
  terminal.type('y');
  terminal.press('enter');
  await terminal.waitFor('Done with it.');
  expect(place.read('ran.txt')).toBe('ran\n');
  terminal.press('ctrl-d');
  expect(await leftBy(terminal)).toEqual(LEFT);
});

/** What happens at the terminal, and elsewhere, in any order. */
const events = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(5, 60, 250, 480, 520, 720, 1500) }),
    },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('type' as const), letter: fc.constantFrom(...'yyyysax ') }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constantFrom('ask', 'vanish', 'told', 'paint', 'paint', 'enter', 'paste', 'clear'),
      }),
    },
  ),
  { minLength: 40, maxLength: 80 },
);

test('in any order of keys and questions, only what was seen and answered is granted', () => {
  let granted = 0;
  const holds = fc.property(events, (all) => {
    const clock = manualClock(1000);
    let asked: Asked[] = [];
    let text = '';
    let count = 0;
    const wrong: string[] = [];
    /** When a question was first painted; when the input changed; the letters that may be answers, with their question. */
    const painted = new Map<string, number>();
    let changedAt = -Infinity;
    let letter: { id: string | undefined; at: number } | undefined;
    let byEnter = false;
    const current = (): string | undefined => asked[0]?.approval_id;
    const panel = createApprovalPanel({
      clock,
      fence: (run) => run(),
      asked: () => asked,
      async answer(id, { decision }) {
        asked = asked.filter(({ approval_id }) => approval_id !== id);
        if (decision === 'deny') return;
        granted++;
        if (letter?.id !== id || !(byEnter || clock.now() - letter.at >= 500)) wrong.push(`${id} by ${letter?.id}`);
      },
      view: () => {},
      setPrompt: () => {},
      ruleOf: async () => undefined,
      setInput: (now) => void (text = now),
      say: () => {},
      refresh: () => {},
      byLine: () => false,
    });
    const input = (next: string, typed: boolean): void => {
      const id = current();
      const seen = id !== undefined && clock.now() - (painted.get(id) ?? Infinity) >= 700;
      const counts = typed && text === '' && /^[ys]$/.test(next) && seen && clock.now() - changedAt >= 700;
      letter = counts ? { id, at: clock.now() } : undefined;
      if (next !== text) changedAt = clock.now();
      const before = text;
      text = next;
      panel.input(next, before, typed);
    };
    for (const event of all) {
      if (event.do === 'type') input(text + event.letter, true);
      else if (event.do === 'paste') input(`${text}y`, false);
      else if (event.do === 'clear') input('', false);
      else if (event.do === 'ask') {
        const id = `a-${count++}`;
        asked = [...asked, { approval_id: id, call_id: id, title: id, rows: 1 }];
      } else if (event.do === 'vanish') asked = asked.slice(1);
      else if (event.do === 'told') panel.changed();
      else if (event.do === 'paint') {
        panel.changed();
        panel.lines((_, one) => one, 80, 24);
        panel.painted();
        const id = current();
        if (id !== undefined && !painted.has(id)) painted.set(id, clock.now());
      } else if (event.do === 'enter') {
        const submitted = text;
        text = '';
        byEnter = true;
        panel.takesText(submitted);
        byEnter = false;
        changedAt = clock.now();
        letter = undefined;
      } else {
        clock.pass((event as { ms: number }).ms);
      }
    }
    expect(wrong).toEqual([]);
  });
  fc.assert(holds, { numRuns: 3000 });
  expect(granted).toBeGreaterThan(0);
});

describe.concurrent('several questions', () => {
  test.for([0, 150, 300, 450])(
    'answered elsewhere %i ms after the key: the next one is not answered',
    async (ms, { place }) => {
      const terminal = await open(place, 'twice');
      await terminal.waitFor(KEYS);
      await delay(MOMENT_MS);
      const [first] = dataOf(place, 'approval.requested');
      const elsewhere = place.start(['deny', first!.approval_id]);
      await delay(ms);
      terminal.type('y');
      await elsewhere.ended;
      await terminal.waitFor((screen) => KEYS.test(screen) && !screen.includes('(1 of 2)'));
      await delay(MOMENT_MS);
      // The first one by the key or elsewhere, whichever was quicker; the second one not.
      expect(resolved(place)).toHaveLength(1);
      expect(place.read('ran.txt')).not.toContain('second');
    },
  );

  test('one key answers one', async ({ place }) => {
    const terminal = await open(place, 'twice');
    await terminal.waitFor(KEYS);
    await delay(MOMENT_MS);
    terminal.type('y');
    await until('it ran', () => place.read('ran.txt') === 'first\n');
    await terminal.waitFor((screen) => KEYS.test(screen.slice(screen.indexOf('Run echo second'))));
    terminal.type('y');
    terminal.press('enter');
    await terminal.waitFor('was not taken for an answer');
    await delay(MOMENT_MS);
    expect(resolved(place)).toHaveLength(1);
    terminal.type('n');
    await terminal.waitFor('why not?');
    terminal.press('enter');
    await terminal.waitFor('Done with it.');
    expect(place.read('ran.txt')).toBe('first\n');
  });
});
