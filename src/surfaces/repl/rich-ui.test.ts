import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { manualClock } from '../../base/testing/manual-clock.ts';
import { createHistory } from '../terminal/editor/history.ts';
import { createRichUi } from './rich-ui.ts';
import type { Ui, UiOptions } from './ui.ts';

const HOUR_MS = 3_600_000;

const nothing = (): void => {};
const HANDLERS: UiOptions['handlers'] = {
  submit: nothing, cancel: nothing, leave: nothing, gone: nothing, input: nothing, escape: nothing,
  resized: nothing, painted: nothing, back: nothing, hint: () => '', isBusy: () => false, below: () => [], above: () => [],
  complete: () => Promise.reject(new Error('not asked')), editExternally: (text) => text,
}; // prettier-ignore

function rich(terminal: UiOptions['terminal'], handlers: Partial<UiOptions['handlers']>, clock = systemClock): Ui {
  const options = { environment: {}, clock, history: createHistory([]) };
  return createRichUi({ terminal, ...options, handlers: { ...HANDLERS, ...handlers } });
}

test('keys are taken raw before anything is shown, also when it comes back', async () => {
  const seen: string[] = [];
  const input = Object.assign(new PassThrough(), {
    setRawMode: (raw: boolean) => void seen.push(raw ? 'raw' : 'cooked'),
  });
  const output = Object.assign(new PassThrough(), { columns: 40, rows: 10 });
  output.on('data', () => seen.push('shown'));
  const ui = rich({ input, output }, {});
  await setImmediate();
  expect(seen[0]).toBe('raw');
  await ui.suspended(async () => {
    await setImmediate();
    seen.length = 0;
  });
  await setImmediate();
  expect(seen[0]).toBe('raw');
  await ui.close();
});

test('what an answer brings is painted also after the clock was set back', async () => {
  const clock = manualClock(10 * HOUR_MS);
  const output = Object.assign(new PassThrough(), { columns: 40, rows: 10 });
  let above: string[] = [];
  const ui = rich({ input: new PassThrough(), output }, { above: () => above }, clock);
  const paintedSoon = (line: string): string => {
    above = [line];
    ui.refresh();
    clock.pass(100);
    return String(output.read());
  };
  expect(paintedSoon('one')).toContain('one');
  clock.pass(-2 * HOUR_MS);
  expect(paintedSoon('two')).toContain('two');
  expect(paintedSoon('next')).toContain('next');
  await ui.close();
});
