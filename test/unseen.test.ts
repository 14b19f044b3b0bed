/** Images in a conversation, and models that can't see them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { entriesOf, expectVerified, KEY, type Place, type Ran, test } from './support/place.ts';
import { startMockAnthropic } from './support/mock-anthropic.ts';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==', 'base64'); // prettier-ignore
const WARNING = /^warning: blind can't see "cat\.png" \(image\/png, 70 bytes\)/gm;

/** Asks about an image, as a person does. */
function ask(place: Place, session: string, text: string): Promise<Ran> {
  writeFileSync(join(place.project, 'cat.png'), PNG);
  return place.run(['run', '--session', session, '--attach', 'cat.png', text]);
}

/** One service, two models: with eyes and without. */
function registry(url: string, ...first: object[]): object[] {
  const at = { base_url: url, api_key: KEY };
  return [...first, { name: 'blind', sees: [], ...at }, { name: 'eyed', sees: ['image'], ...at }];
}

test('the name stands in the place of an image, the person is told once, and a model with eyes sees it', async ({
  place,
  mock,
}) => {
  place.configure({ models: { default: 'blind', registry: registry(mock.url) } });
  mock.reply({ text: 'I see none.' }, { text: 'Still none.' }, { text: 'A dot.' }, { text: 'None.' });
  const first = await ask(place, 'one', 'what is this?');
  expect(first).toMatchObject({ code: 0, stdout: 'I see none.\n' });
  expect(first.stderr.match(WARNING)).toHaveLength(1);
  const sent = (): string => JSON.stringify(mock.requests.at(-1)!.body);
  expect(sent()).toContain('[The image \\"cat.png\\" (image/png, 70 bytes) was left out');
  expect(sent()).not.toContain('image_url');
  const again = await place.run(['run', '--session', 'one', 'and now?']);
  expect(again).toMatchObject({ code: 0, stdout: 'Still none.\n' });
  expect(again.stderr).not.toMatch(WARNING);
  expect(sent()).not.toContain('image_url');
  const seen = await place.run(['run', '--session', 'one', '--model', 'eyed', 'and you?']);
  expect(seen).toMatchObject({ code: 0, stdout: 'A dot.\n', stderr: '' });
  expect(sent()).toContain(PNG.toString('base64'));
  expect(sent()).not.toContain('[The image');
  await place.run(['run', '--session', 'one', '--model', 'blind', 'and you again?']);
  expect(sent()).not.toContain('image_url');
  expect(entriesOf(place.journal('one'), 'model.replied').filter(({ unseen }) => unseen)).toHaveLength(1);
  expect((await place.run(['session', 'show', 'one'])).stdout).toContain('blind can\'t see "cat.png"');
  await expectVerified(place, 'one');
});

test('switched to a model without eyes, and a fallback without eyes: each is told, and the person of each', async ({
  place,
  mock,
}) => {
  const models = { default: 'eyed', registry: registry(mock.url) };
  place.configure({ models, orchestrator: { model_attempts: 1 } });
  mock.reply({ text: 'A dot.' }, { text: 'None.' });
  const eyed = await ask(place, 'one', 'what is this?');
  expect(eyed.stdout).toBe('A dot.\n');
  expect(eyed.stderr).not.toContain('warning');
  const switched = await place.run(['run', '--session', 'one', '--model', 'blind', 'and you?']);
  expect(switched.stderr.match(WARNING)).toHaveLength(1);
  expect(switched.stdout).toBe('None.\n');
  place.configure({ models: { ...models, fallback: ['blind'] }, orchestrator: { model_attempts: 1 } });
  mock.reply({ status: 503, body: {} }, { text: 'Fell back.' });
  const fallen = await ask(place, 'two', 'what is this?');
  expect(fallen).toMatchObject({ code: 0, stdout: 'Fell back.\n' });
  expect(fallen.stderr.match(WARNING)).toHaveLength(1);
  for (const id of ['one', 'two']) await expectVerified(place, id);
});

test('another provider: the same', async ({ place }) => {
  const mock = await startMockAnthropic();
  place.atEnd(() => mock.close());
  const blind = { name: 'blind', provider: 'anthropic', base_url: mock.url, api_key: KEY, sees: [] };
  place.configure({ models: { default: 'blind', registry: [blind] } });
  mock.reply({ text: 'None.' });
  const ran = await ask(place, 'one', 'what is this?');
  expect(ran).toMatchObject({ code: 0, stdout: 'None.\n' });
  expect(ran.stderr.match(WARNING)).toHaveLength(1);
  expect(JSON.stringify(mock.requests.at(-1)!.body)).toContain('was left out');
});

test('where nobody has said what it sees it is sent, and a refusal says what to do', async ({ place, mock }) => {
  place.connect(mock);
  mock.reply({ status: 400, body: { error: { message: 'unknown content type image_url' } } });
  const ran = await ask(place, 'one', 'what is this?');
  expect(ran.code).not.toBe(0);
  expect(JSON.stringify(mock.requests.at(-1)!.body)).toContain('image_url');
  const [failed] = entriesOf(place.journal('one'), 'model.failed');
  expect(failed!.message).toContain('unknown content type image_url');
  expect(failed!.message).toContain('say so in its entry of models.registry: `sees: []`');
  expect(`${ran.stdout}${ran.stderr}`).toContain('sees: []');
  await expectVerified(place, 'one');
});
