/** One session over three services: begun with one, gone on with the next, summed up, forked to the third; all of it proved. */
import { expect } from 'vitest';
import { startMockAnthropic } from './support/mock-anthropic.ts';
import { startMockGemini } from './support/mock-gemini.ts';
import { startMockOpenai } from './support/mock-openai.ts';
import type { MockService } from './support/mock-service.ts';
import { entriesOf, expectVerified, KEY, test } from './support/place.ts';

const readFile = (path: string) => ({ calls: [{ id: 'one', name: 'read_file', arguments: { path } }] });
const sent = (mock: MockService): string => JSON.stringify(mock.requests.map(({ body }) => body));

test('begun with OpenAI, gone on with Anthropic, summed up, forked to Gemini: nothing is lost, and all verifies', async ({
  place,
}) => {
  const openai = await startMockOpenai({ replies: [{ reasoning: 'A file.', ...readFile('a.txt') }, { text: 'It holds 7.' }], fallback: { text: 'x' } }); // prettier-ignore
  const anthropic = await startMockAnthropic({
    replies: [{ reasoning: 'Another.', ...readFile('b.txt') }, { text: 'And 8 there.' }, { text: 'SUMMARY: a holds 7, b holds 8.' }, { text: 'Summed up.' }],
    fallback: { text: 'x' },
  }); // prettier-ignore
  const gemini = await startMockGemini({ replies: [readFile('a.txt'), { text: 'Together 15.' }], fallback: { text: 'x' } }); // prettier-ignore
  for (const mock of [openai, anthropic, gemini]) place.atEnd(() => mock.close());
  place.write('a.txt', 'seven: 7\n');
  place.write('b.txt', 'eight: 8\n');
  place.configure({
    models: {
      default: 'one',
      registry: [
        { name: 'one', provider: 'openai', base_url: openai.url, api_key: KEY },
        { name: 'two', provider: 'anthropic', base_url: anthropic.url, api_key: KEY },
        { name: 'three', provider: 'gemini', base_url: gemini.url, api_key: KEY },
      ],
    },
  });

  const first = await place.run(['run', '--session', 's', 'What is in a.txt?']);
  expect(first).toMatchObject({ code: 0, stdout: 'It holds 7.\n' });
  const second = await place.run(['run', '--session', 's', '--model', 'two', 'And in b.txt?']);
  expect(second).toMatchObject({ code: 0, stdout: 'And 8 there.\n' });
  // What the first one did is told to the second in its own shapes.
  expect(sent(anthropic)).toMatch(/What is in a\.txt.*tool_use.*seven: 7.*It holds 7/);

  expect((await place.run(['session', 'compact', 's'])).code).toBe(0);
  const third = await place.run(['run', '--session', 's', 'Where are we?']);
  expect(third).toMatchObject({ code: 0, stdout: 'Summed up.\n' });
  expect(entriesOf(place.journal('s'), 'context.compacted')).toHaveLength(1);
  expect(JSON.stringify(anthropic.requests.at(-1)!.body)).toContain('SUMMARY: a holds 7, b holds 8.');

  const forked = await place.run(['session', 'fork', 's', '--model', 'three', '--message', 'How much together?']);
  expect(forked.code).toBe(0);
  expect(forked.stdout).toContain('Together 15.');
  const fork = forked.stdout.split('\n')[0]!;
  // The summary goes with it, and what has been done, by the record.
  expect(sent(gemini)).toMatch(/SUMMARY: a holds 7, b holds 8\..*What is in a\.txt.*read_file/s);
  await expectVerified(place, 's');
  await expectVerified(place, fork);
  const models = entriesOf(place.journal(fork), 'model.requested').map(
    ({ provider, purpose }) => `${provider} ${purpose}`,
  );
  expect(models).toEqual([
    'openai think', 'openai think', 'anthropic think', 'anthropic think', 'anthropic compact', 'anthropic think',
    'gemini think', 'gemini think',
  ]); // prettier-ignore
});
