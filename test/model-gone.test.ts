/** A session whose model has left the configuration: what was said to one service is sent to no other by itself. */
import { expect } from 'vitest';
import { startMockOpenai } from './support/mock-openai.ts';
import { entriesOf, KEY, type Place, test } from './support/place.ts';

interface Service {
  url: string;
}

/** The default model, and `local` while it is there. */
function configure(place: Place, main: Service, local?: Service): void {
  const entries = [['main', main], ...(local ? [['local', local] as const] : [])] as [string, Service][];
  const registry = entries.map(([name, { url }]) => ({ name, base_url: url, api_key: KEY }));
  place.configure({ models: { default: 'main', registry } });
}

test('it is refused with what to do, nothing is asked, and another model goes on when somebody chooses one', async ({
  place,
  mock: main,
}) => {
  const local = await startMockOpenai();
  try {
    local.reply({ text: 'I keep it.' });
    configure(place, main, local);
    expect((await place.run(['run', '--session', 's', '--model', 'local', 'a secret'])).code).toBe(0);
    configure(place, main);
    const refused = await place.run(['run', '--session', 's', 'go on']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('"local"');
    expect(refused.stderr).toContain('--model');
    expect(main.requests).toEqual([]);
    expect(entriesOf(place.journal('s'), 'input.received')).toHaveLength(1);

    main.reply({ text: 'Here I am.' });
    expect(await place.run(['run', '--session', 's', '--model', 'main', 'go on'])).toMatchObject({
      code: 0,
      stdout: 'Here I am.\n',
    });
  } finally {
    await local.close();
  }
});

test('a turn that waits for an approval meanwhile ends without asking another service', async ({
  place,
  mock: main,
}) => {
  const local = await startMockOpenai();
  try {
    local.reply({ calls: [{ name: 'exec_command', arguments: { cmd: 'true' } }] });
    configure(place, main, local);
    const waits = await place.run(['run', '--session', 's', '--model', 'local', 'a secret']);
    expect(waits.code).toBe(5);
    const [asked] = entriesOf(place.journal('s'), 'approval.requested');
    configure(place, main);
    await place.run(['approve', asked!.approval_id]);
    const ended = await place.run(['run', '--session', 's']);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain('local');
    expect(main.requests).toEqual([]);
    expect(entriesOf(place.journal('s'), 'turn.ended')).toHaveLength(1);
  } finally {
    await local.close();
  }
});

test('a name that never stood in the configuration is asked of the default service, as ever', async ({
  place,
  mock,
}) => {
  mock.reply({ text: 'one' }, { text: 'two' });
  configure(place, mock);
  await place.run(['run', '--session', 's', '--model', 'brand-new', 'hello']);
  expect(await place.run(['run', '--session', 's', 'again'])).toMatchObject({ code: 0, stdout: 'two\n' });
  expect(mock.requests.map(({ body }) => (body as { model: string }).model)).toEqual(['brand-new', 'brand-new']);
});
