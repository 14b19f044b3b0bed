import { describe, expect, test } from 'vitest';
import type { Message } from '../../contract/messages.ts';
import { seenMessages } from './unseen.ts';

const PNG = { type: 'image', base64: 'AAAA', media_type: 'image/png', name: 'cat.png' } as const;
const PDF = { type: 'file', base64: 'A'.repeat(1998) + '==', media_type: 'application/pdf' } as const;
const NOTES = { type: 'file', base64: 'AAAA', media_type: 'text/plain', name: 'notes.txt' } as const;
const history: Message[] = [
  { role: 'user', parts: [{ type: 'text', text: 'What is this?' }, PNG, PDF, NOTES] },
  { role: 'assistant', parts: [{ type: 'text', text: 'A cat.' }], tool_calls: [] },
  { role: 'tool', call_id: 'c1.1.1', provider_id: 'p', name: 'look', output: 'ok' },
  { role: 'note', text: 'n' },
];
const CAT = '[The image "cat.png" (image/png, 3 bytes) was left out: you can\'t see images. Say so where the answer depends on it.]'; // prettier-ignore
const PAPER = '[The document without a name (application/pdf, 1 KB) was left out: you can\'t see documents. Say so where the answer depends on it.]'; // prettier-ignore
const text = (said: string) => ({ type: 'text', text: said });

describe('what a model is given of images and documents', () => {
  test('all of it, where nobody has said what it sees, or it sees both', () => {
    expect(seenMessages({}, history)).toBe(history);
    expect(seenMessages({ sees: ['file', 'image'] }, history)).toEqual(history);
  });

  test('name, type and size of what it is known not to see; the rest is the same', () => {
    const [first, ...others] = seenMessages({ sees: [] }, history);
    expect(first).toEqual({ role: 'user', parts: [text('What is this?'), text(CAT), text(PAPER), NOTES] });
    expect(others).toEqual(history.slice(1));
    expect(seenMessages({ sees: ['image'] }, history)[0]).toMatchObject({ parts: [{}, PNG, text(PAPER), NOTES] });
    expect(seenMessages({ sees: ['file'] }, history)[0]).toMatchObject({ parts: [{}, text(CAT), PDF, NOTES] });
  });
});
