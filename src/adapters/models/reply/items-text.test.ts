import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Message } from '../../../contract/messages.ts';
import { bodyText, createItemsText } from './items-text.ts';

const note = (text: string): Message => ({ role: 'note', text });
const toItems = (message: Message): object[] =>
  message.role === 'note' && message.text !== '' ? [{ said: message.text }, { said: 'again' }] : [];
const plain = (messages: Message[]): string => JSON.stringify(messages.flatMap(toItems)).slice(1, -1);

describe('items as text', () => {
  test('are those of the messages, whatever was written of them before', () => {
    const texts = fc.array(fc.oneof(fc.string(), fc.constant('')), { maxLength: 8 });
    const edits = fc.array(fc.record({ keep: fc.nat({ max: 8 }), add: texts }), { maxLength: 6 });
    fc.assert(
      fc.property(texts, edits, (first, steps) => {
        const itemsText = createItemsText(toItems);
        let messages = first.map(note);
        expect(itemsText(messages)).toBe(plain(messages));
        for (const { keep, add } of steps) {
          messages = [...messages.slice(0, keep), ...add.map(note)];
          expect(itemsText(messages)).toBe(plain(messages));
        }
      }),
    );
  });

  test('a message in another place than before isn’t taken for the one that stood there', () => {
    const [one, two, three] = [note('1'), note('2'), note('3')];
    const itemsText = createItemsText(toItems);
    itemsText([one, two, three]);
    expect(itemsText([one, three, two])).toBe(plain([one, three, two]));
    expect(itemsText([one, note('2'), three])).toBe(plain([one, two, three]));
    expect(itemsText([one])).toBe(plain([one]));
  });

  test('are written once', () => {
    const counted = vi.fn(toItems);
    const itemsText = createItemsText(counted);
    const messages = [note('1'), note('2')];
    itemsText(messages);
    itemsText([...messages, note('3')]);
    expect(counted).toHaveBeenCalledTimes(3);
  });
});

test.each([
  { first: [], items: [] },
  { first: [{ a: 1 }], items: [] },
  { first: [], items: [{ b: '"' }] },
  { first: [{ a: 1 }], items: [{ b: 2 }, { c: null }] },
])('a body with the list $first and $items', ({ first, items }) => {
  const fields = { model: 'm', stream: true };
  const text = bodyText(fields, 'input', first, JSON.stringify(items).slice(1, -1));
  expect(JSON.parse(text)).toEqual({ ...fields, input: [...first, ...items] });
});
