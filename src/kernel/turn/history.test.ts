import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../base/canonical-json.ts';
import { sha256 } from '../../base/digest.ts';
import { created, denied, finished, inspected, later, message, modelFailed, replied, started, timerFired } from '../testing/observations.ts'; // prettier-ignore
import type { Part } from '../../contract/values.ts';
import { given } from '../testing/story.ts';
import { pendingOf, utf8Length } from './history.ts';

describe('the history', () => {
  test('holds results by the index of their calls, whatever the order in which they came', () => {
    const story = given(created(), message('e1'), started());
    story.when(
      replied({ text: 'I look.', calls: [['read_file'], ['no_such_tool'], ['list_files'], ['exec_command']] }),
    );
    story.when(inspected('c1.1.3'), inspected('c1.1.1'), finished('c1.1.3', { output: 'three' }));
    story.when(finished('c1.1.1', { output: 'one' }), inspected('c1.1.4'), denied('c1.1.4'));
    expect(story.history).toMatchObject([
      { role: 'user' },
      { role: 'assistant', parts: [{ text: 'I look.' }], tool_calls: [{ call_id: 'c1.1.1' }, {}, {}, {}] },
      { role: 'tool', call_id: 'c1.1.1', provider_id: 'p1', name: 'read_file', status: 'ok', parts: [{ text: 'one' }] },
      { role: 'tool', call_id: 'c1.1.2', status: 'unknown_tool' },
      { role: 'tool', call_id: 'c1.1.3', status: 'ok', parts: [{ text: 'three' }] },
      { role: 'tool', call_id: 'c1.1.4', status: 'approval_denied' },
    ]);
  });

  test('is a count, a rolling digest over the contents, and a size', () => {
    const story = given(created(), message('e1'), started(), replied({ text: 'Hi' }), message('e2'), started());
    const digest = story.history.reduce((before, content) => sha256(before + sha256(canonicalJson(content))), '');
    const bytes = story.history.reduce((sum, content) => sum + pendingOf(sha256, 0, content).bytes, 0);
    expect(story.state.history).toMatchObject({ count: 3, digest, bytes });
    expect(story.state.history.tail.map((one) => one.digest)).toEqual(
      story.history.map((content) => sha256(canonicalJson(content))),
    );
  });

  test('does not depend on times, attempts or anything else of the lines', () => {
    const plain = given(created(), message('e1'), started(), replied({ text: 'Hi' }));
    const bumpy = given(created('s-9'), later(5, message('e1')), later(7, started()));
    bumpy.when(modelFailed('network'), later(900, timerFired('rm1.1.1')), replied({ text: 'Hi', usage: { input: 7 } }));
    const { count, digest, bytes } = plain.state.history;
    expect(bumpy.state.history).toMatchObject({ count, digest, bytes });
  });

  test('tells the model the error of a call before its output', () => {
    const story = given(created(), message('e1'), started(), replied({ calls: [['read_file']] }), inspected('c1.1.1'));
    const error = { code: 'disk_full', message: 'No space left.' };
    story.when(finished('c1.1.1', { outcome: 'error', error, output: 'half' }));
    expect(story.history.at(-1)).toMatchObject({
      status: 'error',
      parts: [{ text: 'disk_full: No space left.' }, { text: 'half' }],
    });
  });
});

test('the size of a text is that of its UTF-8', () => {
  for (const text of ['', 'abc', 'äöü', '€', '😀', 'a😀b€', '\ud83d', '\ude00x']) {
    expect(utf8Length(text)).toBe(Buffer.byteLength(text));
  }
});

test('the size of a content counts what the model gets: of long output head and tail, of all else the whole', () => {
  const long = {
    blob: `sha256:${'0'.repeat(64)}`,
    bytes: 100_000,
    head: 'x'.repeat(10),
    tail: 'y'.repeat(10),
  } as const;
  const part = { type: 'text', text: long } as const;
  const user = pendingOf(sha256, 1, { role: 'user', parts: [part] });
  const result = { role: 'tool', call_id: 'c', provider_id: 'p', name: 'n', status: 'ok', parts: [part] } as const;
  const tool = pendingOf(sha256, 1, { ...result, parts: [...result.parts] });
  expect(user.bytes - 100_000).toBe(tool.bytes - 20);
});

test.each<[Partial<Extract<Part, { bytes: number }>>, number]>([
  [{ type: 'image', bytes: 500 }, 500],
  [{ type: 'image', bytes: 5_000_000 }, 10_000],
  [{ type: 'file', bytes: 5_000_000, pages: 12 }, 60_000],
  [{ type: 'file', bytes: 5_000_000 }, 5_000_000],
])('%j is reckoned as %d tokens at most', (part, tokens) => {
  const blob = `sha256:${'0'.repeat(64)}` as const;
  const sized = { type: 'file' as const, media_type: 'application/pdf', bytes: 0, blob, ...part };
  const sizeOf = (parts: Part[]): number => pendingOf(sha256, 0, { role: 'user', parts }).bytes;
  expect(sizeOf([sized]) - sizeOf([])).toBe(tokens);
});
