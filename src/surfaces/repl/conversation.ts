/**
 * A session as it is read in the terminal: takes its events, gives the lines to print for good, and says what is going on
 * now. Knows nothing of keys and screens.
 */
import type { EntryData, EntryType } from '../../contract/entries.ts';
import type { Blobs } from '../../contract/ports.ts';
import type { DeltaEvent, StreamEvent } from '../../contract/stream.ts';
import type { LongText, Part } from '../../contract/values.ts';
import { createShownCalls } from '../call-facts.ts';
import { unknownLines } from '../cli/left-lines.ts';
import { wholeText } from '../../engine/session/messages.ts';
import {
  createMarkdownStream,
  renderMarkdown,
  type MarkdownOptions,
  type MarkdownStream,
} from '../terminal/markdown/markdown-stream.ts';
import { lossOf } from '../cli/loss.ts';
import { unseenText } from '../cli/unseen.ts';
import { summedUp } from '../cli/summed-up.ts';
import { DIM, YELLOW } from '../terminal/markdown/style.ts';
import { oneLine } from '../terminal/width.ts';
import { asking, type Asked } from './asking.ts';
import type { CodeColours } from './code-colours.ts';
import { createNearWatch, nearText } from '../../engine/budget/near.ts';
import { createEntryLines } from './entry-lines.ts';
import { createGoalView } from './goal-view.ts';
import { filesIn, saidOf } from './said.ts';

export interface ConversationOptions {
  blobs: Pick<Blobs, 'get'>;
  columns: () => number;
  colour: boolean;
  hyperlinks: boolean;
  /** Loaded while a model thinks for the first time. */
  code: CodeColours;
  /** Nothing can be painted over: what would be live is printed line by line. */
  byLine?: boolean;
  /** Is a message with this text on the screen already, as it was typed? */
  isEchoed?: (text: string) => boolean;
}

/** What is being done now. */
export interface Doing {
  phase: 'planning' | 'steps' | 'thinking' | 'answering' | 'running' | 'starting' | 'waiting' | 'stopping';
  /** Titles of the calls that run; of a goal whose steps are done, how far they are. */
  calls: string[];
  /** ms UTC. */
  since: number;
  tokens: number;
  cost_micro_usd: number;
}

export interface Conversation {
  /** Takes an event. Gives lines to print. In order, one after the other. */
  take(event: StreamEvent): Promise<string[]> | string[];
  /** The same with one of the session of a step that runs. */
  takeStep(session_id: string, event: StreamEvent): Promise<string[]> | string[];
  /** The sessions of the steps that run. */
  steps(): string[];
  /** The steps of a goal as they are. */
  tree(now: number): string[];
  /** What is being said, as far as it may still change. */
  live(): string[];
  /** The last lines of what runs. */
  output(): string[];
  doing(): Doing | undefined;
  asked(): Asked[];
  resized(): void;
  /** Of the last entry. */
  seq(): number;
  /** The turn that is open, and its messages. */
  turn(): { turn: number; event_ids: string[] } | undefined;
  /** Has the turn of this message begun? */
  hasBegun(event_id: string): boolean;
  /** Messages that wait, as they were typed. */
  queued(): { event_id: string; text: string }[];
  spent(): { tokens: number; cost_micro_usd: number };
}

interface Saying {
  call_id: string;
  attempt: number;
  markdown: MarkdownStream;
  text: string;
  /** Was something of it printed? */
  begun: boolean;
}

interface Running {
  title: string;
  output: string;
}

const OUTPUT_KEPT = 4000;
const MOST_BEGUN = 100;
const CODE = /^\s*(?:```|~~~)/m;
/** As long as what opens a block of code. */
const FENCE = 3;

export function createConversation(options: ConversationOptions): Conversation {
  const { blobs, columns, colour, hyperlinks, code, byLine = false, isEchoed = () => false } = options;
  const lines = createEntryLines(options);
  const { tone, line } = lines;
  const shown = createShownCalls();
  const running = new Map<string, Running>();
  const asked = new Map<string, Asked>();
  /** Messages that wait for their turn; each is printed when that begins. */
  const queued = new Map<string, { text: string; lines: string[] }>();
  /** Messages whose turn has begun, the last ones. */
  const begun = new Set<string>();
  const near = createNearWatch();
  const goal = createGoalView({ lines, columns, whole: (text) => whole(text), byLine });
  let planning = false;
  let saying: Saying | undefined;
  let turn: { turn: number; event_ids: string[]; since: number } | undefined;
  /** What the runtime itself says of the turn's end. */
  let closing = '';
  let failure = '';
  /** The model that was asked last. */
  let askedModel = '';
  let stopping = false;
  let lastSeq = 0;
  let spent = { tokens: 0, cost_micro_usd: 0 };
  let turnSpent = { tokens: 0, cost_micro_usd: 0 };

  const markdown = (): MarkdownOptions => ({ columns: columns(), colour, hyperlinks, highlight: code.highlight });
  const titleOf = (call_id: string): string => shown.get(call_id)?.title ?? call_id;

  function takeDelta({ data: { call_id, attempt, kind, text } }: DeltaEvent): Promise<string[]> | string[] {
    if (kind === 'tool_output') {
      const run = running.get(call_id);
      if (run) run.output = (run.output + text).slice(-OUTPUT_KEPT);
      return [];
    }
    if (kind !== 'text') return [];
    const before = endSaying((one) => one.call_id !== call_id || one.attempt !== attempt);
    saying ??= { call_id, attempt, markdown: createMarkdownStream(markdown()), text: '', begun: false };
    const one = saying;
    one.text += text;
    const more = (): string[] => [...before, ...ofSaying(one, one.markdown.push(text))];
    return CODE.test(one.text.slice(-text.length - FENCE)) ? code.load().then(more) : more();
  }

  function ofSaying(one: Saying, more: string[]): string[] {
    if (more.length === 0) return [];
    const gap = one.begun ? [] : [''];
    one.begun = true;
    return [...gap, ...more];
  }

  function endSaying(when: (one: Saying) => boolean = () => true): string[] {
    if (!saying || !when(saying)) return [];
    const rest = ofSaying(saying, saying.markdown.end());
    saying = undefined;
    return rest;
  }

  /** What a reply says beside what was streamed of it: all, when it was seen by nobody as it came. */
  function finishSaying(call_id: string, text: string): string[] {
    if (saying?.call_id === call_id && text.startsWith(saying.text)) {
      const more = ofSaying(saying, saying.markdown.push(text.slice(saying.text.length)));
      return [...more, ...endSaying()];
    }
    // Its parts stand on lines of their own, and came without them.
    if (saying?.call_id === call_id && unspaced(text) === unspaced(saying.text)) return endSaying();
    const before = endSaying();
    return text.trim() === '' ? before : [...before, '', ...renderMarkdown(text, markdown())];
  }

  const whole = (text: LongText): Promise<string> | string =>
    typeof text === 'string' ? text : wholeText(text, blobs);

  async function textOf(parts: readonly Part[]): Promise<string> {
    return (await textsOf(parts)).join('\n');
  }

  async function textsOf(parts: readonly Part[]): Promise<string[]> {
    const texts: string[] = [];
    for (const part of parts) if (part.type === 'text') texts.push(await whole(part.text));
    return texts;
  }

  /** Limits that are nearly used up. */
  function warned(type: EntryType, data: unknown): string[] {
    return near
      .take({ turn: turn?.turn, type, data })
      .flatMap((use) => ['', ...lines.note(YELLOW, '!', nearText(use))]);
  }

  const TAKERS: { [T in EntryType]?: (data: EntryData<T>, at: number) => Promise<string[]> | string[] } = {
    async 'input.received'({ event_id, mode, parts, actor, source, reason, goal: isGoal }) {
      if (mode === 'stop') {
        stopping = true;
        const own = source === 'cli' || source === 'repl';
        return own && !reason ? [] : ['', line(YELLOW, '■', `stop${reason ? `: ${reason}` : ''} (${actor.id})`)];
      }
      const texts = await textsOf(parts);
      const said = saidOf(texts, filesIn(parts));
      if (isGoal) said.text = `/plan ${said.text}`;
      const shown = isEchoed(texts.join('\n')) ? [] : lines.said(said, mode === 'steer' ? '»' : '›', source);
      if (mode === 'steer') return shown;
      queued.set(event_id, { text: said.text, lines: shown });
      return [];
    },
    'turn.started'(data, at) {
      turn = { turn: data.turn, event_ids: data.event_ids, since: at };
      turnSpent = { tokens: 0, cost_micro_usd: 0 };
      closing = failure = '';
      stopping = false;
      for (const id of data.event_ids) begun.add(id);
      for (const id of [...begun].slice(0, -MOST_BEGUN)) begun.delete(id);
      const said = data.event_ids.flatMap((id) => queued.get(id)?.lines ?? []);
      for (const id of data.event_ids) queued.delete(id);
      return said;
    },
    'budget.reserved': (data) => warned('budget.reserved', data),
    'model.requested'({ attempt, model, ...data }) {
      const warnings = warned('model.requested', data);
      if (data.purpose === 'compact' && attempt === 1)
        return [...warnings, '', ...lines.note(DIM, '·', 'the conversation is long: it is being summed up')];
      const why = failure === '' ? '' : `${failure}; `;
      failure = '';
      planning = data.purpose === 'plan';
      const how = model === askedModel ? 'again' : 'instead';
      askedModel = model;
      if (attempt === 1) return warnings;
      return [...warnings, '', ...lines.note(YELLOW, '!', `${why}asks ${model} ${how}, attempt ${attempt}`)];
    },
    async 'model.replied'({ call_id, purpose, parts, tool_calls, usage, cost_micro_usd = 0, unseen }) {
      count(usage.input + usage.output, cost_micro_usd);
      planning = false;
      if (purpose !== undefined) return [];
      for (const call of tool_calls) shown.named(call.call_id, call.name);
      const text = await textOf(parts);
      if (saying === undefined && CODE.test(text)) await code.load();
      const warning = unseen ? ['', ...lines.note(YELLOW, '!', unseenText(unseen))] : [];
      return [...finishSaying(call_id, text), ...warning];
    },
    // Said with what comes of it: another attempt, or the end of the turn.
    'model.failed'({ class: kind, message }) {
      if (kind !== 'aborted') failure = message;
      return endSaying();
    },
    'context.compacted'(data) {
      return lines.note(DIM, '·', summedUp(data));
    },
    'call.inspected'(data) {
      shown.inspected(data);
      return [];
    },
    'policy.decided'(data) {
      shown.decided(data);
      return [];
    },
    async 'approval.requested'(data) {
      const call = shown.get(data.call_id) ?? { title: data.call_id };
      const { asked: one, lines: described } = await asking(data, call, { whole, tone, columns: columns() });
      asked.set(one.approval_id, one);
      return ['', ...described];
    },
    'child.finished'({ usage, cost_micro_usd = 0 }) {
      count(usage.input + usage.output, cost_micro_usd);
      return [];
    },
    'approval.resolved'(data) {
      asked.delete(data.approval_id);
      return [lines.resolved(data)];
    },
    'call.started'({ call_id }) {
      running.set(call_id, { title: titleOf(call_id), output: '' });
      return [];
    },
    'call.finished'(data) {
      running.delete(data.call_id);
      return lines.finished(titleOf(data.call_id), data);
    },
    // What a person's answer says needn't be said again.
    'call.refused': ({ call_id, why, message }) =>
      why === 'approval_denied' || why === 'approval_expired'
        ? []
        : ['', line(YELLOW, '○', `${titleOf(call_id)}: not run`), ...lines.output(message)],
    async 'call.abandoned'({ call_id }) {
      running.delete(call_id);
      const { title, body } = shown.get(call_id) ?? { title: call_id };
      const text = unknownLines(title, body === undefined ? undefined : await whole(body)).join('\n');
      return ['', ...lines.note(YELLOW, '●', text)];
    },
    'session.opened': (data) => [
      data.reason === 'repair'
        ? tone(YELLOW, `· opened again after repair: ${lossOf(data)}`)
        : tone(DIM, `· opened again after ${data.reason}`),
    ],
    'session.configured': ({ model, title, pin, unpin, trust, revoke }) => [
      ...(model === undefined ? [] : [tone(DIM, `· model: ${oneLine(model)}`)]),
      ...(title === undefined ? [] : [tone(DIM, `· title: ${oneLine(title)}`)]),
      ...(unpin === undefined ? [] : [tone(DIM, `· not pinned any more: ${oneLine(unpin)}`)]),
      ...(pin === undefined ? [] : [tone(DIM, `· pinned: ${oneLine(pin)}`)]),
      ...(trust === undefined ? [] : [tone(DIM, `· trusted: ${trust.map(oneLine).join(', ')}`)]),
      ...(revoke === undefined ? [] : [tone(DIM, `· not granted any more: ${revoke.join(', ')}`)]),
    ],
    'files.undone': ({ turn: of, files }) => [
      '',
      line(YELLOW, '↶', `turn ${of} undone: ${files.map(({ path }) => path).join(', ')}`),
    ],
    async 'reply.made'({ parts }) {
      if (parts !== undefined) closing = await textOf(parts);
      return [];
    },
    'turn.ended'(data, at) {
      const rest = endSaying();
      const figures = { ...turnSpent, took_ms: turn && at - turn.since };
      turn = undefined;
      planning = false;
      running.clear();
      asked.clear();
      shown.clear();
      for (const id of data.event_ids) queued.delete(id);
      const closed = data.reason === 'success' && closing !== '' ? ['', ...renderMarkdown(closing, markdown())] : [];
      return [...rest, ...closed, ...lines.ended(data, figures, closing)];
    },
  };

  function count(tokens: number, cost_micro_usd: number): void {
    spent = { tokens: spent.tokens + tokens, cost_micro_usd: spent.cost_micro_usd + cost_micro_usd };
    turnSpent = { tokens: turnSpent.tokens + tokens, cost_micro_usd: turnSpent.cost_micro_usd + cost_micro_usd };
  }

  return {
    take(event) {
      if (event.type === 'delta') return takeDelta(event);
      if (event.id === null) return [];
      lastSeq = event.seq;
      const take = TAKERS[event.type as EntryType];
      const steps = goal.take(event);
      const taken = take ? take(event.data as never, event.at) : [];
      if (steps.length === 0) return taken;
      return Array.isArray(taken) ? [...steps, ...taken] : taken.then((more) => [...steps, ...more]);
    },
    takeStep: goal.takeStep,
    steps: goal.running,
    tree: goal.tree,
    live() {
      const now = saying?.markdown.live() ?? [];
      return saying?.begun || now.length === 0 ? now : ['', ...now];
    },
    output() {
      const last = [...running.values()].at(-1);
      return last === undefined || last.output.trim() === '' ? [] : lines.tail(last.output);
    },
    doing() {
      if (!turn) return undefined;
      const calls = [...running.values()].map(({ title }) => title);
      const steps = goal.summary();
      const waits = goal.waits() || (asked.size > 0 && running.size === 0);
      const phase = stopping
        ? 'stopping'
        : waits
          ? 'waiting'
          : calls.length > 0
            ? 'running'
            : steps !== undefined
              ? 'steps'
              : saying
                ? 'answering'
                : planning
                  ? 'planning'
                  : 'thinking';
      return { phase, calls: steps === undefined ? calls : [steps], since: turn.since, ...turnSpent };
    },
    asked: () => [...asked.values(), ...goal.asked()],
    resized: () => saying?.markdown.resize(columns()),
    seq: () => lastSeq,
    turn: () => turn && { turn: turn.turn, event_ids: turn.event_ids },
    hasBegun: (event_id) => begun.has(event_id),
    queued: () => [...queued].map(([event_id, { text }]) => ({ event_id, text })),
    spent: () => spent,
  };
}

function unspaced(text: string): string {
  return text.replace(/\s/g, '');
}
