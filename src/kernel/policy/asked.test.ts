import { expect, test } from 'vitest';
import { created, finished, inspected, message, replied, started } from '../testing/observations.ts';
import { given } from '../testing/story.ts';
import { askedBy } from './asked.ts';

test('who steers a turn asks for what it does from then on', () => {
  const story = given(
    created(),
    message('e1'),
    started({ asker: { channels: ['cli'], lane: 'interactive', utc_offset_min: 0 } }),
  );
  const asked = (): object => {
    const { role, channels } = askedBy(story.state, story.state.turn!);
    return { role, channels };
  };
  story.when(replied({ calls: [['read_file']] }), inspected('c1.1.1'));
  story.when(message('e2', { mode: 'steer', source: 'telegram', actor: { id: 'p2', role: 'member' } }));
  expect(asked()).toEqual({ role: 'operator', channels: ['cli'] });
  story.when(finished('c1.1.1'));
  expect(asked()).toEqual({ role: 'member', channels: ['cli', 'telegram'] });
});
