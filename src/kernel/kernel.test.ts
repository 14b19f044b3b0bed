// Properties that hold in every world. A failing one prints the tape from which `live` replays its world.
import { workedMs } from './budget/budget.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../base/digest.ts';
import type { Entry, EntryOf, EntryType, NewEntry, Seq } from '../contract/entries.ts';
import type { Content } from '../contract/messages.ts';
import type { Grant, Policy } from '../contract/manifest.ts';
import { createKernel } from './kernel.ts';
import { askedBy } from './policy/asked.ts';
import { judge } from './policy/judge.ts';
import { created, message, replied, started, type Step } from './testing/observations.ts';
import { kernel } from './testing/story.ts';
import { live, type Lived, type World } from './testing/world.ts';
import { isBystander } from './turn/admits.ts';
import { askedChoice } from './turn/choice.ts';
import type { Resolved, State } from './turn/state.ts';

/** `KERNEL_RUNS=20000` for a long search. */
const RUNS = Number(process.env['KERNEL_RUNS'] ?? 200);
const INTENTS: readonly EntryType[] = ['model.requested', 'call.started', 'child.started'];

const tape = fc.array(fc.nat(2 ** 30), { maxLength: 400, size: 'max' });

/** Lives in so many worlds, of which half go on wildly when their tape ends. */
function inEveryWorld(title: string, check: (world: World) => void, runs = RUNS): void {
  test(title, { timeout: 1000 * runs }, () => {
    const property = fc.property(tape, fc.constantFrom('calm' as const, 'wild' as const), (numbers, after) => {
      check(live(numbers, after));
    });
    fc.assert(property, { numRuns: runs });
  });
}

function entriesOf<T extends EntryType>(world: World, ...types: T[]): EntryOf<T>[] {
  return world.lived.flatMap(({ entry }) => ((types as string[]).includes(entry.type) ? [entry as EntryOf<T>] : []));
}

/** The history's contents, as a runner keeps them. */
function historyOf(lived: Lived[]): Content[] {
  const contents = new Map<Seq, Content>();
  let state = kernel.initial();
  const history: Content[] = [];
  for (const { entry, resolved } of lived) {
    const evolved = kernel.evolve(state, entry, resolved);
    state = evolved.state;
    if (evolved.content) contents.set(entry.seq, evolved.content);
    history.push(...evolved.joined.map((seq) => contents.get(seq)!));
    if (evolved.kept !== undefined) history.splice(0, history.length - evolved.kept, evolved.content!);
  }
  return history;
}

inEveryWorld('every run ends once nothing but its effects go on, whatever they answer', (world) => {
  expect(world.ended).toBe(true);
  expect(world.state.turn).toBeNull();
  expect(world.state.queue).toEqual([]);
});

inEveryWorld('a verifier derives every decision and admits every observation', (world) => {
  let state = kernel.initial();
  for (const { entry, resolved } of world.lived) {
    const { append } = kernel.decide(state);
    const { type, data } = entry;
    if (append && !(INTENTS.includes(append.type) && isBystander(entry))) expect({ type, data }).toEqual(append);
    else expect(kernel.admits(state, entry, resolved)).toBe(true);
    state = kernel.evolve(state, entry, resolved).state;
  }
});

inEveryWorld('deciding twice gives the same, and changes nothing', (world) => {
  for (const { after } of world.lived) {
    const before = JSON.stringify(after);
    expect(kernel.decide(after)).toEqual(kernel.decide(after));
    expect(JSON.stringify(after)).toBe(before);
  }
});

inEveryWorld('a state that went through JSON goes on the same: fold(prefix) + fold(rest) = fold(all)', (world) => {
  let state = kernel.initial();
  for (const { entry, resolved, after } of world.lived) {
    const text = JSON.stringify(state);
    const revived = JSON.parse(text) as State;
    const evolved = kernel.evolve(revived, entry, resolved);
    expect(JSON.stringify(kernel.decide(revived))).toBe(JSON.stringify(kernel.decide(state)));
    expect(JSON.stringify(evolved)).toBe(JSON.stringify(kernel.evolve(state, entry, resolved)));
    expect(JSON.stringify(revived)).toBe(text);
    state = evolved.state;
    expect(JSON.stringify(state)).toBe(JSON.stringify(after));
  }
});

inEveryWorld('no call starts without an allow or a granted approval under the strictest policy before it', (world) => {
  let policies: Policy[] = [];
  const own: Policy[] = [];
  let standing: Grant[] = [];
  let session: Grant[] = [];
  const inspections = new Map<string, EntryOf<'call.inspected'>['data']>();
  const asked = new Map<string, string>();
  const grantedCalls = new Set<string>();
  let state = kernel.initial();
  for (const { entry, resolved, after } of world.lived) {
    if (entry.type === 'turn.started') {
      policies = [resolved.manifest!.policy, ...own];
      standing = resolved.manifest!.grants;
    }
    if (resolved.policy) policies.push(resolved.policy);
    // What a fork gets for itself is never taken back.
    for (const policy of resolved.own_policies ?? []) {
      own.push(policy);
      policies.push(policy);
    }
    const isNewEpoch = entry.type === 'session.opened' && entry.data.epoch > state.session!.epoch;
    if (isNewEpoch || entry.type === 'session.forked') grantedCalls.clear();
    if (entry.type === 'session.forked') session = [];
    if (entry.type === 'call.inspected') inspections.set(entry.data.call_id, entry.data);
    if (entry.type === 'approval.requested') asked.set(entry.data.approval_id, entry.data.call_id);
    if (entry.type === 'approval.resolved' && entry.data.outcome === 'granted') {
      const call_id = asked.get(entry.data.approval_id)!;
      const call = state.turn!.calls.find((one) => one.call_id === call_id)!;
      grantedCalls.add(call_id);
      const { grant_id } = entry.data;
      const { args_digest, facts_digest } = inspections.get(call_id)!;
      const { project_root } = state.session!;
      if (grant_id !== undefined) session.push({ grant_id, tool: call.name, args_digest, facts_digest, project_root });
    }
    if (entry.type === 'call.started') {
      const { call_id, tool, approval_id, grant_id } = entry.data;
      const { effect } = after.turn!.calls.find((one) => one.call_id === call_id)!;
      const { args_digest, facts, facts_digest, invalid } = inspections.get(call_id)!;
      const { project_root } = after.session!;
      const by = askedBy(state, state.turn!);
      const call = { tool, effect, args_digest, facts, facts_digest, project_root, asked: by };
      expect(invalid).toBeUndefined();
      const { verdict } = judge(policies, grant_id === undefined ? [] : [...standing, ...session], call);
      expect(verdict).not.toBe('deny');
      if (verdict === 'require_approval' || approval_id !== undefined) {
        expect(asked.get(approval_id!)).toBe(call_id);
        expect(grantedCalls.has(call_id)).toBe(true);
      }
    }
    state = after;
  }
});

inEveryWorld('an approval is used by one call id at most', (world) => {
  const users = new Map<string, Set<string>>();
  for (const { data } of entriesOf(world, 'call.started')) {
    const { approval_id, call_id } = data;
    if (approval_id !== undefined) users.set(approval_id, (users.get(approval_id) ?? new Set()).add(call_id));
  }
  for (const calls of users.values()) expect(calls.size).toBe(1);
});

inEveryWorld(
  'what may not run again is never started twice, and a repeat of unknown outcome is never unasked',
  (world) => {
    const rerun = new Set(['read_file', 'list_files', 'apply_patch']);
    const starts = new Map<string, number>();
    const unknown = new Set<string>();
    for (const { entry, after } of world.lived) {
      if (entry.type === 'call.started') {
        const { call_id, tool, args_digest, approval_id } = entry.data;
        starts.set(call_id, (starts.get(call_id) ?? 0) + 1);
        if (!rerun.has(tool)) expect(starts.get(call_id)).toBe(1);
        if (starts.get(call_id) === 1 && unknown.has(`${tool} ${args_digest}`)) expect(approval_id).toBeDefined();
      }
      const isUnknown = entry.type === 'call.finished' && entry.data.outcome === 'unknown';
      if (isUnknown || entry.type === 'call.abandoned') {
        const call = after.turn!.calls.find((one) => one.call_id === entry.data.call_id)!;
        // One that was given up before anybody looked at it (after a repair) has no arguments to be known by.
        if (call.inspected && call.recovery !== 'rerun') unknown.add(`${call.name} ${call.inspected.args_digest}`);
      }
      if (entry.type === 'call.finished' && ['ok', 'error', 'timeout'].includes(entry.data.outcome)) {
        const call = after.turn!.calls.find((one) => one.call_id === entry.data.call_id)!;
        unknown.delete(`${call.name} ${call.inspected!.args_digest}`);
      }
    }
  },
);

inEveryWorld(
  'every call of a reply in the history has exactly one result there, in the order of the calls',
  (world) => {
    const history = historyOf(world.lived);
    let expected: string[] = [];
    for (const content of history) {
      if (content.role === 'tool') expect(content.call_id).toBe(expected.shift());
      else expect(expected).toEqual([]);
      if (content.role === 'assistant') expected = content.tool_calls.map((call) => call.call_id);
    }
    expect(expected).toEqual([]);
    expect(history.length).toBe(world.state.history.count);
  },
);

inEveryWorld(
  'every call is settled by exactly one entry, and every intent has its end before the turn has',
  (world) => {
    const settled = new Map<string, number>();
    for (const { data } of entriesOf(world, 'call.finished', 'call.refused', 'call.abandoned')) {
      settled.set(data.call_id, (settled.get(data.call_id) ?? 0) + 1);
    }
    const replies = entriesOf(world, 'model.replied').filter(({ data }) => !data.call_id.startsWith('k')); // to a think
    const checks = entriesOf(world, 'check.requested').map(({ data }) => data.call_id);
    const calls = [...replies.flatMap(({ data }) => data.tool_calls.map((call) => call.call_id)), ...checks];
    expect([...settled.keys()].sort()).toEqual(calls.sort());
    expect([...settled.values()].every((count) => count === 1)).toBe(true);

    let running = new Set<string>();
    let children = new Set<string>();
    for (const { entry } of world.lived) {
      const { data } = entry;
      if (entry.type === 'child.started') children.add(`${entry.data.session_id}.${entry.data.attempt}`);
      if (entry.type === 'child.finished') {
        expect(children.delete(`${entry.data.session_id}.${entry.data.attempt}`)).toBe(true);
      }
      if (entry.type === 'session.forked') children = new Set();
      if (entry.type === 'turn.ended') expect([...children]).toEqual([]);
      const key = 'call_id' in data && 'attempt' in data ? `${data.call_id}.${data.attempt}` : '';
      if (entry.type === 'session.opened' || entry.type === 'session.forked') running = new Set();
      if (entry.type === 'model.requested' || entry.type === 'call.started') running.add(key);
      if (entry.type === 'model.replied' || entry.type === 'model.failed' || entry.type === 'call.finished')
        running.delete(key);
      if (entry.type === 'budget.refused') running.delete(entry.data.for);
      if (entry.type === 'turn.ended') expect([...running]).toEqual([]);
    }
  },
);

inEveryWorld('every message ends in exactly one turn.ended, unless a fork left it behind', (world) => {
  const waiting = new Set<string>();
  const ended = new Set<string>();
  for (const { entry } of world.lived) {
    if (entry.type === 'input.received' && entry.data.mode !== 'stop') waiting.add(entry.data.event_id);
    if (entry.type === 'session.forked') waiting.clear();
    if (entry.type !== 'turn.ended') continue;
    for (const id of entry.data.event_ids) {
      expect(waiting.delete(id)).toBe(true);
      ended.add(id);
    }
  }
  expect([...waiting]).toEqual([]);
  const started = entriesOf(world, 'turn.started').map(({ data }) => data.turn);
  expect(entriesOf(world, 'turn.ended').map(({ data }) => data.turn)).toEqual(started);
});

inEveryWorld('a turn that ends has its one reply, but not one that was stopped or given up', (world) => {
  const replies = entriesOf(world, 'reply.made');
  for (const { data } of entriesOf(world, 'turn.ended')) {
    const own = replies.filter((reply) => reply.data.turn === data.turn);
    expect(own.length).toBe(data.reason === 'canceled' || data.reason === 'interrupted' ? 0 : 1);
  }
});

inEveryWorld('no budget is passed, with what runs counted at its worst', (world) => {
  let last = 0;
  for (const { after } of world.lived) {
    const { turn } = after;
    if (!turn) continue;
    const { limits, manifest } = turn;
    const worst = turn.ask.status === 'running' ? turn.ask.reserve : { tokens: 0, cost_micro_usd: 0 };
    const tokens = turn.tokens + worst.tokens;
    const cost = turn.cost_micro_usd + worst.cost_micro_usd;
    expect(tokens).toBeLessThanOrEqual(limits.tokens ?? Infinity);
    if (askedChoice(turn).price) expect(cost).toBeLessThanOrEqual(limits.cost_micro_usd ?? Infinity);
    // A later turn may have a lower limit for the session than was used before it: then it uses nothing.
    if (tokens > last) expect(after.tokens + tokens).toBeLessThanOrEqual(manifest.rules.session_tokens ?? Infinity);
    last = tokens;
  }
});

inEveryWorld(
  'active time is counted only while something works, and the limit strikes only when it is used up',
  (world) => {
    let before = kernel.initial();
    for (const { entry, after } of world.lived) {
      const grown = (after.turn?.active_ms ?? 0) - (before.turn?.active_ms ?? 0);
      if (before.turn && after.turn && grown > 0) {
        expect(grown).toBeLessThanOrEqual(after.at - before.at);
        // While an intent waits for a bystander's word nothing counts as open, but what ran before goes on.
        const { append, open } = kernel.decide(before);
        const waits = open.every((effect) => effect.kind === 'timer' && effect.of === 'approval');
        expect(waits && !append).toBe(false);
      }
      if (entry.type === 'timer.fired' && entry.data.timer_id.startsWith('w')) {
        expect(workedMs(after.turn!)).toBeGreaterThanOrEqual(after.turn!.limits.wall_ms);
      }
      before = after;
    }
  },
);

inEveryWorld('effects have keys of their own, and nothing new begins in a turn that is being cut', (world) => {
  for (const { after } of world.lived) {
    const { append, open } = kernel.decide(after);
    expect(new Set(open.map((effect) => effect.key)).size).toBe(open.length);
    if (append) expect(open).toEqual([]);
    if (after.turn && after.turn.cut !== null) {
      expect(open.every((effect) => effect.kind === 'reserve' || ('cancel' in effect && effect.cancel))).toBe(true);
      if (append) expect(INTENTS).not.toContain(append.type);
    }
  }
});

inEveryWorld('between turns the state is small', (world) => {
  for (const { after } of world.lived) {
    if (after.turn) continue;
    // Of contents that came since the turn ended, too, some may stay in a compaction: never more than these.
    expect(after.history.tail.length).toBeLessThanOrEqual(32);
    const own = { ...after, history: { ...after.history, tail: [] }, queue: [], grants: [], unknowns: [] };
    expect(JSON.stringify(own).length).toBeLessThan(1100);
  }
});

test('turn 500 costs what turn 5 does: the same state, decisions and bytes to digest', () => {
  let digested = 0;
  const counting = createKernel((data) => {
    digested += data.length;
    return sha256(data);
  });
  let state = counting.initial();
  const append = (next: NewEntry, resolved?: Resolved): void => {
    const entry = { v: 1, seq: state.seq + 1, at: 0, ...next } as Entry;
    state = counting.evolve(state, entry, resolved).state;
  };
  const post = (step: Step): void => {
    const { observation, resolved } = step(state);
    append(observation, resolved);
    for (let decided = counting.decide(state); decided.append; decided = counting.decide(state)) append(decided.append);
  };
  post(created());
  const costs = Array.from({ length: 500 }, (_, index) => {
    digested = 0;
    for (const step of [message(`e${index}`), started(), replied({ text: 'Hi' })]) post(step);
    return { digested, size: JSON.stringify(state).length };
  });
  const [early, late] = [costs[4]!, costs[499]!];
  // Numbers have got a few digits more.
  expect(late.digested - early.digested).toBeLessThan(50);
  expect(late.size - early.size).toBeLessThan(50);
  expect(late.size).toBeLessThan(940);
});
