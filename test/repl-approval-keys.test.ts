/** What somebody was just typing is never a yes. Each test ends with a real yes: the panel was there, and took it. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { type Place, test, until } from './support/place.ts';
import { dataOf, inputOf, LEFT, leftBy, messagesOf, openRough, STEPS } from './support/rough.ts';
import type { Terminal } from './support/terminal.ts';

const KEYS = /y yes · n no/;
/** Longer than a letter that counts waits for what may follow, and than somebody must have looked. */
const MOMENT_MS = 800;

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
async function expectUnanswered(terminal: Terminal): Promise<void> {
  const { place } = terminal;
  await delay(MOMENT_MS);
  expect(resolved(place)).toEqual([]);
  expect(place.read('ran.txt')).toBe('');
  terminal.press('ctrl-u', 'ctrl-u', 'ctrl-u');
  await terminal.waitFor(KEYS);
  await terminal.settled();
  await delay(MOMENT_MS);
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
    const terminal = await open(place, 'huge');
    terminal.stopReading();
    await until('it asks', () => dataOf(place, 'approval.requested').length === 1);
    await delay(MOMENT_MS);
    terminal.type('y');
    await delay(MOMENT_MS);
    terminal.readOn();
    await terminal.waitFor(KEYS);
    await expectUnanswered(terminal);
  });
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
