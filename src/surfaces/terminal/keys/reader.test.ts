import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { manualClock } from '../../../base/testing/manual-clock.ts';
import { createKeyReader } from './reader.ts';

/** A reader on a stream and a clock in the test's hands, and what came out of it. */
function setUp(pressed: (name: string) => unknown = () => {}) {
  const told: string[] = [];
  const clock = manualClock();
  const stream = Object.assign(new EventEmitter(), {
    resume: () => told.push('resume'),
    pause: () => told.push('pause'),
    setRawMode: (raw: boolean) => told.push(`raw ${raw}`),
  });
  const reader = createKeyReader(
    stream,
    {
      key: ({ name, text, alt, ctrl }) => {
        told.push(`${ctrl ? 'C-' : ''}${alt ? 'M-' : ''}${text ?? name}`);
        pressed(text ?? name);
      },
      paste: (text) => told.push(`paste ${JSON.stringify(text)}`),
    },
    clock,
  );
  return {
    told,
    reader,
    send: (text: string) => stream.emit('data', Buffer.from(text)),
    listeners: () => stream.listenerCount('data'),
    pass: clock.pass,
  };
}

/** What the reader tells of these steps: text is sent, a number of milliseconds passes. */
function tell(...steps: (string | number)[]): string[] {
  const { told, send, pass } = setUp();
  told.length = 0;
  for (const step of steps) {
    if (typeof step === 'string') send(step);
    else pass(step);
  }
  return told;
}

test('raw mode is on while it reads', () => {
  const { told, reader, listeners, send } = setUp();
  expect(told).toEqual(['raw true', 'resume']);
  reader.close();
  reader.close();
  expect(told).toEqual(['raw true', 'resume', 'pause', 'raw false']);
  expect(listeners()).toBe(0);
  send('x');
  expect(told).toHaveLength(4);
});

test('a lone ESC is Escape after a short while', () => {
  expect(tell('\x1b', 49)).toEqual([]);
  expect(tell('\x1b', 50)).toEqual(['escape']);
  expect(tell('\x1b', 49, 'b')).toEqual(['M-b']);
  expect(tell('\x1b', 50, 'b')).toEqual(['escape', 'b']);
});

test('a sequence that was cut has longer', () => {
  expect(tell('\x1b[1;', 399, '5C')).toEqual(['C-right']);
  expect(tell('\x1b[', 400)).toEqual(['M-[']);
});

test('a paste ends without its mark, after a while in which nothing came', () => {
  expect(tell('\x1b[200~a', 999, 'b', 999, 'c\x1b[20', 1000, 'x')).toEqual(['paste "abc\\u001b[20"', 'x']);
});

test('on a terminal that does not mark pastes, several lines at once are one', () => {
  expect(tell('one\rtwo\r\nth', 29, 'ree\r', 30)).toEqual(['paste "one\\ntwo\\nthree\\n"']);
  expect(tell('one\rtwo\r', 30, 'x', '\r')).toEqual(['paste "one\\ntwo\\n"', 'x', 'enter']);
  expect(tell('one\rtwo\r', '\x1b[A')).toEqual(['paste "one\\ntwo\\n"', 'up']);
  expect(tell('x'.repeat(200), 30)).toEqual([`paste "${'x'.repeat(200)}"`]);
});

test('keys that came together are no paste', () => {
  expect(tell('ls\r', 30)).toEqual(['l', 's', 'enter']);
  expect(tell('\r\r\r', 30)).toEqual(['enter', 'enter', 'enter']);
  expect(tell('a\rb\r\x1b[A')).toEqual(['a', 'enter', 'b', 'enter', 'up']);
});

test('a terminal that marks pastes is believed', () => {
  expect(tell('\x1b[200~a\x1b[201~', 'b\rc\rd\r')).toEqual(['paste "a"', 'b', 'enter', 'c', 'enter', 'd', 'enter']);
});

test('what follows the key that closed it is not told', () => {
  const { told, reader, send } = setUp((name) => name === 'q' && reader.close());
  send('aqb');
  expect(told).toEqual(['raw true', 'resume', 'a', 'q', 'pause', 'raw false']);
});
