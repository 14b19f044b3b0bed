/**
 * What models and configurations do wrong has a recorded reason, and a message that says what to do. Beside what stands in
 * bad-model, unseen, login and compaction.
 */
import { describe, expect } from 'vitest';
import type { MockReply, MockRequest } from './support/mock-openai.ts';
import { startMockAnthropic } from './support/mock-anthropic.ts';
import { startMockGemini } from './support/mock-gemini.ts';
import { startMockOpenai } from './support/mock-openai.ts';
import { entriesOf, expectVerified, type Place, type Ran, test } from './support/place.ts';

const RUNS = { governance: { auto_allow: ['exec_command'] } };
const ONCE = { orchestrator: { model_attempts: 1 } };
const go = (place: Place): Promise<Ran> => place.run(['run', '--session', 'one', 'go']);

const ended = (place: Place) => entriesOf(place.journal('one'), 'turn.ended').at(-1)!;
const next = ({ stderr }: Ran): string => /^next: (.*)$/m.exec(stderr)?.[1] ?? '';

describe('calls', () => {
  const SAME: MockReply[] = [
    {
      calls: ['1', '2'].map((n) => ({ id: 'same', name: 'exec_command', arguments: { cmd: `echo ${n} >> ran.txt` } })),
    },
    { calls: [{ id: 'same', name: 'exec_command', arguments: { cmd: 'echo 3 >> ran.txt' } }] },
    { text: 'Done.' },
  ];

  test.for([
    ['openai', startMockOpenai],
    ['anthropic', startMockAnthropic],
    ['gemini', startMockGemini],
  ] as const)(
    'of one id, in one reply and in two: each runs once and has its own result (%s)',
    async ([provider, start], { place }) => {
      const mock = await start({ replies: SAME });
      place.atEnd(() => mock.close());
      place.configure({ models: { default: 'm', registry: [{ name: 'm', provider, base_url: mock.url, api_key: 'k' }] }, ...RUNS }); // prettier-ignore
      expect(await go(place)).toMatchObject({ code: 0, stdout: 'Done.\n' });
      expect(place.read('ran.txt')).toBe('1\n2\n3\n');
      expect(entriesOf(place.journal('one'), 'call.finished').map(({ call_id }) => call_id)).toEqual([
        'c1.1.1',
        'c1.1.2',
        'c1.2.1',
      ]);
      expect(mock.requests).toHaveLength(3); // it refuses a result that belongs to no call
      await expectVerified(place, 'one');
    },
  );

  test('in a reply that says it has ended are calls all the same', async ({ place, mock }) => {
    place.connect(mock, {}, RUNS);
    const calls = [{ name: 'exec_command', arguments: { cmd: 'echo ran > ran.txt' } }];
    mock.reply({ text: 'Bye.', stop: 'end', calls }, { text: 'Done.' });
    expect(await go(place)).toMatchObject({ code: 0, stdout: 'Done.\n' });
    expect(place.read('ran.txt')).toBe('ran\n');
    await expectVerified(place, 'one');
  });

  test('that come after a person stopped the turn are refused, and nothing runs', async ({ place, mock }) => {
    place.connect(mock, {}, RUNS);
    const calls = [1, 2].map((n) => ({ name: 'exec_command', arguments: { cmd: `sleep 30; echo ${n} > ran.txt` } }));
    mock.reply({ calls });
    const running = place.start(['run', '--session', 'one', '--json', 'go']);
    await running.says('"call.started"');
    process.kill(running.pid, 'SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(place.read('ran.txt')).toBe('');
    const lines = place.journal('one');
    expect(entriesOf(lines, 'call.refused')).toMatchObject([{ call_id: 'c1.1.2', why: 'canceled' }]);
    expect(entriesOf(lines, 'call.refused')[0]!.message).not.toBe('');
    expect(ended(place).reason).toBe('canceled');
    await expectVerified(place, 'one');
  });

  test('of a tool that is not there: the model is told which there are', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ calls: [{ name: 'launch_rocket', arguments: {} }] }, { text: 'None.' });
    expect(await go(place)).toMatchObject({ code: 0 });
    const { message } = entriesOf(place.journal('one'), 'call.refused').at(0)!;
    expect(message).toContain('launch_rocket');
    expect(message).toContain('read_file');
  });
});

describe('replies', () => {
  test.for([
    ['empty', 'empty_reply', [{ text: '' }, { text: '' }], {}, 'Ask again in other words'],
    [
      'cut off',
      'cut_by_length',
      [
        { text: 'So', stop: 'length' },
        { text: 'So', stop: 'length' },
      ],
      {},
      'max_output',
    ],
    ['endless', 'reply_too_large', [flood()], {}, 'max_output'],
    [
      'that never ends',
      'total_timeout',
      [{ text: 'abcd', chunks: 4, delayMs: 500 }],
      { total_timeout: '1s' },
      'total_timeout',
    ],
  ] as [string, string, MockReply[], object, string][])(
    '%s: %s, and what to do',
    async ([, code, replies, entry, advice], { place, mock }) => {
      place.connect(mock, entry, ONCE);
      mock.reply(...replies);
      const ran = await go(place);
      expect(ran).toMatchObject({ code: 1, stdout: '' });
      expect(ended(place)).toMatchObject({ code });
      expect(ended(place).message).not.toBe('');
      expect(next(ran)).toContain(advice);
      await expectVerified(place, 'one');
    },
  );
});

function flood(): MockReply {
  const event = { choices: [{ index: 0, delta: { content: 'x'.repeat(50_000) } }] };
  return { raw: `data: ${JSON.stringify(event)}\n\n`, repeat: 1000 };
}

describe('a tool result larger than the window', () => {
  const LONG: MockReply = { calls: [{ name: 'exec_command', arguments: { cmd: 'seq 1 15000' } }] };
  const last = ({ requests }: { requests: readonly MockRequest[] }): string => JSON.stringify(requests.at(-1)!.body);

  test('is summed up before it is sent, with how to read it', async ({ place, mock }) => {
    place.connect(mock, { context: 6000, max_output: 500 }, RUNS);
    mock.reply(LONG, { text: 'SUMMARY' }, { text: 'Done.' });
    expect(await go(place)).toMatchObject({ code: 0, stdout: 'Done.\n' });
    expect(last(mock)).toContain('SUMMARY');
    expect(last(mock)).toContain('read_output');
    expect(last(mock).length).toBeLessThan(6000 * 3);
    await expectVerified(place, 'one');
  });

  test('and nobody knew the window: when even the summary is too long, it says what to do', async ({ place, mock }) => {
    const tooLong = { status: 400, body: { error: { message: 'too long', code: 'context_length_exceeded' } } };
    place.connect(mock, {}, RUNS);
    mock.reply(LONG, tooLong, { text: 'SUMMARY' }, tooLong);
    const ran = await go(place);
    expect(ran.code).toBe(1);
    expect(ended(place)).toMatchObject({ reason: 'failed', code: 'context_too_long' });
    expect(next(ran)).toContain('a model with a larger window');
    await expectVerified(place, 'one');
  });
});

describe('a key with a line break in it', () => {
  const KEY = 'sk-test-0123456789\nabcdef';
  const shown = ({ stdout, stderr }: Ran, place: Place): string =>
    stdout + stderr + JSON.stringify(place.journal('one'));

  test.for(['openai', 'anthropic', 'gemini', 'zai'] as const)(
    'in the configuration (%s)',
    async (provider, { place }) => {
      place.configure({ models: { default: 'm', registry: [{ name: 'm', provider, api_key: KEY }] } });
      const ran = await go(place);
      expect(ran.code).toBe(4);
      expect(ended(place)).toMatchObject({ reason: 'auth_missing', code: 'key_invalid' });
      expect(ended(place).message).toContain('set `api_key` of its entry in models.registry anew');
      expect(next(ran)).toContain('line breaks');
      expect(shown(ran, place)).not.toContain('sk-test');
    },
  );

  test('in the environment, also at its end', async ({ place }) => {
    for (const key of [KEY, 'sk-test-0123456789\n']) {
      const ran = await place.run(['run', '--session', 'one', 'go'], { environment: { OPENAI_API_KEY: key } });
      expect(ran.code).toBe(4);
      expect(ended(place).message).toContain('set OPENAI_API_KEY anew');
      expect(shown(ran, place)).not.toContain('sk-test');
    }
  });
});

describe('a base_url without a scheme', () => {
  test.for([
    ['localhost:1234/v1', 'http://localhost:1234/v1'],
    ['api.example.com/v1', 'https://api.example.com/v1'],
  ] as const)('in the configuration: %s', async ([base_url, meant], { place }) => {
    place.configure({ models: { default: 'm', registry: [{ name: 'm', base_url, api_key: 'k' }] } });
    const ran = await go(place);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(`models.registry[0].base_url: expected a URL that begins with http:// or https://, as ${meant}`); // prettier-ignore
  });

  test('in the environment: recorded, with what is meant', async ({ place }) => {
    const environment = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'localhost:1234/v1' };
    const ran = await place.run(['run', '--session', 'one', 'go'], { environment });
    expect(ran.code).toBe(1);
    expect(ended(place)).toMatchObject({ reason: 'validation_failed', code: 'base_url_invalid' });
    expect(ended(place).message).toContain('Write http://localhost:1234/v1 (base_url of the model or OPENAI_BASE_URL)');
    expect(ran.stderr).toContain('Write http://localhost:1234/v1');
  });
});
