import { expect, test } from 'vitest';
import type { Clock } from '../../base/clock.ts';
import type { Output } from './io.ts';
import { createProgressBar } from './progress-bar.ts';

function start(output: Partial<Output> = {}, environment: Record<string, string> = { TERM: 'xterm' }, total = 1500) {
  let now = 0;
  let text = '';
  const clock: Clock = { now: () => now, at: () => () => {} };
  const bar = createProgressBar({
    output: { write: (part) => void (text += part), isTty: true, colour: true, columns: 80, ...output },
    clock,
    environment,
    doing: 'verifying',
    unit: 'sessions',
    total,
  });
  return { bar, text: () => text, pass: (ms: number) => void (now += ms) };
}

/** What stands on the line in the end. */
function lineOf(text: string): string {
  let line: string[] = [];
  for (const part of text.split('\r')) line = [...part, ...line.slice(part.length)];
  return line.join('').trimEnd();
}

test('one line, written over, with count and rate; taken away in the end', () => {
  const { bar, text, pass } = start();
  bar.update(0);
  expect(lineOf(text())).toBe('verifying [--------------------] 0/1,500 sessions, 0/s');
  pass(1000);
  bar.update(1200);
  expect(lineOf(text())).toBe('verifying [################----] 1,200/1,500 sessions, 1,200/s');
  pass(1000);
  bar.update(9);
  expect(lineOf(text())).toBe('verifying [--------------------] 9/1,500 sessions, 4.5/s');
  bar.end();
  bar.update(1500);
  bar.end();
  expect(lineOf(text())).toBe('');
  expect(text()).not.toMatch(/[^\x20-\x7e\r]/);
});

test('it is not drawn more often than it can be read', () => {
  const { bar, text, pass } = start();
  for (let done = 0; done < 100; done++, pass(10)) bar.update(done);
  expect(text().split('\r')).toHaveLength(11);
});

test('a narrow terminal gets the figures, cut to its width', () => {
  const { bar, text } = start({ columns: 30 });
  bar.update(0);
  expect(lineOf(text())).toBe('verifying 0/1,500 sessions, …');
});

test.each([
  ['no terminal', { isTty: false }, { TERM: 'xterm' }, 3],
  ['a dumb terminal', {}, { TERM: 'dumb' }, 3],
  ['nothing to do', {}, { TERM: 'xterm' }, 0],
] as const)('%s: nothing is written', (_what, output, environment, total) => {
  const { bar, text } = start(output, environment, total);
  bar.update(0);
  bar.end();
  expect(text()).toBe('');
});
