/**
 * A session as it is read in the terminal: takes its events, gives the lines to print for good, and says what is going on
 * now. Knows nothing of keys and screens.
 */
import type { EntryData, EntryType } from '../../contract/entries.ts';
import type { Blobs } from '../../contract/ports.ts';
import type { DeltaEvent, StreamEvent } from '../../contract/stream.ts';
import type { LongText, Part, Presentation } from '../../contract/values.ts';
import { wholeText } from '../../engine/session/messages.ts';
import { money } from '../cli/money.ts';
import { span } from '../cli/times.ts';
import type { Highlight } from '../terminal/markdown/highlight.ts';
import { createMarkdownStream, renderMarkdown, type MarkdownStream } from '../terminal/markdown/markdown-stream.ts';
import { BOLD, CYAN, DIM, GREEN, RED, styled, YELLOW, type Style } from '../terminal/markdown/style.ts';
import { oneLine, truncate, visibleText } from '../terminal/width.ts';
import { describePresentation } from './presentation.ts';

export interface ConversationOptions {
  blobs: Pick<Blobs, 'get'>;
  columns: () => number;
  colour: boolean;
  hyperlinks: boolean;
  /** Gives it once it is loaded; asked for at the first block of code. */
  highlight: () => Highlight | undefined;
}

/** An approval that waits in this session. */
export interface Asked {
  approval_id: string;
  call_id: string;
  title: string;
}

/** What is being done now. */
export interface Doing {
  phase: 'thinking' | 'answering' | 'running' | 'starting' | 'waiting';
  /** Titles of the calls that run. */
  calls: string[];
  /** ms UTC. */
  since: number;
  tokens: number;
  cost_micro_usd: number;
}

export interface Conversation {
  /** Takes an event. Gives lines to print. In order, one after the other. */
  take(event: StreamEvent): Promise<string[]> | string[];
  /** What is being said, as far as it may still change. */
  live(): string[];
  doing(): Doing | undefined;
  asked(): Asked[];
  resized(): void;
  /** Of the last entry. */
  seq(): number;
  /** The turn that is open, and its messages. */
  turn(): { turn: number; event_ids: string[] } | undefined;
  /** Messages that wait, as they were typed. */
  queued(): { event_id: string; text: string }[];
  spent(): { tokens: number; cost_micro_usd: number };
}

const OUTPUT_LINES = 4;
const LIVE_OUTPUT_LINES = 3;
const REASONING_CHARACTERS = 400;

interface Saying {
  call_id: string;
  attempt: number;
  markdown: MarkdownStream;
  text: string;
}

interface Running {
  title: string;
  since: number;
  output: string;
}

export function createConversation(options: ConversationOptions): Conversation {
  const { blobs, columns, colour, hyperlinks, highlight } = options;
  const tone = (style: Style, text: string): string => (colour ? styled(text, style) : text);
  const presentations = new Map<string, Presentation>();
  const running = new Map<string, Running>();
  const asked = new Map<string, Asked>();
  /** Messages that wait for their turn; each is printed when that begins. */
  const queued = new Map<string, { text: string; lines: string[] }>();
  let saying: Saying | undefined;
  let reasoning = '';
  let turn: { turn: number; event_ids: string[]; since: number } | undefined;
  let lastSeq = 0;
  let spent = { tokens: 0, cost_micro_usd: 0 };
  let turnSpent = { tokens: 0, cost_micro_usd: 0 };

  const newMarkdown = (): MarkdownStream => {
    const loaded = highlight();
    return createMarkdownStream({ columns: columns(), colour, hyperlinks, ...(loaded && { highlight: loaded }) });
  };
  const line = (style: Style, mark: string, text: string): string =>
    `${tone(style, mark)} ${truncate(oneLine(text), Math.max(10, columns() - 3))}`;
  const titleOf = (call_id: string): string => presentations.get(call_id)?.title ?? call_id;

  function takeDelta({ data: { call_id, attempt, kind, text } }: DeltaEvent): string[] {
    if (kind === 'tool_output') {
      const run = running.get(call_id);
      if (run) run.output = (run.output + text).slice(-4000);
      return [];
    }
    if (kind === 'reasoning') reasoning = (reasoning + text).slice(-REASONING_CHARACTERS);
    if (kind !== 'text') return [];
    const before = endSaying((one) => one.call_id !== call_id || one.attempt !== attempt);
    saying ??= { call_id, attempt, markdown: newMarkdown(), text: '' };
    saying.text += text;
    return [...before, ...saying.markdown.push(text)];
  }

  function endSaying(when: (one: Saying) => boolean = () => true): string[] {
    if (!saying || !when(saying)) return [];
    const rest = saying.markdown.end();
    saying = undefined;
    return rest;
  }

  /** What a reply says beside what was streamed of it: all, when it was seen by nobody as it came. */
  function finishSaying(call_id: string, text: string): string[] {
    if (saying?.call_id === call_id && text.startsWith(saying.text)) {
      const more = saying.markdown.push(text.slice(saying.text.length));
      return [...more, ...endSaying(), ''];
    }
    const before = endSaying();
    return text.trim() === '' ? before : [...before, ...render(text), ''];
  }

  function render(text: string): string[] {
    const loaded = highlight();
    return renderMarkdown(text, { columns: columns(), colour, hyperlinks, ...(loaded && { highlight: loaded }) });
  }

  const whole = (text: LongText): Promise<string> | string =>
    typeof text === 'string' ? text : wholeText(text, blobs);

  async function textOf(parts: readonly Part[]): Promise<string> {
    const texts: string[] = [];
    for (const part of parts) {
      if (part.type === 'text') texts.push(await whole(part.text));
      else if (part.type !== 'reasoning') texts.push(`[${part.type} ${part.name ?? part.media_type}]`);
    }
    return texts.join('\n');
  }

  const TAKERS: { [T in EntryType]?: (data: EntryData<T>, at: number) => Promise<string[]> | string[] } = {
    async 'input.received'({ event_id, mode, parts, actor, source, reason }) {
      const own = source === 'cli' || source === 'repl';
      if (mode === 'stop')
        return own && !reason ? [] : [line(YELLOW, '■', `stop${reason ? `: ${reason}` : ''} (${actor.id})`)];
      const text = await textOf(parts);
      const shown = visibleText(text).trimEnd().split('\n');
      const head = mode === 'steer' ? '»' : '›';
      const lines = [
        ...shown.map((one, index) => `${tone(CYAN, index === 0 ? head : ' ')} ${tone(BOLD, one)}`),
        ...(own ? [] : [tone(DIM, `  (${oneLine(source)})`)]),
        '',
      ];
      if (mode === 'steer') return lines;
      queued.set(event_id, { text, lines });
      return [];
    },
    'turn.started'(data, at) {
      turn = { turn: data.turn, event_ids: data.event_ids, since: at };
      turnSpent = { tokens: 0, cost_micro_usd: 0 };
      const lines = data.event_ids.flatMap((id) => queued.get(id)?.lines ?? []);
      for (const id of data.event_ids) queued.delete(id);
      return lines;
    },
    'model.requested'({ attempt, model }) {
      reasoning = '';
      return attempt === 1 ? [] : [line(YELLOW, '·', `asks ${model} again, attempt ${attempt}`)];
    },
    async 'model.replied'({ call_id, parts, usage, cost_micro_usd = 0 }) {
      reasoning = '';
      count(usage.input + usage.output, cost_micro_usd);
      return finishSaying(call_id, await textOf(parts.filter((part) => part.type === 'text')));
    },
    'model.failed': ({ class: kind, message }) => [
      ...endSaying(),
      ...(kind === 'aborted' ? [] : [line(YELLOW, '!', `model: ${message}`)]),
    ],
    'call.inspected'({ call_id, presentation }) {
      presentations.set(call_id, presentation);
      return [];
    },
    async 'approval.requested'({ approval_id, call_id, may_repeat_of }) {
      const presentation = presentations.get(call_id) ?? { title: call_id };
      asked.set(approval_id, { approval_id, call_id, title: presentation.title });
      const careful =
        may_repeat_of === undefined
          ? []
          : [tone(YELLOW, `  careful: ${may_repeat_of} was the same call and may have taken effect`)];
      return [
        line(YELLOW, '?', presentation.title),
        ...(await describePresentation(presentation, whole, tone)),
        ...careful,
        tone(DIM, `  approval ${approval_id}`),
      ];
    },
    'approval.resolved'({ approval_id, outcome, scope, by, reason }) {
      asked.delete(approval_id);
      const how = scope === undefined || scope === 'once' ? '' : ` (${scope})`;
      const why = reason ? `: ${reason}` : '';
      return [
        line(
          outcome === 'granted' ? GREEN : YELLOW,
          outcome === 'granted' ? '✓' : '✗',
          `${outcome}${how} by ${by.actor.id} via ${by.via}${why}`,
        ),
      ];
    },
    'call.started'({ call_id }, at) {
      running.set(call_id, { title: titleOf(call_id), since: at, output: '' });
      return [];
    },
    async 'call.finished'({ call_id, outcome, exit_code, error, output, duration_ms }) {
      running.delete(call_id);
      const good = outcome === 'ok' && (exit_code ?? 0) === 0;
      const exit = exit_code === undefined || exit_code === 0 ? '' : `, exit code ${exit_code}`;
      const how = `${outcome === 'ok' ? '' : `${outcome}, `}${span(duration_ms)}${exit}${error ? `: ${error.message}` : ''}`;
      const text = visibleText(typeof output === 'string' ? output : output.head).trimEnd();
      return [
        line(good ? GREEN : YELLOW, '●', `${titleOf(call_id)} ${how}`),
        ...outputLines(text, typeof output === 'string' ? undefined : output.bytes),
      ];
    },
    'call.refused': ({ call_id, why, message }) => [
      line(YELLOW, '○', `${titleOf(call_id)}: not run (${why}): ${message}`),
    ],
    'call.abandoned'({ call_id, message }) {
      running.delete(call_id);
      return [line(YELLOW, '●', `${titleOf(call_id)}: ${message}`)];
    },
    'session.opened': ({ reason }) => [tone(DIM, `· opened again after ${reason}`)],
    'session.configured': ({ model, title }) => [
      ...(model === undefined ? [] : [tone(DIM, `· model: ${oneLine(model)}`)]),
      ...(title === undefined ? [] : [tone(DIM, `· title: ${oneLine(title)}`)]),
    ],
    async 'reply.made'({ parts }) {
      return parts === undefined ? [] : [...endSaying(), ...render(await textOf(parts)), ''];
    },
    'turn.ended'({ event_ids, reason, code }, at) {
      const took = turn ? span(at - turn.since) : '';
      const rest = endSaying();
      turn = undefined;
      running.clear();
      asked.clear();
      for (const id of event_ids) queued.delete(id);
      const cost = turnSpent.cost_micro_usd > 0 ? ` · ${money(turnSpent.cost_micro_usd)}` : '';
      const figures = `${took} · ${turnSpent.tokens.toLocaleString('en')} tokens${cost}`;
      const why = code === undefined || code === reason ? reason : `${reason} (${code})`;
      return [...rest, reason === 'success' ? tone(DIM, `  ${figures}`) : line(RED, '■', `${why} · ${figures}`), ''];
    },
  };

  function count(tokens: number, cost_micro_usd: number): void {
    spent = { tokens: spent.tokens + tokens, cost_micro_usd: spent.cost_micro_usd + cost_micro_usd };
    turnSpent = { tokens: turnSpent.tokens + tokens, cost_micro_usd: turnSpent.cost_micro_usd + cost_micro_usd };
  }

  function outputLines(text: string, bytes: number | undefined): string[] {
    if (text === '') return [];
    const all = text.split('\n');
    const shown = all
      .slice(0, OUTPUT_LINES)
      .map((one) => tone(DIM, `  │ ${truncate(one.replaceAll('\t', '  '), Math.max(10, columns() - 5))}`));
    const left = all.length - shown.length;
    const more = bytes === undefined ? `${left} more lines` : `${bytes} bytes in all`;
    return left > 0 || bytes !== undefined ? [...shown, tone(DIM, `  │ … ${more}`)] : shown;
  }

  return {
    take(event) {
      if (event.type === 'delta') return takeDelta(event);
      if (event.id === null) return [];
      lastSeq = event.seq;
      const take = TAKERS[event.type as EntryType];
      return take ? take(event.data as never, event.at) : [];
    },
    live() {
      const lines = saying?.markdown.live() ?? [];
      const last = [...running.values()].at(-1);
      if (last === undefined || last.output.trim() === '') return lines;
      const output = visibleText(last.output).trimEnd().split('\n').slice(-LIVE_OUTPUT_LINES);
      return [
        ...lines,
        ...output.map((one) => tone(DIM, `  │ ${truncate(one.replaceAll('\t', '  '), Math.max(10, columns() - 5))}`)),
      ];
    },
    doing() {
      if (!turn) return undefined;
      const calls = [...running.values()].map(({ title }) => title);
      const waits = asked.size > 0 && running.size === 0;
      const phase = waits ? 'waiting' : calls.length > 0 ? 'running' : saying ? 'answering' : 'thinking';
      return { phase, calls, since: turn.since, ...turnSpent };
    },
    asked: () => [...asked.values()],
    resized: () => saying?.markdown.resize(columns()),
    seq: () => lastSeq,
    turn: () => turn && { turn: turn.turn, event_ids: turn.event_ids },
    queued: () => [...queued].map(([event_id, { text }]) => ({ event_id, text })),
    spent: () => spent,
  };
}
