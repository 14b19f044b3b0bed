/**
 * Faults planted into the product's sources, each by one replacement: the simulation must find every one. What it finds
 * shows what its invariants are worth.
 */
import type { Replacement } from './build/scale.ts';

export interface Mutant extends Replacement {
  name: string;
  /** The invariants by which it may be found. */
  breaks: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'acts before the intent is durable',
    breaks: 'c',
    file: 'src/engine/session/durability.ts',
    find: 'return call === undefined || isGuarded(call.effect);',
    replace: 'return call === undefined;',
  },
  {
    name: 'accept is acknowledged before its sync',
    breaks: 'g',
    file: 'src/store/ingress-segments.ts',
    find: 'await current.sync();\n      for (const event of events)',
    replace: 'for (const event of events)',
  },
  {
    name: 'a sync that failed counts as done',
    breaks: 'gca',
    file: 'src/store/chain/file.ts',
    find: "for (const result of results) if (result.status === 'rejected') throw fail('Syncing', result.reason);",
    replace: 'void results;',
  },
  {
    name: 'a file is written on after a failed sync',
    breaks: 'g',
    file: 'src/store/chain/file.ts',
    find: 'if (failure === undefined) return;\n    const { code, message, next } = failure;',
    replace: 'if (failure === undefined || seq > 0) return;\n    const { code, message, next } = failure;',
  },
  {
    name: 'an end is told before it is durable',
    breaks: 'g',
    file: 'src/engine/session/durability.ts',
    find: "case 'turn.ended':\n",
    replace: '',
  },
  {
    name: 'an answer is told before it is durable',
    breaks: 'gc',
    file: 'src/engine/session/durability.ts',
    find: "case 'approval.resolved':\n",
    replace: '',
  },
  {
    name: 'recovery runs again what nobody can know',
    breaks: 'b',
    file: 'src/kernel/turn/evolve.ts',
    find: "next.status = how.abandonAll || call.recovery === 'unknown' ? 'lost' : 'inspected';",
    replace: "next.status = how.abandonAll ? 'lost' : 'inspected';",
  },
  {
    name: 'approvals outlive a restore',
    breaks: 'd',
    file: 'src/kernel/turn/evolve.ts',
    find: 'recover(turn, { voidApprovals: restored, abandonAll: false })',
    replace: 'recover(turn, { voidApprovals: false, abandonAll: false })',
  },
  {
    name: 'a restore is not recorded',
    breaks: 'd',
    file: 'src/engine/session/open-session.ts',
    find: "if (epoch > session.epoch) return 'restore';",
    replace: '',
  },
  {
    name: 'a fork keeps approvals',
    breaks: 'd',
    file: 'src/kernel/turn/evolve.ts',
    find: 'const back = recover(turn, { voidApprovals: true, abandonAll: true });',
    replace: 'const back = recover(turn, { voidApprovals: false, abandonAll: true });',
  },
  {
    name: 'the approvals of a turn have one id',
    breaks: 'd',
    file: 'src/kernel/turn/act.ts',
    find: 'approval_id: approvalId(hash, state.seq + 1, digest),',
    replace: 'approval_id: approvalId(hash, turn.turn, turn.frozen),',
  },
  {
    name: 'a message that the journal has is entered again',
    breaks: 'a',
    file: 'src/engine/owner.ts',
    find: 'else if (!opened.received.has(event.event_id)) posted',
    replace: 'else posted',
  },
  {
    name: 'a message whose turn has ended is entered again',
    breaks: 'a',
    file: 'src/engine/owner.ts',
    find: 'if (ended !== undefined) trailing.add(ports.ingress.done(event.event_id, ended.reason));\n        else if (!opened.received.has(event.event_id)) posted',
    replace:
      'if (ended !== undefined) posted.push(runner.post(inputOf(event)));\n        else if (!opened.received.has(event.event_id)) posted',
  },
  {
    name: 'idempotency keys are forgotten at a start',
    breaks: 'a',
    file: 'src/store/ingress.ts',
    find: 'if (key !== undefined) keyed.set(key, { event, durable: Promise.resolve() });',
    replace: 'void key;',
  },
  {
    name: 'the reservation is not asked for',
    breaks: 'e',
    file: 'src/kernel/budget/budget.ts',
    find: 'if (room < 0 || output < Math.min(LEAST_OUTPUT_TOKENS, choice.max_output_tokens)) {',
    replace: 'output = choice.max_output_tokens;\n    if (room < -Infinity) {',
  },
  {
    name: 'a failed attempt costs nothing',
    breaks: 'e',
    file: 'src/kernel/turn/evolve-ask.ts',
    find: '? { tokens: turn.ask.reserve.tokens, cost: turn.ask.reserve.cost_micro_usd }',
    replace: '? { tokens: 0, cost: 0 }',
  },
  {
    name: 'the limit of calls is not looked at',
    breaks: 'e',
    file: 'src/kernel/turn/evolve-ask.ts',
    find: 'if (call.count >= max_calls) {',
    replace: 'if (call.count > max_calls + 100) {',
  },
  {
    name: 'policy allows everything',
    breaks: 'c',
    file: 'src/kernel/policy/judge.ts',
    find: 'const judgement: Judgement = { verdict: worst.verdict, rules, reason: worst.reason };',
    replace: "const judgement: Judgement = { verdict: 'allow', rules, reason: worst.reason };",
  },
  {
    name: 'a later policy is not heard in the open turn',
    breaks: 'c',
    file: 'src/kernel/turn/act.ts',
    find: "if (call.status === 'inspected' || (call.judged_by ?? 0) < turn.policies.length) {",
    replace: "if (call.status === 'inspected') {",
  },
  {
    name: 'a crash tail counts as whole',
    breaks: 'gah',
    file: 'src/store/chain/file.ts',
    find: 'if (end.tail === undefined) return { file: chainFile(options, fd, end), end };',
    replace:
      'if (end.tail) end.bytes += end.tail.bytes;\n    if (end.seq >= 0) return { file: chainFile(options, fd, end), end };',
  },
  {
    name: 'what a killed process wrote last counts as durable',
    breaks: 'g',
    file: 'src/engine/owner.ts',
    find: 'if (opened.end.durable < opened.end.seq) await ports.journal.sync(id);',
    replace: '',
  },
  {
    name: 'a repeated answer for always is acknowledged without its grant',
    breaks: 'g',
    file: 'src/engine/approvals.ts',
    find: 'if (await store.grants.holds(resolved.grant_id)) return;',
    replace: 'if (store.grants) return;',
  },
  {
    name: 'a stop is acknowledged of which nothing can come',
    breaks: 'g',
    file: 'src/engine/hub/hub.ts',
    find: 'if (!stopped) throw',
    replace: 'if (typeof stopped !== "boolean") throw',
  },
  {
    name: 'a stop makes what waits unprovable',
    breaks: 'g',
    file: 'src/kernel/turn/admits.ts',
    find: "return BYSTANDERS.has(type) || (type === 'input.received' && data.mode === 'stop');",
    replace: 'return BYSTANDERS.has(type) || data === undefined;',
  },
  {
    name: 'an opening names a policy that lies nowhere',
    breaks: 'gal',
    file: 'src/engine/owner.ts',
    find: "await ports.blobs.put(policy);\n    await live.runner.post({ type: 'session.opened'",
    replace: "await live.runner.post({ type: 'session.opened'",
  },
  {
    name: 'a snapshot grows while it waits to be kept',
    breaks: 'h',
    file: 'src/engine/session/snapshot.ts',
    find: 'const fold = { state, contents: [...contents], lastReply };',
    replace: 'const fold = { state, contents, lastReply };',
  },
  {
    name: 'a snapshot forgets the grants of its session',
    breaks: 'h',
    file: 'src/engine/session/snapshot.ts',
    find: 'return { state, contents, pending: new Map(), calls: new Map(), lastReply };',
    replace:
      'return { state: { ...state, grants: [], unknowns: [] }, contents: contents.slice(1), pending: new Map(), calls: new Map(), lastReply };',
  },
  {
    name: 'an observation that is refused is dropped',
    breaks: 'e',
    file: 'src/engine/session/runner.ts',
    find: "if (!from || from.kind === 'timer') {",
    replace: 'if (from || !from) {',
  },
  {
    name: 'a turn ends without its reply',
    breaks: 'f',
    file: 'src/kernel/turn/decide.ts',
    find: 'return turn.reply_made ? turnEnded(turn, ending) : replyMade(turn, ending);',
    replace: 'return turnEnded(turn, ending);',
  },
  {
    name: 'background messages take places of the interactive lane',
    breaks: 'l',
    file: 'src/engine/lanes/starts.ts',
    find: 'if (count(lane) >= limits[lane]) return undefined;',
    replace: "if (count(lane) + (lane === 'interactive' ? count('background') : 0) >= limits[lane]) return undefined;",
  },
  {
    name: 'a session that waits for a person keeps its place',
    breaks: 'l',
    file: 'src/engine/lanes/starts.ts',
    find: 'if (work?.waits === true) return [];',
    replace: 'void work;',
  },
  {
    name: 'a message is accepted before it has a place',
    breaks: 'l',
    file: 'src/engine/hub/submission.ts',
    find: 'const freePlace = await lanes.reserve(lane, key);\n    try {\n      return await accept(message, by);',
    replace:
      'const accepted = await accept(message, by);\n    const freePlace = await lanes.reserve(lane, key);\n    try {\n      return accepted;',
  },
  {
    name: 'the end of a message in its lane is told before it is durable',
    breaks: 'g',
    file: 'src/engine/lanes/end-unseen.ts',
    find: 'await ingress.sync();',
    replace: '',
  },
  {
    name: 'a message is ended in its lane that its session has',
    breaks: 'agl',
    file: 'src/engine/lanes/lanes.ts',
    find: "if (row?.state !== 'waiting' || !scheduler.hold(event_id)) return false;",
    replace: 'if (row === undefined) return false;\n      scheduler.hold(event_id);',
  },
  {
    name: 'a blob has its name before its bytes are durable',
    breaks: 'g',
    file: 'src/store/blobs.ts',
    find: 'await new Promise<void>((resolve, reject) => fsync(fd, (error) => (error ? reject(error) : resolve())));',
    replace: 'void fsync;',
  },
  {
    name: 'names that a killed process left count as durable',
    breaks: 'g',
    file: 'src/store/store.ts',
    find: 'if (result.left_by !== undefined) syncFolders(paths.folder);',
    replace: 'void syncFolders;',
  },
  {
    name: 'a job fires before that is durable',
    breaks: 'i',
    file: 'src/engine/schedule/ledger.ts',
    find: 'change: (decide, options = { sync: true }) =>',
    replace: 'change: (decide, options = { sync: false }) =>',
  },
];
