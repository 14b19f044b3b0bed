import { describe, expect, test } from 'vitest';
import { digestOf } from '../../base/digest.ts';
import { created, message, replied, started, undone } from '../testing/observations.ts';
import { given } from '../testing/story.ts';

const before = digestOf('as the turn left it');
const after = digestOf('as it was');

/** A session in which one turn has ended. */
const ended = () => given(created(), message('e1'), started(), replied({ text: 'Done.' }));

describe('files that a person has put back', () => {
  test('are told to the model with its next request, between the answer and the next message', () => {
    const story = ended();
    expect(
      story.when(
        undone(1, [
          { path: 'src/a.ts', before, after },
          { path: 'new "b".ts', before },
        ]),
      ),
    ).toEqual([]);
    const [asked] = story.when(message('e2'), started()).filter(({ type }) => type === 'model.requested');
    expect(asked).toMatchObject({ data: { call_id: 'm2.1', message_count: 4 } });
    expect(story.history.map(({ role }) => role)).toEqual(['user', 'assistant', 'note', 'user']);
    expect(story.history[2]).toEqual({
      role: 'note',
      text: 'The person undid what turn 1 did to files: "src/a.ts", "new \\"b\\".ts" (removed). They are as they were before that turn. Read them again before you rely on what they hold.',
    });
  });

  test('enter the history at once, so that what is asked next is another request', () => {
    const plain = ended();
    const story = ended();
    story.when(undone(1, [{ path: 'a', before, after }]));
    expect(story.state.history).toMatchObject({ count: plain.state.history.count + 1 });
    const digests = [plain, story].map((one) => {
      const asked = one.when(message('e2'), started()).find(({ type }) => type === 'model.requested');
      return asked?.type === 'model.requested' ? asked.data.request_digest : undefined;
    });
    expect(digests[0]).toMatch(/^sha256:/);
    expect(digests[1]).not.toBe(digests[0]);
  });

  test('come before a message that waited already', () => {
    const story = given(created(), message('e1'), message('e2'), started(), replied({ text: 'Done.' }));
    story.when(undone(1, [{ path: 'a', before, after }]), started());
    expect(story.history.map(({ role }) => role)).toEqual(['user', 'assistant', 'note', 'user']);
  });

  test('are named up to a number', () => {
    const story = ended();
    story.when(
      undone(
        1,
        Array.from({ length: 23 }, (_, index) => ({ path: `f${index}`, before, after })),
      ),
    );
    const note = story.history.at(-1);
    expect(note?.role === 'note' && note.text).toContain('"f19", and 3 more. They are');
  });
});
