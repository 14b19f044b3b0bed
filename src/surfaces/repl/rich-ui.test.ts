import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { manualClock } from '../../base/testing/manual-clock.ts';
import { createHistory } from '../terminal/editor/history.ts';
import { createRichUi } from './rich-ui.ts';

const HOUR_MS = 3_600_000;

test('what an answer brings is painted also after the clock was set back', () => {
  const clock = manualClock(10 * HOUR_MS);
  const output = Object.assign(new PassThrough(), { columns: 40, rows: 10 });
  let above: string[] = [];
  const nothing = (): void => {};
  const ui = createRichUi({
    terminal: { input: new PassThrough(), output },
    environment: {},
    clock,
    history: createHistory([]),
    handlers: {
      submit: nothing, cancel: nothing, leave: nothing, gone: nothing, input: nothing, escape: nothing,
      resized: nothing, painted: nothing, hint: () => '', isBusy: () => false, below: () => [], above: () => above,
      complete: () => Promise.reject(new Error('not asked')), editExternally: (text) => text,
    }, // prettier-ignore
  });
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
  ui.close();
});
