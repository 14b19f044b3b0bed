import { expect, test } from 'vitest';
import { manualClock } from '../../engine/testing/world.ts';
import { createHistory } from '../terminal/editor/history.ts';
import { createTypedInput } from './typed-input.ts';

/** What is typed, and what became of it, in order. `failing`: nothing can be sent. */
function setUp({ plain = false, failing = false, input = '', sending = Promise.resolve() } = {}) {
  const clock = manualClock();
  const told: string[] = [];
  let text = input;
  const typed = createTypedInput({
    clock,
    history: { load: () => createHistory([]), add: (one) => told.push(`kept ${one}`) },
    ui: {
      plain,
      print: (lines) => told.push(`shown ${lines.join('|')}`),
      hasText: () => text !== '',
      setText: (to) => (text = to),
    },
    tone: (_, one) => one,
    say: (one) => told.push(`said ${one}`),
    fail: (thrown) => told.push(`failed ${(thrown as Error).message}`),
    async send(one) {
      await sending;
      if (failing) throw new Error('no');
      told.push(`sent ${one}`);
    },
    async command(name, rest) {
      if (failing) throw new Error('no');
      told.push(`command ${name} ${rest}`);
    },
    shell: async (command) => void told.push(`shell ${command}`),
    leave: async () => void told.push('left'),
    done: () => told.push('done'),
  });
  return { typed, told, clock, text: () => text };
}

test.each([
  ['hello', ['kept hello', 'sent hello', 'done']],
  [' /help', ['kept  /help', 'sent  /help', 'done']],
  ['!ls', ['kept !ls', 'shell ls', 'done']],
  ['/model gpt', ['kept /model gpt', 'shown |› /model gpt', 'command model gpt', 'done']],
  ['/steer go on', ['kept /steer go on', 'command steer go on', 'done']],
  ['/exit', ['left', 'done']],
  ['  \n', ['done']],
  [
    '/hepl',
    [
      'kept /hepl',
      'shown |› /hepl',
      'said There is no command /hepl. Did you mean /help?',
      'said /help lists them. With a space in front it is sent as a message.',
      'done',
    ],
  ],
])('%j', async (text, expected) => {
  const { typed, told } = setUp();
  await typed.begin();
  await typed.take(text);
  expect(told).toEqual(expected);
});

test('a terminal that shows lines as they were typed is not shown them again', async () => {
  const { typed, told } = setUp({ plain: true });
  await typed.begin();
  await typed.take('/cost');
  expect(told).toEqual(['kept /cost', 'command cost ', 'done']);
});

test('what is typed before there is somebody to give it to is kept, and goes in order', async () => {
  const { typed, told } = setUp();
  await typed.take('one');
  await typed.take('two');
  expect(told.filter((one) => one !== 'done')).toEqual([
    'said starting; it is sent in a moment',
    'said starting; it is sent in a moment',
  ]);
  told.length = 0;
  await typed.begin();
  expect(told.filter((one) => one.startsWith('sent'))).toEqual(['sent one', 'sent two']);
});

test('one can leave before it has begun', async () => {
  const { typed, told } = setUp();
  await typed.take('/exit');
  expect(told).toEqual(['left', 'done']);
});

test('a message that can’t be sent stands in the input again', async () => {
  const { typed, told, text } = setUp({ failing: true });
  await typed.begin();
  await typed.take('hello\nyou');
  expect(told).toEqual(['kept hello\nyou', 'shown ', 'failed no', 'done']);
  expect(text()).toBe('hello\nyou');
  expect(typed.isBusy()).toBe(false);
});

test('it never takes the place of what is being typed by then; a command doesn’t come back', async () => {
  const busy = setUp({ failing: true, input: 'next one' });
  await busy.typed.begin();
  await busy.typed.take('hello');
  expect(busy.text()).toBe('next one');

  const command = setUp({ failing: true });
  await command.typed.begin();
  await command.typed.take('/cost');
  expect(command.text()).toBe('');
});

test('it is busy while something is on its way', async () => {
  const { typed } = setUp();
  await typed.begin();
  const taking = typed.take('hello');
  expect(typed.isBusy()).toBe(true);
  await taking;
  expect(typed.isBusy()).toBe(false);
});

test('who leaves waits for a message that is on its way, and is told of those that were not sent', async () => {
  const sending = Promise.withResolvers<void>();
  const { typed, told } = setUp({ sending: sending.promise });
  await typed.begin();
  void typed.take('under way');
  const unsent = typed.end();
  void typed.take('too late');
  sending.resolve();
  expect(await unsent).toEqual([]);
  expect(told).toEqual(expect.arrayContaining(['sent under way']));
  expect(told).not.toEqual(expect.arrayContaining(['sent too late']));

  const early = setUp();
  await early.typed.take('before anybody was there');
  await early.typed.take('/status');
  expect(await early.typed.end()).toEqual(['before anybody was there']);

  const refused = setUp({ failing: true });
  await refused.typed.begin();
  void refused.typed.take('refused');
  expect(await refused.typed.end()).toEqual(['refused']);
});

test('who leaves waits only a while for somebody who does not answer', async () => {
  const { typed, clock } = setUp({ sending: new Promise<void>(() => {}) });
  await typed.begin();
  void typed.take('unanswered');
  const unsent = typed.end();
  await clock.advance(2000);
  expect(await unsent).toEqual(['unanswered']);
});
