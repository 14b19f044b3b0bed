import { expect, test } from 'vitest';
import type { Actor } from '../../contract/values.ts';
import { createWorld, PERSON, reply } from '../testing/world.ts';

const MEMBER: Actor = { id: 'max', role: 'member' };
const message = { session: 's', parts: [{ type: 'text' as const, text: 'hi' }], source: 'test', root: '/p' };

test('two messages that come before there is a session: who asks for less doesn’t choose the model of the other', async () => {
  for (const [first, second, chosen] of [
    [PERSON, MEMBER, []],
    [MEMBER, PERSON, ['large']],
    [PERSON, PERSON, ['large']],
  ] as const) {
    const world = createWorld();
    await world.owner.accept({ ...message, actor: first });
    await world.owner.accept({ ...message, actor: second, model: 'large' });
    const live = await world.owner.open('s');
    await world.owner.enter(live);
    for (let turns = 0; turns < 2; turns++) (await world.nextAsk()).answer(reply('hello'));
    await live.runner.rest();
    const models = world.lines.get('s')!.flatMap((one) => (one.type === 'session.configured' ? [one.data.model] : []));
    expect(models).toEqual(chosen);
    await world.owner.close(live);
  }
});
