/**
 * Journals of any length, made by the rules without a turn being run: what a person, a model and tools say is made up,
 * every decision is derived. A few thousand entries a second; they verify.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canonicalJson } from '../../src/base/canonical-json.ts';
import { digestOf, sha256 } from '../../src/base/digest.ts';
import type { Entry, NewEntry, Observation } from '../../src/contract/entries.ts';
import type { Manifest, ToolSpec } from '../../src/contract/manifest.ts';
import { createKernel } from '../../src/kernel/kernel.ts';
import type { State } from '../../src/kernel/turn/state.ts';
import { buildLine } from '../../src/store/chain/line.ts';

export interface BuiltJournal {
  path: string;
  entries: number;
  bytes: number;
}

const POLICY = {
  v: 1 as const,
  deny: [],
  require_approval: [],
  allow: ['exec_command'],
  sandbox: 'off' as const,
  approver_roles: ['operator' as const],
};
const RIGHTS = { policy: digestOf(canonicalJson(POLICY)), sandbox: 'off' as const, role: 'operator' as const };
const ACTOR = { id: 'local', role: 'operator' as const };
const USAGE = { input: 2400, output: 310, cached: 1800, reasoning: 0 };
const CALLS_A_TURN = 6;

/**
 * Writes `<folder>/sessions/big.jsonl` with at least so many entries and bytes, and its blobs beside it. `outputBytes`:
 * how long the output of a tool is.
 */
export function buildJournal(
  folder: string,
  {
    entries: leastEntries = 0,
    bytes: leastBytes = 0,
    outputBytes = 1200,
  }: { entries?: number; bytes?: number; outputBytes?: number },
): BuiltJournal {
  const path = join(folder, 'sessions/big.jsonl');
  mkdirSync(dirname(path), { recursive: true });
  const kernel = createKernel(sha256);
  const manifest = manifestOf();
  const frozen = canonicalJson(manifest);
  const file = openSync(path, 'w');
  let state: State = kernel.initial();
  let prev = sha256('big');
  let bytes = 0;
  let waiting: string[] = [];

  const write = (next: NewEntry, at: number, resolved = {}): void => {
    const entry = { v: 1, seq: state.seq + 1, at, ...next } as Entry;
    const { text, hash } = buildLine(entry, { seq: entry.seq, durable: Math.max(0, state.seq - 20), prev });
    prev = hash;
    bytes += Buffer.byteLength(text);
    waiting.push(text);
    if (waiting.length > 500) flush();
    state = kernel.evolve(state, entry, resolved).state;
  };
  const flush = (): void => {
    writeSync(file, waiting.join(''));
    waiting = [];
  };
  const post = (observation: Observation, resolved = {}): void => {
    write(observation, state.at + 40, resolved);
    for (let { append } = kernel.decide(state); append; { append } = kernel.decide(state)) write(append, state.at);
  };

  const created = {
    session_id: 'big',
    workspace_id: 'default',
    kind: 'chat' as const,
    project_root: '/home/ann/project',
  };
  post({ type: 'session.created', data: { ...created, source: 'cli', actor: ACTOR, rights: RIGHTS, epoch: 1 } });
  for (let turn = 1; state.seq < leastEntries || bytes < leastBytes; turn++) playTurn(turn);
  flush();
  closeSync(file);
  putBlob(folder, frozen);
  return { path, entries: state.seq, bytes };

  function playTurn(turn: number): void {
    const event_id = `e-${turn}`;
    const parts = [{ type: 'text' as const, text: `${PROSE.slice(0, 300)} (${turn})` }];
    post({
      type: 'input.received',
      data: { event_id, mode: 'message', parts, actor: ACTOR, source: 'cli', lane: 'interactive', taint: [] },
    });
    const limits = { max_turns: 50, max_calls: 500, wall_ms: 86_400_000 };
    const inputs = {
      turn,
      event_ids: [event_id],
      kernel: 1,
      frozen: digestOf(frozen),
      limits,
      rights: RIGHTS,
      time_zone: 'UTC',
    };
    post({ type: 'turn.started', data: inputs }, { manifest });
    for (let call = 1; call <= CALLS_A_TURN; call++) playCall(turn, call);
    reply(`m${turn}.${CALLS_A_TURN + 1}`, PROSE.slice(0, 900), []);
  }

  function playCall(turn: number, round: number): void {
    const call_id = `c${turn}.${round}.1`;
    const name = round % 3 === 0 ? 'exec_command' : 'read_file';
    const args =
      name === 'exec_command'
        ? { cmd: `npm test -- src/part-${turn}-${round}` }
        : { path: `src/part-${turn}/file-${round}.ts` };
    reply(`m${turn}.${round}`, PROSE.slice(0, 120), [
      { call_id, provider_id: `call_${turn}_${round}`, name, arguments_raw: JSON.stringify(args) },
    ]);
    const path = Object.values(args)[0]!;
    const facts = {
      paths: [
        {
          arg: 'path',
          path,
          real: `/home/ann/project/${path}`,
          inside_root: true,
          kind: 'file' as const,
          secret_shaped: false,
        },
      ],
      hosts: [],
      commands: [],
      preimages: [],
    };
    const presentation = { title: `${name} ${path}` };
    post({
      type: 'call.inspected',
      data: {
        call_id,
        args_digest: digestOf(canonicalJson(args)),
        facts,
        facts_digest: digestOf(canonicalJson(facts)),
        presentation,
        presentation_digest: digestOf(canonicalJson(presentation)),
      },
    });
    const output = SOURCE.repeat(Math.ceil(outputBytes / SOURCE.length)).slice(0, outputBytes);
    const end = { outcome: 'ok' as const, output_truncated: false, files: [], taint: [], duration_ms: 12 };
    post({ type: 'call.finished', data: { call_id, attempt: 1, output: `${turn}.${round}\n${output}`, ...end } });
  }

  function reply(
    call_id: string,
    text: string,
    tool_calls: { call_id: string; provider_id: string; name: string; arguments_raw: string }[],
  ): void {
    const stop_reason = tool_calls.length > 0 ? ('tool_calls' as const) : ('end' as const);
    const told = { model_served: 'main-1', wire_digest: digestOf(call_id), duration_ms: 900, cost_micro_usd: 1234 };
    post({
      type: 'model.replied',
      data: { call_id, attempt: 1, parts: [{ type: 'text', text }], tool_calls, stop_reason, usage: USAGE, ...told },
    });
  }
}

function manifestOf(): Manifest {
  const tool = (name: string, effect: ToolSpec['effect'], recovery: ToolSpec['recovery']): ToolSpec => ({
    name,
    description: PROSE.slice(0, 300),
    parameters: { type: 'object', properties: { path: { type: 'string', description: PROSE.slice(0, 100) } } },
    schema_digest: digestOf(name),
    effect,
    recovery,
    secrets: [],
  });
  return {
    v: 1,
    models: [
      {
        name: 'main',
        provider: 'openai',
        model: 'main-1',
        max_output_tokens: 16_384,
        price: { input: 5, output: 15, cached: 1 },
      },
    ],
    instructions: PROSE,
    catalog: [
      tool('read_file', 'read', 'rerun'), tool('list_files', 'read', 'rerun'), tool('search_files', 'read', 'rerun'),
      tool('apply_patch', 'write', 'roll_forward'), tool('exec_command', 'exec', 'unknown'),
    ], // prettier-ignore
    skills: [],
    memory: [],
    policy: POLICY,
    grants: [],
    rules: {
      calls_per_reply: 64,
      model_attempts: 4,
      retry_base_ms: 500,
      retry_max_ms: 30_000,
      retry_after_max_ms: 300_000,
      approval_ttl_ms: 3_600_000,
      shared_scopes: [],
    },
    missing: [],
  };
}

function putBlob(folder: string, text: string): void {
  const hex = sha256(text);
  const path = join(folder, 'blobs/sha256', hex.slice(0, 2), hex);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const PROSE =
  'The test fails since the parser takes an empty line for the end of the list. I read the file, change the one place, and run the tests again — “as it was meant”. '.repeat(
    6,
  );
const SOURCE = `export function parse(lines: readonly string[]): Item[] {\n  const found: Item[] = [];\n  for (const line of lines) {\n    if (line.trim() === '') continue;\n    found.push({ text: line, at: found.length });\n  }\n  return found;\n}\n`;
