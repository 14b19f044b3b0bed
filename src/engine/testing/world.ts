/**
 * A small world for tests of the engine: ports in memory, a clock that the test moves, a model and tools that answer
 * when the test says so. The rules are the real ones.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Clock } from '../../base/clock.ts';
import { manualClock as pacedClock } from '../../base/testing/manual-clock.ts';
import { digestOf, sha256, type Digest } from '../../base/digest.ts';
import type { Entry, EntryOf, EntryType } from '../../contract/entries.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { ToolSpec } from '../../contract/manifest.ts';
import type { ModelAnswer, ModelRequest } from '../../contract/messages.ts';
import type {
  Audit, Blobs, Budget, Grants, Ingress, Journal, ModelClient, Snapshots, StoredEntry, ToolContext, ToolHost, ToolResult, ToolRun,
} from '../../contract/ports.ts'; // prettier-ignore
import type { AuditRecord, DeadLetter, GrantRecord, IngressEvent } from '../../contract/records.ts';
import type { Actor } from '../../contract/values.ts';
import { buildLine } from '../../store/chain/line.ts';
import { createFreeze } from '../freeze.ts';
import { createOwner, type LiveSession, type Owner } from '../owner.ts';
import { NO_CHILDREN } from '../session/no-children.ts';
import { createRedactor } from '../session/redact.ts';
import { defaultConfig } from './default-config.ts';
import { NO_BUDGETS, NO_FILES, NO_QUOTAS } from './nothing-counted.ts';

export const PERSON: Actor = { id: 'ann', role: 'operator' };
const START = 1_800_000_000_000;
/** As long as each line is taken to be: every turn is worth a snapshot. */
const LINE_BYTES = 100_000;

/** Something the engine asked for and waits for. */
export interface Asked<Request, Answer> {
  request: Request;
  signal: AbortSignal;
  answer(answer: Answer): void;
}

export interface World {
  clock: Clock & { advance(ms: number): Promise<void> };
  owner: Owner;
  /** Journals, as they would stand in the files. */
  lines: Map<string, Entry[]>;
  synced: Map<string, number>;
  blobs: Map<Digest, Uint8Array>;
  journal: Journal;
  blobStore: Blobs;
  accepted: IngressEvent[];
  audit: AuditRecord[];
  grants: GrantRecord[];
  snapshots: Map<string, string>;
  done: Map<string, string>;
  /** The next model request, or tool run, that waits for an answer. */
  nextAsk(): Promise<Asked<ModelRequest, ModelAnswer>>;
  nextRun(): Promise<Asked<ToolRun, ToolResult>>;
  runs: ToolRun[];
  /** From now on appends, or syncs, fail. */
  breakDisk(what: 'append' | 'sync'): void;
  /** The next blob can't be written. */
  failNextBlob(): void;
  /** Opens a session and sends it a message. */
  send(session: string, text: string): Promise<{ live: LiveSession; event: string }>;
  types(session: string): EntryType[];
  last<T extends EntryType>(session: string, type: T): EntryOf<T>;
}

export function createWorld(
  options: { secrets?: { name: string; value: string }[]; before?: World; budget?: Budget } = {},
): World {
  const clock = manualClock(options.before?.clock.now() ?? START);
  const lines = options.before?.lines ?? new Map<string, Entry[]>();
  const blobs = options.before?.blobs ?? new Map<Digest, Uint8Array>();
  const snapshots = options.before?.snapshots ?? new Map<string, string>();
  const accepted: IngressEvent[] = [];
  const synced = new Map<string, number>();
  const audit: AuditRecord[] = [];
  const grants: GrantRecord[] = [];
  const done = new Map<string, string>();
  const asks = queueOf<Asked<ModelRequest, ModelAnswer>>();
  const runs = queueOf<Asked<ToolRun, ToolResult>>();
  const started: ToolRun[] = [];
  let broken: 'append' | 'sync' | undefined;
  let noBlob = false;
  let ids = options.before ? 1000 : 0;

  const blobStore: Blobs = {
    async put(data) {
      if (noBlob) {
        noBlob = false;
        throw new RuntimeError('store_unavailable', 'Writing a blob: EIO.');
      }
      const digest = digestOf(data);
      blobs.set(digest, typeof data === 'string' ? Buffer.from(data) : data);
      return digest;
    },
    get: async (digest) => blobs.get(digest),
  };
  const host = toolHost((run, context) => {
    started.push(run);
    return waitFor(runs, run, context.signal);
  });
  const models: ModelClient = { ask: (request, { signal }) => waitFor(asks, request, signal) };
  const config = defaultConfig();
  const policy = {
    v: 1 as const,
    deny: [],
    require_approval: ['send_mail'],
    allow: ['look', 'work'],
    sandbox: 'off' as const,
    approver_roles: ['operator' as const],
  };
  const journal = memoryJournal(lines, synced, () => broken);
  const owner = createOwner(
    {
      children: NO_CHILDREN,
      clock,
      ids: { ulid: () => `01j${String(ids++).padStart(23, '0')}` },
      journal,
      blobs: blobStore,
      ingress: memoryIngress(accepted, done),
      audit: memoryAudit(audit),
      grants: memoryGrants(grants),
      snapshots: memorySnapshots(snapshots),
      models,
      tools: host,
      budget: options.budget ?? NO_BUDGETS,
      quotas: NO_QUOTAS,
      fileTaint: NO_FILES,
      freeze: createFreeze({
        config,
        chooseModels: () => ({ models: [{ name: 'm', provider: 'script', model: 'm', max_output_tokens: 1000 }] }),
        policy: () => policy,
        limitsOf: async () => ({ max_turns: 10, max_calls: 200, wall_ms: 600_000 }),
        belongsTo: async () => ({ sender: PERSON.id }),
        askerOf: async () => undefined,
        utcOffset: () => 0,
        tools: host.tools(),
        instructions: { read: async () => [] },
        grants: memoryGrants(grants),
        blobs: blobStore,
        time_zone: 'UTC',
      }),
      secret: () => Promise.reject(new RuntimeError('secret_missing', 'There is no vault yet.')),
      redactor: createRedactor(options.secrets ?? []),
      crashPoint: () => {},
    },
    {
      policy: () => policy,
      isListed: () => false,
      role: 'operator',
      workspace: { id: 'default', epoch: 1 },
      fence: 1,
      build: 'test',
      sources: 'test',
    },
  );

  return {
    clock,
    owner,
    lines,
    synced,
    blobs,
    journal,
    blobStore,
    accepted,
    audit,
    grants,
    snapshots,
    done,
    runs: started,
    nextAsk: asks.next,
    nextRun: runs.next,
    breakDisk: (what) => (broken = what),
    failNextBlob: () => void (noBlob = true),
    async send(session, text) {
      const parts = [{ type: 'text' as const, text }];
      const { event } = await owner.accept({ session, parts, actor: PERSON, source: 'test', root: '/p' });
      const live = await owner.open(session);
      await owner.enter(live);
      return { live, event: event.event_id };
    },
    types: (session) => (lines.get(session) ?? []).map((entry) => entry.type),
    last: <T extends EntryType>(session: string, type: T) =>
      lines.get(session)!.findLast((entry) => entry.type === type) as EntryOf<T>,
  };
}

/** A reply of the model. */
export function reply(text: string, ...calls: [name: string, args?: unknown][]): ModelAnswer {
  return {
    ok: true,
    parts: text === '' ? [] : [{ type: 'text', text }],
    tool_calls: calls.map(([name, args = {}], index) => ({
      provider_id: `p${index}`,
      name,
      arguments_raw: JSON.stringify(args),
    })),
    stop_reason: calls.length > 0 ? 'tool_calls' : 'end',
    usage: { input: 10, output: 5, cached: 0, reasoning: 0 },
    model_served: 'm',
    wire_hash: '0'.repeat(64),
  };
}

export function result(output: string, outcome: ToolResult['outcome'] = 'ok'): ToolResult {
  return { outcome, output, output_truncated: false, files: [], taint: [], duration_ms: 1 };
}

/** A clock that the test moves; what is due runs on the way, and what comes of it. */
export function manualClock(start = START): World['clock'] {
  const clock = pacedClock(start);
  return {
    ...clock,
    async advance(ms) {
      const end = clock.now() + ms;
      while (clock.step(end)) await settle();
      clock.pass(end - clock.now());
      await settle();
    },
  };
}

/** Lets everything that can go on without the test go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

function queueOf<T>(): { push(item: T): void; next(): Promise<T> } {
  const items: T[] = [];
  const waiting: ((item: T) => void)[] = [];
  return {
    push(item) {
      const first = waiting.shift();
      if (first) first(item);
      else items.push(item);
    },
    next: () => {
      const first = items.shift();
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
  };
}

function waitFor<Request, Answer>(
  queue: { push(item: Asked<Request, Answer>): void },
  request: Request,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((answer) => queue.push({ request, signal, answer }));
}

function toolHost(run: (call: ToolRun, context: ToolContext) => Promise<ToolResult>): ToolHost {
  const spec = (name: string, effect: ToolSpec['effect'], recovery: ToolSpec['recovery']): ToolSpec => ({
    name,
    description: name,
    parameters: { type: 'object' },
    schema_digest: digestOf(name),
    effect,
    recovery,
    secrets: [],
  });
  const tools = [spec('look', 'read', 'rerun'), spec('work', 'exec', 'unknown'), spec('send_mail', 'send', 'unknown')];
  const facts = { paths: [], hosts: [], commands: [], preimages: [] };
  return {
    tools: () => tools,
    async inspect({ spec: { name }, arguments_raw }) {
      const presentation = { title: `${name} ${arguments_raw}` };
      return {
        args_digest: digestOf(arguments_raw),
        facts,
        facts_digest: digestOf(canonicalJson(facts)),
        presentation,
        presentation_digest: digestOf(canonicalJson(presentation)),
      };
    },
    run,
  };
}

function memoryJournal(
  lines: Map<string, Entry[]>,
  synced: Map<string, number>,
  broken: () => 'append' | 'sync' | undefined,
): Journal {
  const read: Journal['read'] = async (session, visit, from) => {
    const entries = lines.get(session) ?? [];
    const first = from === undefined ? 0 : 'after' in from ? from.after : Math.max(0, entries.length - from.last);
    for (const entry of entries.slice(first)) await visit(storedOf(entry));
    const last = entries.at(-1);
    const seq = last?.seq ?? 0;
    return { status: last ? 'whole' : 'absent', seq, hash: last ? hashOf(last) : '', durable: seq };
  };
  const fail = (): never => {
    throw new RuntimeError('disk_full', 'no space left on device');
  };
  return {
    read,
    async *lines(session, upTo) {
      let prev = sha256(session);
      for (const entry of (lines.get(session) ?? []).slice(0, upTo)) {
        const { text, hash } = buildLine(entry, { seq: entry.seq, durable: 0, prev });
        prev = hash;
        yield Buffer.from(text);
      }
    },
    open: (session, visit, after) => read(session, visit, { after: Number(after ?? 0) }),
    size: (session) => (lines.get(session)?.length ?? 0) * LINE_BYTES,
    place: async (session) => String(lines.get(session)?.length ?? 0),
    holds: async (session, place) => (lines.get(session)?.length ?? 0) >= Number(place),
    async append(session, { expected_seq }, entries) {
      const known = lines.get(session) ?? [];
      if (known.length !== expected_seq) throw new RuntimeError('store_unavailable', 'lost the compare-and-set');
      if (broken() === 'append') fail();
      lines.set(session, [...known, ...structuredClone(entries)]);
      return { stored: entries.map(storedOf), durable: synced.get(session) ?? 0 };
    },
    async sync(session) {
      if (broken() === 'sync') fail();
      const seq = lines.get(session)?.length ?? 0;
      synced.set(session, seq);
      return seq;
    },
    close: async () => {},
    async create(session, fill) {
      const entries: Entry[] = [];
      await fill((entry) => void entries.push(entry));
      lines.set(session, entries);
    },
    list: async () => [],
    remove: async (session) => void lines.delete(session),
  };
}

function hashOf(entry: Entry): string {
  return sha256(canonicalJson(entry));
}

function storedOf(entry: Entry): StoredEntry {
  const hash = hashOf(entry);
  return { entry, id: `${entry.seq}-${hash.slice(0, 8)}`, hash, durable: 0 };
}

function memoryIngress(events: IngressEvent[], done: Map<string, string>): Ingress {
  const dead = new Map<string, DeadLetter>();
  const find = (event_id: string): IngressEvent | undefined => events.find((event) => event.event_id === event_id);
  const isPending = ({ event_id }: IngressEvent): boolean => !done.has(event_id) && !dead.has(event_id);
  return {
    async accept(event) {
      events.push(event);
      return { event, duplicate: false };
    },
    knows: async (_, key) => events.some(({ idempotency_key }) => idempotency_key === key),
    pending: async () => events.filter(isPending),
    pendingOf: async (session_id) => events.filter((event) => event.session_id === session_id && isPending(event)),
    pendingEvent: async (event_id) => events.find((event) => event.event_id === event_id && isPending(event)),
    async find(event_id) {
      const event = find(event_id);
      return event && { event, at: 'memory' };
    },
    dead: async (event_id, why) => void dead.set(event_id, { event: find(event_id)!, why, at: START }),
    deadLetters: async () => [...dead.values()],
    revive: async (event_id) => (dead.delete(event_id) ? find(event_id) : undefined),
    done: async (event_id, outcome) => void done.set(event_id, outcome),
    sync: async () => {},
  };
}

function memoryAudit(records: AuditRecord[]): Audit {
  return {
    append: async (record) => void records.push(record),
    head: async () => undefined,
    read: async () => ({ status: 'absent', seq: 0, hash: '', durable: 0 }),
  };
}

function memorySnapshots(snapshots: Map<string, string>): Snapshots {
  return {
    read: async (session) => JSON.parse(snapshots.get(session) ?? 'null') ?? undefined,
    write: async (session, value) => void snapshots.set(session, JSON.stringify(value)),
    remove: async (session) => void snapshots.delete(session),
  };
}

function memoryGrants(records: GrantRecord[]): Grants {
  return {
    holds: async (grant_id) => records.some(({ type, data }) => type === 'grant.added' && data.grant_id === grant_id),
    list: async () =>
      records.flatMap((record) =>
        record.type === 'grant.added'
          ? [{ ...record.data, by_role: 'operator' as const, ...record.data.rule, added_at: START }]
          : [],
      ),
    append: async (record) => void records.push(record),
  };
}
