/** A session as a person reads it: turn by turn, what was asked, what was called, who decided, what it cost. */
import { parseStrictJson } from '../../base/strict-json.ts';
import { nearIn, nearText } from '../../engine/budget/near.ts';
import type { EntryData, EntryType } from '../../contract/entries.ts';
import type { Blobs } from '../../contract/ports.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import type { LongText, Part } from '../../contract/values.ts';
import { fileLabel } from '../../engine/session/file-label.ts';
import { wholeText } from '../../engine/session/messages.ts';
import type { Output } from './io.ts';
import { money } from './money.ts';
import { lossOf } from './loss.ts';
import { unseenText } from './unseen.ts';
import { summedUp } from './summed-up.ts';
import { paint } from './paint.ts';
import { span } from './times.ts';
import { oneLine, visibleText, truncate } from '../terminal/width.ts';

type Paint = (colour: Parameters<typeof paint>[1], text: string) => string;

const LABEL_WIDTH = 9;

interface Context {
  blobs: Pick<Blobs, 'get'>;
  output: Output;
  colour: Paint;
  titles: Map<string, string>;
  startedAt: Map<string, number>;
  replies: Map<string, Part[]>;
  /** Ids and titles of the plan's steps, by id and by the session that does it. */
  steps: Map<string, string>;
  /** Where content from outside came from that is in the conversation. */
  taint: Set<string>;
  /** Has a turn ended above? What comes then stands apart. */
  afterTurn: boolean;
}

/** Lines of the last `limit` events, without their newlines. Each block is indented under its turn. */
export async function* transcript(
  events: readonly StreamEvent[],
  blobs: Pick<Blobs, 'get'>,
  output: Output,
  limit = events.length,
): AsyncGenerator<string> {
  const { linesOf, lastLines } = createLines(blobs, output);
  for (const [index, event] of events.entries()) {
    // What isn't shown is read all the same: later lines name its calls and replies.
    const lines = await linesOf(event);
    if (index >= events.length - limit) yield* lines;
  }
  yield* lastLines();
}

/** Gives the lines of each event of a session, from its first on. What isn't stored has none. */
export function createTranscript(blobs: Pick<Blobs, 'get'>, output: Output): LinesOf {
  return createLines(blobs, output).linesOf;
}

type LinesOf = (event: StreamEvent) => Promise<string[]>;

/** `lastLines`: what holds behind the last event. */
function createLines(blobs: Pick<Blobs, 'get'>, output: Output): { linesOf: LinesOf; lastLines: () => string[] } {
  const context: Context = {
    blobs,
    output,
    colour: (colour, text) => paint(output, colour, text),
    titles: new Map(),
    startedAt: new Map(),
    replies: new Map(),
    steps: new Map(),
    taint: new Set(),
    afterTurn: false,
  };
  return {
    linesOf: async (event) => (await LINES[event.type as EntryType]?.(event.data as never, event, context)) ?? [],
    lastLines: () =>
      context.taint.size === 0
        ? []
        : ['', context.colour('yellow', label('now', `tainted by ${[...context.taint].join(', ')}`))],
  };
}

type Line<T extends EntryType> = (
  data: EntryData<T>,
  event: StreamEvent,
  context: Context,
) => string[] | Promise<string[]>;

function nearLines(type: EntryType, data: unknown, { colour }: Context): string[] {
  return nearIn(type, data).map((use) => colour('yellow', label('budget', nearText(use))));
}

const LINES: { [T in EntryType]?: Line<T> } = {
  'session.created': (data, event, { colour }) => [
    colour('bold', `session ${data.session_id}`),
    label('root', data.project_root),
    label('created', `${timeOf(event.at)} by ${data.actor.id} via ${data.source}`),
    ...(data.parent ? [label('step', `${data.parent.step_id} of session ${data.parent.session_id}`)] : []),
  ],
  'session.configured': ({ model, pin, unpin, trust = [], revoke = [], by }, { seq }, { taint }) => [
    ...(model === undefined ? [] : [label('model', model)]),
    ...(unpin === undefined ? [] : [label('unpinned', unpin)]),
    ...(pin === undefined ? [] : [label('pinned', `p${seq}: ${pin}`)]),
    ...revoke.map((grant) => label('revoked', `${grant}, by ${by.actor.id}`)),
    ...trust.filter((source) => taint.delete(source)).map((source) => label('trusted', `${source}, by ${by.actor.id}`)),
  ],
  'session.opened': (data, _event, { colour }) => [colour('yellow', label('opened', openingOf(data)))],
  'session.forked': ({ from, own_policies }) => [
    label('forked', `from ${from.session_id} at entry ${from.seq}${own_policies ? ', with a policy of its own' : ''}`),
  ],
  'input.received': async ({ mode, parts, reason, taint }, _event, context) =>
    mode === 'stop'
      ? [context.colour('yellow', label('stop', reason ?? 'asked to stop'))]
      : [
          ...(context.afterTurn ? [''] : []),
          ...block(mode === 'steer' ? 'steer' : 'you', await textOf(parts, context)),
          ...tainting(taint, context),
        ],
  'turn.started': (data, event, context) => {
    context.afterTurn = false;
    return ['', context.colour('bold', `turn ${data.turn}`) + `  ${timeOf(event.at)}`];
  },
  'plan.made': ({ by, model, steps }, _event, context) => {
    const who = `by ${by}: ${steps.length === 1 ? steps[0]!.title : `${steps.length} steps`} (${model})`;
    context.steps = new Map(steps.map(({ id, title }) => [id, `${id} “${title}”`]));
    return [label('plan', who), ...(steps.length === 1 ? [] : steps.map(plannedLine))];
  },
  'child.started': ({ step_id, session_id, attempt }, _event, { steps }) => {
    const step = steps.get(step_id) ?? step_id;
    steps.set(session_id, step);
    return [label('step', `${step} begins${attempt === 1 ? '' : `, try ${attempt}`}: session ${session_id}`)];
  },
  'child.finished': (data, _event, context) => {
    const { steps, colour } = context;
    const { session_id, reason, taint } = data;
    const how = reason === 'success' ? 'done' : `not done (${reason})`;
    const figures = figuresOf(data);
    const line = label('step', `${steps.get(session_id) ?? ''} ${how}: session ${session_id} (${figures})`.trimStart());
    return [reason === 'success' ? line : colour('yellow', line), ...tainting(taint, context)];
  },
  'check.requested': ({ call_id, arguments_raw }) => {
    const parsed = parseStrictJson(arguments_raw);
    const { cmd = arguments_raw } = (parsed.ok ? parsed.value : {}) as { cmd?: string };
    return [label('check', `${call_id}: must exit with 0: ${cmd}`)];
  },
  'model.requested': (data, event, context) => {
    context.startedAt.set(data.call_id, event.at);
    const [of] = PURPOSES[data.purpose];
    const again = data.attempt === 1 ? [] : [label(of, `${data.call_id} attempt ${data.attempt}: ${data.model}`)];
    return [...again, ...nearLines('model.requested', data, context)];
  },
  'budget.reserved': (data, _event, context) => nearLines('budget.reserved', data, context),
  'budget.refused': (data, _event, { colour }) => [
    colour('red', label('budget', data.message ?? `refused by ${data.refused_by ?? 'a shared budget'}`)),
  ],
  'model.replied': async (data, _event, context) => {
    if (data.purpose === undefined) context.replies.set(data.call_id, data.parts);
    const { input, output, cached } = data.usage;
    const cost = data.cost_micro_usd === undefined ? '' : `, ${money(data.cost_micro_usd)}`;
    const [of, answer] = PURPOSES[data.purpose ?? 'think'];
    const calls = data.tool_calls.length === 0 ? answer : count(data.tool_calls.length, 'call');
    const figures = `${input} in${cached > 0 ? ` (${cached} cached)` : ''}, ${output} out${cost}, ${span(data.duration_ms)}`;
    const head = label(of, `${data.call_id} ${data.model_served}: ${calls} (${figures})`);
    const said = data.tool_calls.length > 0 ? (await textOf(data.parts, context)).trim() : '';
    const unseen = data.unseen ? [context.colour('yellow', label('unseen', unseenText(data.unseen)))] : [];
    return [head, ...unseen, ...(said === '' ? [] : block('', said))];
  },
  'context.compacted': (data) => [label('sum up', `${summedUp(data)}: entries ${data.from_seq} to ${data.to_seq}`)],
  'model.failed': (data, _event, { colour }) => [
    colour('red', label('think', `${data.call_id} attempt ${data.attempt} failed (${data.class}): ${data.message}`)),
  ],
  'call.inspected': (data, _event, { titles }) => {
    titles.set(data.call_id, data.presentation.title);
    return [];
  },
  'policy.decided': (data, _event, context) => {
    const title = context.titles.get(data.call_id) ?? data.tool;
    const rules = data.rules.map((rule) => rule.id).join(', ');
    const verdict = { allow: 'allowed', require_approval: 'asks', deny: 'denied' }[data.verdict];
    const grant = data.grant_id === undefined ? '' : `, grant ${data.grant_id}`;
    return [
      label('call', cut(`${data.call_id} ${data.tool}: ${title}`, context)),
      label('', `${verdict}: ${data.reason} (${rules}${grant})`),
    ];
  },
  'approval.requested': (data, _event, { colour }) => [
    colour('yellow', label('', `approval ${data.approval_id} until ${timeOf(data.expires_at)}`)),
  ],
  'approval.resolved': ({ approval_id, outcome, scope, by, reason }) => [
    label(
      '',
      `${approval_id} ${outcome}${scope && scope !== 'once' ? ` (${scope})` : ''} by ${by.actor.id} via ${by.via}${reason ? `: ${reason}` : ''}`,
    ),
  ],
  'call.started': (data, event, { startedAt }) => {
    startedAt.set(data.call_id, event.at);
    return data.attempt === 1 ? [] : [label('', `${data.call_id} attempt ${data.attempt}`)];
  },
  'call.finished': async (data, _event, context) => {
    const status = data.exit_code === undefined ? data.outcome : `${data.outcome}, exit code ${data.exit_code}`;
    const error = data.error ? `: ${data.error.message}` : '';
    const output = (await whole(data.output, context)).trim();
    const first = output === '' ? '' : ` | ${output.split('\n')[0]}${output.includes('\n') ? ' …' : ''}`;
    const line = label('', cut(`${data.call_id} ${status} in ${span(data.duration_ms)}${error}${first}`, context));
    return [data.outcome === 'ok' ? line : context.colour('yellow', line), ...tainting(data.taint, context)];
  },
  'call.refused': (data, _event, { colour }) => [
    colour('yellow', label('', `${data.call_id} not run (${data.why}): ${oneLine(data.message)}`)),
  ],
  'call.abandoned': (data, _event, { colour }) => [
    colour('yellow', label('', `${data.call_id} unknown: ${data.message}`)),
  ],
  'files.undone': ({ turn, files, by }, _event, { colour }) => [
    colour(
      'yellow',
      label('undone', `turn ${turn} by ${by.actor.id}: ${files.map(({ path }) => path).join(', ')} as before`),
    ),
  ],
  'timer.fired': () => [label('wait', 'is over')],
  'turn.reflected': (data) => [label('reflect', `${data.signal} (${data.reason})`)],
  'reply.made': async (data, _event, context) => {
    const parts = data.parts ?? context.replies.get(data.call_id ?? '') ?? [];
    return block('reply', await textOf(parts, context));
  },
  'turn.ended': (data, _event, context) => {
    context.afterTurn = true;
    const code = data.code === undefined || data.code === data.reason ? '' : ` (${data.code})`;
    return [
      ...(data.given_up ?? []).map((why) => context.colour('yellow', label('gave up', why))),
      context.colour(
        data.reason === 'success' ? 'green' : 'red',
        label('ended', `${data.reason}${code}: ${figuresOf(data)}`),
      ),
    ];
  },
};

/** What is in the conversation from here on. */
function tainting(sources: readonly string[], context: Context): string[] {
  const fresh = sources.filter((source) => !context.taint.has(source));
  for (const source of fresh) context.taint.add(source);
  return fresh.map((source) => context.colour('yellow', label('tainted', `by ${source}`)));
}

/** What a model is asked for, and what it gives when it calls nothing. */
const PURPOSES = {
  think: ['think', 'answers'],
  compact: ['sum up', 'a summary'],
  plan: ['plan', 'a plan'],
  reflect: ['reflect', 'answers'],
} as const;

function plannedLine({ id, title, depends_on, check }: EntryData<'plan.made'>['steps'][number]): string {
  const after = depends_on.length === 0 ? '' : `, after ${depends_on.join(', ')}`;
  return label('', `${id} “${title}”${after}${check === undefined ? '' : `; check: ${check}`}`);
}

type Spent = Pick<EntryData<'turn.ended'>, 'usage' | 'cost_micro_usd' | 'model_calls' | 'tool_calls'>;

function figuresOf({ usage, cost_micro_usd, model_calls, tool_calls }: Spent): string {
  const cost = cost_micro_usd === undefined ? '' : `, ${money(cost_micro_usd)}`;
  return `${count(model_calls, 'model call')}, ${count(tool_calls, 'tool call')}, ${usage.input + usage.output} tokens${cost}`;
}

function label(name: string, text: string): string {
  return `  ${name.padEnd(LABEL_WIDTH)}${oneLine(text)}`;
}

/** A text of several lines; control characters are made visible. */
function block(name: string, text: string): string[] {
  const lines = visibleText(text).trimEnd().split('\n');
  return lines.map((line, index) => `  ${(index === 0 ? name : '').padEnd(LABEL_WIDTH)}${line}`.trimEnd());
}

function cut(text: string, { output }: Context): string {
  const line = oneLine(text);
  return output.columns === undefined ? line : truncate(line, output.columns - LABEL_WIDTH - 2);
}

async function textOf(parts: readonly Part[], context: Context): Promise<string> {
  const texts = await Promise.all(
    parts.map(async (part) => {
      if (part.type === 'text') return whole(part.text, context);
      return part.type === 'reasoning' ? '' : fileLabel(part);
    }),
  );
  return texts.filter((text) => text !== '').join('\n');
}

function whole(text: LongText, { blobs }: Context): Promise<string> {
  return wholeText(text, blobs);
}

function openingOf(data: EntryData<'session.opened'>): string {
  if (data.reason === 'repair') return `again after repair: ${lossOf(data)}`;
  const cutTail = data.cut_bytes === undefined ? '' : `; ${data.cut_bytes} bytes of a torn end were put aside`;
  return `again after ${data.reason}${cutTail}`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

/** Local time of day with the date, as `2026-11-20 09:31:07`. */
function timeOf(at: number): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
