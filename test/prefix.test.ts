/**
 * Providers keep the beginnings of prompts: what was sent once must be sent the same again. Each request of a session begins
 * with all of the one before, but for its last message, in every format, over restarts of the program.
 */
import { expect } from 'vitest';
import { SERVICES } from '../src/adapters/models/testing/services.ts';
import { CORPUS, sharedBeginning } from './support/prefix.ts';
import { entriesOf, expectVerified, test } from './support/place.ts';

test.for(SERVICES.map((service) => [service.name, service] as const))(
  'every request begins with the one before (%s)',
  async ([, { provider, wire, start }], { place }) => {
    const mock = await start({ replies: CORPUS.flatMap(({ replies }) => replies) });
    place.atEnd(() => mock.close());
    const entry = { name: 'm', provider, base_url: mock.url, api_key: 'k', ...(wire && { wire }) };
    place.configure({
      models: { default: 'm', registry: [entry] },
      governance: { auto_allow: ['exec_command'] },
    });
    place.write('a.txt', 'A\n');
    for (const { says } of CORPUS) await place.run(['run', '--session', 'one', says]);
    const bodies = mock.requests.map(({ body }) => body);
    expect(bodies).toHaveLength(CORPUS.flatMap(({ replies }) => replies).length);
    const broken = bodies
      .slice(1)
      .flatMap((body, index) => (sharedBeginning(bodies[index], body).whole ? [] : [index]));
    expect(broken).toEqual([]);
    // Of each kind of thing that could move what stands before it there was one.
    const lines = place.journal('one');
    const signals = new Set(entriesOf(lines, 'turn.reflected').map(({ signal }) => signal));
    expect([...signals].sort()).toEqual(['continue', 'replan', 'retry', 'stop']);
    expect(new Set(entriesOf(lines, 'call.refused').map(({ why }) => why)).size).toBeGreaterThan(1);
    await expectVerified(place, 'one');
  },
);
