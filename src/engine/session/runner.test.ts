import { describe, expect, it } from 'vitest';
import { createWorld, PERSON, reply, result, settle } from '../testing/world.ts';

const PLAIN_TURN = [
  'session.created', 'input.received', 'turn.started', 'plan.made', 'model.requested', 'model.replied',
  'turn.reflected', 'reply.made', 'turn.ended',
]; // prettier-ignore

describe('a turn', () => {
  it('is written as the contract says, durable when it ends, with its head and its done mark', async () => {
    const world = createWorld();
    const { live, event } = await world.send('s', 'hi');
    (await world.nextAsk()).answer(reply('hello'));
    expect(await live.runner.rest()).toEqual({ kind: 'idle' });
    expect(world.types('s')).toEqual(PLAIN_TURN);
    expect(world.synced.get('s')).toBe(PLAIN_TURN.length);
    await world.owner.close(live);
    expect(world.audit).toMatchObject([{ type: 'head', data: { session: 's', seq: 9 } }]);
    expect(world.done.get(event)).toBe('success');
  });

  it('asks with the whole history, in order', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'first');
    (await world.nextAsk()).answer(reply('', ['look', { n: 1 }], ['look', { n: 2 }]));
    const [one, two] = [await world.nextRun(), await world.nextRun()];
    two.answer(result('second result'));
    one.answer(result('first result'));
    const { request, answer } = await world.nextAsk();
    expect(request.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ call_id: 'c1.1.1' }, { call_id: 'c1.1.2' }] },
      { role: 'tool', call_id: 'c1.1.1', output: 'first result' },
      { role: 'tool', call_id: 'c1.1.2', output: 'second result' },
    ]);
    answer(reply('done'));
    await live.runner.rest();
  });

  it('runs the reads of a reply side by side and inspects them in one write; the others wait their turn', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'go');
    (await world.nextAsk()).answer(reply('', ['look', 1], ['look', 2], ['work', 3], ['look', 4]));
    const [a, b] = [await world.nextRun(), await world.nextRun()];
    await settle();
    expect(world.runs.map((run) => run.call_id)).toEqual(['c1.1.1', 'c1.1.2']);
    expect(world.types('s').slice(6, 12)).toEqual([
      'call.inspected', 'call.inspected', 'policy.decided', 'call.started', 'policy.decided', 'call.started',
    ]); // prettier-ignore
    a.answer(result('1'));
    b.answer(result('2'));
    (await world.nextRun()).answer(result('3'));
    (await world.nextRun()).answer(result('4'));
    expect(world.runs.map((run) => run.call_id)).toEqual(['c1.1.1', 'c1.1.2', 'c1.1.3', 'c1.1.4']);
    (await world.nextAsk()).answer(reply('done'));
    await live.runner.rest();
  });
});

describe('append, then act', () => {
  it('runs a call that was about to start when a patient shut-down came, and nothing after it', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'go');
    let ended: Promise<void> | undefined;
    live.runner.subscribe((event) => {
      if (event.kind === 'entry' && event.stored.entry.type === 'call.started') ended = live.runner.shutDown(60_000);
    });
    (await world.nextAsk()).answer(reply('', ['look', 1]));
    (await world.nextRun()).answer(result('found'));
    await settle();
    await ended;
    expect(world.types('s').slice(-3)).toEqual(['call.started', 'call.finished', 'turn.reflected']);
  });

  it('runs a guarded call only when its intent is durable', async () => {
    const world = createWorld();
    await world.send('s', 'go');
    (await world.nextAsk()).answer(reply('', ['work']));
    await world.nextRun();
    expect(world.synced.get('s')).toBe(world.last('s', 'call.started').seq);
  });

  it('starts no guarded call when the sync of its intent fails, and acknowledges nothing more', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'go');
    const ask = await world.nextAsk();
    world.breakDisk('sync');
    ask.answer(reply('', ['work']));
    expect(await live.runner.rest()).toMatchObject({ kind: 'ended', error: { code: 'disk_full' } });
    expect(world.runs).toEqual([]);
    expect(await live.runner.post({ type: 'timer.fired', data: { timer_id: 'w1' } })).toBeUndefined();
  });

  it('tells nobody of an end that is not durable', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'go');
    const ask = await world.nextAsk();
    const told: string[] = [];
    live.runner.subscribe((event) => {
      if (event.kind === 'entry') told.push(event.stored.entry.type);
    });
    world.breakDisk('sync');
    ask.answer(reply('hello'));
    await live.runner.rest();
    expect(world.types('s')).toContain('turn.ended');
    expect(told).not.toContain('turn.ended');
  });

  it('ends when an append fails; what is on the disk is what the next start finds', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'go');
    const ask = await world.nextAsk();
    world.breakDisk('append');
    ask.answer(reply('hello'));
    expect(await live.runner.rest()).toMatchObject({ kind: 'ended', error: { code: 'disk_full' } });
    expect(world.types('s').at(-1)).toBe('model.requested');

    const next = createWorld({ before: world });
    const again = await next.send('s', 'and?');
    (await next.nextAsk()).answer(reply('hello'));
    (await next.nextAsk()).answer(reply('yes'));
    expect(await again.live.runner.rest()).toEqual({ kind: 'idle' });
    expect(next.types('s').slice(5, 7)).toEqual(['session.opened', 'model.requested']);
  });
});

it('runs nothing a second time after its opening could not be recorded: that is tried again first', async () => {
  const world = createWorld();
  const { event } = await world.send('s', 'go');
  (await world.nextAsk()).answer(reply('', ['work']));
  await world.nextRun();

  const next = createWorld({ before: world });
  const live = await next.owner.open('s');
  next.failNextBlob();
  await expect(next.owner.stop(live, event, { actor: PERSON, via: 'test' })).rejects.toMatchObject({
    code: 'store_unavailable',
  });
  await next.owner.enter(live);
  (await next.nextAsk()).answer(reply('It may have happened.'));
  await live.runner.rest();
  expect(next.runs).toEqual([]);
  expect(next.types('s').filter((type) => type === 'session.opened' || type === 'call.abandoned')).toEqual(['session.opened', 'call.abandoned']); // prettier-ignore
});

describe('what a stop left out', () => {
  it('is made up for when the session is opened again: the audit head and the done mark of an ended turn', async () => {
    const world = createWorld();
    const { live, event } = await world.send('s', 'hi');
    (await world.nextAsk()).answer(reply('hello'));
    await live.runner.rest();
    world.audit.length = 0; // as if the program had been killed right after the sync
    world.done.clear();

    const again = await world.owner.open('s');
    expect(again.opened.fold.lastReply).toEqual([{ type: 'text', text: 'hello' }]);
    await world.owner.enter(again);
    expect(await again.runner.rest()).toEqual({ kind: 'idle' });
    await world.owner.close(again);
    expect(world.audit).toMatchObject([{ type: 'head', data: { session: 's', seq: PLAIN_TURN.length } }]);
    expect(world.done.get(event)).toBe('success');
    expect(world.types('s')).toEqual(PLAIN_TURN);
  });
});

describe('stop and steer', () => {
  it('stops a model call: it is aborted, awaited, and the turn ends canceled without a reply', async () => {
    const world = createWorld();
    const { live, event } = await world.send('s', 'go');
    const ask = await world.nextAsk();
    await world.owner.stop(live, event, { actor: PERSON, via: 'cli' });
    await settle();
    expect(ask.signal.aborted).toBe(true);
    expect(world.types('s').at(-1)).toBe('input.received');
    ask.answer({ ok: false, class: 'aborted', code: 'aborted', message: 'aborted' });
    await live.runner.rest();
    expect(world.types('s').slice(5)).toEqual(['input.received', 'model.failed', 'turn.ended']);
    expect(world.last('s', 'turn.ended').data).toMatchObject({ reason: 'canceled', event_ids: [event] });
  });

  it('counts an attempt that is aborted without being asked to as a failed one', async () => {
    const world = createWorld();
    await world.send('s', 'go');
    (await world.nextAsk()).answer({ ok: false, class: 'aborted', code: 'aborted', message: 'aborted' });
    await settle();
    expect(world.last('s', 'model.failed').data).toMatchObject({ class: 'network', code: 'aborted' });
    expect(world.types('s').at(-1)).toBe('model.failed'); // it waits before it asks again
  });

  it('stops a running tool, refuses the calls that have not started, and keeps every result in the history', async () => {
    const world = createWorld();
    const { live, event } = await world.send('s', 'go');
    (await world.nextAsk()).answer(reply('', ['work', 1], ['work', 2]));
    const run = await world.nextRun();
    await world.owner.stop(live, event, { actor: PERSON, via: 'cli' });
    await settle();
    expect(run.signal.aborted).toBe(true);
    run.answer(result('half', 'canceled'));
    await live.runner.rest();
    expect(world.types('s').slice(-4)).toEqual(['input.received', 'call.refused', 'call.finished', 'turn.ended']);
    expect(live.runner.state().history.count).toBe(4);
  });

  it('drops what an effect reports after it left', async () => {
    const world = createWorld();
    const { live, event } = await world.send('s', 'go');
    (await world.nextAsk()).answer(reply('', ['send_mail']));
    expect(await live.runner.rest()).toMatchObject({ kind: 'waiting' });
    await world.owner.stop(live, event, { actor: PERSON, via: 'cli' });
    await live.runner.rest();
    const before = world.types('s').length;
    await world.clock.advance(7_200_000); // the approval's timer went with it
    expect(world.types('s')).toHaveLength(before);
    expect(world.last('s', 'turn.ended').data.reason).toBe('canceled');
  });

  it('takes a steer after the results of the round', async () => {
    const world = createWorld();
    const { live, event } = await world.send('s', 'go');
    (await world.nextAsk()).answer(reply('', ['look']));
    const run = await world.nextRun();
    await live.runner.post({
      type: 'input.received',
      data: {
        event_id: 'e-steer',
        mode: 'steer',
        parts: [{ type: 'text', text: 'in English' }],
        actor: PERSON,
        source: 'test',
        lane: 'interactive',
        taint: [],
      },
    });
    run.answer(result('seen'));
    const { request, answer } = await world.nextAsk();
    expect(request.messages.map((message) => message.role)).toEqual(['user', 'assistant', 'tool', 'user']);
    answer(reply('ok'));
    await live.runner.rest();
    expect(world.last('s', 'turn.ended').data.event_ids).toEqual([event, 'e-steer']);
  });
});

describe('what may not come', () => {
  it('records the failure of an effect whose report is not admissible', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'go');
    const many = Array.from({ length: 1001 }, (): [string] => ['look']);
    (await world.nextAsk()).answer(reply('', ...many));
    await settle();
    expect(world.last('s', 'model.failed').data).toMatchObject({ class: 'malformed', code: 'observation_refused' });
    await world.owner.close(live);
  });

  it('drops what comes from nothing open', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'go');
    expect(await live.runner.post({ type: 'timer.fired', data: { timer_id: 'w9' } })).toBeUndefined();
    expect(world.types('s')).not.toContain('timer.fired');
  });
});

describe('time', () => {
  it('waits between attempts, and ends the turn when its active time is used up', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'go');
    (await world.nextAsk()).answer({ ok: false, class: 'overload', code: '529', message: 'overloaded' });
    await settle();
    await world.clock.advance(499);
    expect(world.types('s').filter((type) => type === 'model.requested')).toHaveLength(1);
    await world.clock.advance(1);
    const second = await world.nextAsk();
    await world.clock.advance(600_000);
    expect(second.signal.aborted).toBe(true);
    second.answer({ ok: false, class: 'aborted', code: 'aborted', message: 'aborted' });
    await live.runner.rest();
    expect(world.last('s', 'turn.ended').data).toMatchObject({ reason: 'timeout', model_calls: 2 });
  });

  it('H-116 expires an approval that nobody answered; the model is told and the turn goes on', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'go');
    (await world.nextAsk()).answer(reply('', ['send_mail']));
    expect(await live.runner.rest()).toMatchObject({ kind: 'waiting' });
    await world.clock.advance(3_600_000);
    const { request, answer } = await world.nextAsk();
    expect(request.messages.at(-1)).toMatchObject({
      role: 'tool',
      output: expect.stringContaining('approval_expired'),
    });
    answer(reply('nobody answered'));
    await live.runner.rest();
    expect(world.runs).toEqual([]);
    expect(world.last('s', 'approval.resolved').data).toMatchObject({
      outcome: 'expired',
      by: { actor: { id: 'system' } },
    });
  });
});

describe('shut-down', () => {
  it('cancels what runs, records what it reports, derives no further intent; the next start goes on', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'go');
    const ask = await world.nextAsk();
    const closed = world.owner.close(live);
    await settle();
    expect(ask.signal.aborted).toBe(true);
    ask.answer({ ok: false, class: 'aborted', code: 'aborted', message: 'aborted' });
    await closed;
    expect(world.types('s').at(-1)).toBe('model.failed');
    expect(await live.runner.post({ type: 'timer.fired', data: { timer_id: 'w1' } })).toBeUndefined();

    const next = createWorld({ before: world });
    const again = await next.owner.open('s');
    expect(again.opened.opening).toBeUndefined(); // nothing was running: nothing to record
    await next.owner.enter(again);
    (await next.nextAsk()).answer(reply('hello'));
    expect(await again.runner.rest()).toEqual({ kind: 'idle' });
    expect(next.last('s', 'turn.ended').data).toMatchObject({ reason: 'success', model_calls: 2 });
  });

  it('takes no message behind an intent that it holds back, whenever both come', async () => {
    const ends = new Set<string>();
    for (let ticks = 0; ticks < 20; ticks++) {
      const world = createWorld();
      const { live } = await world.send('s', 'go');
      (await world.nextAsk()).answer(reply('', ['look']));
      (await world.nextRun()).answer(result('found'));
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      const parts = [{ type: 'text' as const, text: 'more' }];
      const data = { event_id: 'e-2', mode: 'message' as const, parts, actor: PERSON, source: 'api', lane: 'interactive' as const, taint: [] }; // prettier-ignore
      const posted = live.runner.post({ type: 'input.received', data });
      const over = live.runner.shutDown();
      await settle();
      await world.clock.advance(10_000); // the model may have been asked
      await Promise.all([over, posted]);
      const end = world.types('s').slice(-2);
      expect(end, `after ${ticks} ticks`).not.toEqual(['turn.reflected', 'input.received']);
      ends.add(end.join(' '));
    }
    expect(ends).toContain('call.finished turn.reflected');
  });

  it('does not wait for ever for an effect that never reports', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'go');
    await world.nextAsk();
    const closed = world.owner.close(live);
    await settle();
    await world.clock.advance(10_000);
    await closed;
    expect(world.types('s').at(-1)).toBe('model.requested');
  });
});

describe('the border', () => {
  it('puts a placeholder where a known secret stood, before kernel, model, journal or blobs see it', async () => {
    const value = 'sk-very-secret-value';
    const world = createWorld({ secrets: [{ name: 'OPENAI_API_KEY', value }] });
    const { live } = await world.send('s', `my key is ${value}`);
    const { request, answer } = await world.nextAsk();
    expect(JSON.stringify(request.messages)).toContain('[REDACTED:OPENAI_API_KEY]');
    answer(reply(`I saw ${value}`, ['look', { key: value }]));
    (await world.nextRun()).answer(result(`${value} ${'x'.repeat(20_000)}`));
    (await world.nextAsk()).answer(reply('done'));
    await live.runner.rest();
    expect(JSON.stringify([...world.lines.values()])).not.toContain(value);
    expect(JSON.stringify(world.accepted)).not.toContain(value);
    for (const bytes of world.blobs.values()) expect(Buffer.from(bytes).toString()).not.toContain(value);
  });

  it('keeps a long output in a blob and gives the model its head and tail', async () => {
    const world = createWorld();
    const { live } = await world.send('s', 'go');
    (await world.nextAsk()).answer(reply('', ['look']));
    const long = `begin ${'y'.repeat(100_000)} end`;
    (await world.nextRun()).answer(result(long));
    const { request, answer } = await world.nextAsk();
    const { output } = world.last('s', 'call.finished').data;
    expect(output).toMatchObject({
      bytes: long.length,
      head: expect.stringMatching(/^begin y/),
      tail: expect.stringMatching(/y end$/),
    });
    const last = request.messages.at(-1);
    expect(last).toMatchObject({ role: 'tool', output: expect.stringMatching(/^begin y[^]*bytes left out[^]*y end$/) });
    expect((last as { output: string }).output.length).toBeLessThan(17_000);
    answer(reply('done'));
    await live.runner.rest();
  });
});
