/**
 * The model of the play with goals, over the wire. What it does is said by what it is asked, so that it does the same however
 * often it was killed at: it plans, runs a command for each step, spends tokens without end, and fails as services do. Each
 * command writes a mark of its own.
 */
import { startMockOpenai } from '../../test/support/mock-openai.ts';
import type { MockReply } from '../../test/support/mock-reply.ts';
import type { MockRequest } from '../../test/support/mock-service.ts';

/** A line of it is a run of a command. */
export const MARKS = 'marks.log';
export const GOAL_ANSWER = 'All three are done.';
const FILLER = 'as carefully as you can, please. ';
/** What is asked; long enough that something is gained when it is summed up. */
export const goalText = (mark: string): string => `goal ${mark} ${FILLER.repeat(200)}`;
/** With the instructions 15,000 tokens: fits the narrow window, and with the next no more. */
export const FIRST_TALK = `talk first ${FILLER.repeat(1200)}`;
export const NEXT_TALK = `talk next ${FILLER.repeat(360)}`;
const NARROW = 20_000;
/** Of a call that spends, in tokens: more than it may reserve. */
const SPENT = 40_000;
const BYTES_A_TOKEN = 3;
const OVERLOADED = { status: 503, body: { error: { message: 'overloaded', code: 'server_error' } } };
const TOO_LONG = { status: 400, body: { error: { message: 'too long', code: 'context_length_exceeded' } } };

export const marking = (mark: string): string => `echo ${mark} >>${MARKS}`;

export interface GoalModel {
  url: string;
  /** How many requests came. */
  asked(): number;
  /** Keeps what it knows, and knows no more than that again. */
  keep(name: string): void;
  restore(name: string): void;
  close(): Promise<void>;
}

interface Known {
  requests: number;
  /** Whose first reply was cut already. */
  cut: Set<string>;
}

export async function startGoalModel(): Promise<GoalModel> {
  let known: Known = { requests: 0, cut: new Set() };
  const kept = new Map<string, Known>();
  const copy = ({ requests, cut }: Known): Known => ({ requests, cut: new Set(cut) });
  const mock = await startMockOpenai({
    fallback(request) {
      known.requests++;
      const usage = { input: Math.ceil(request.bytes / BYTES_A_TOKEN), output: 20 };
      return { usage, ...replyTo(request, known.cut) };
    },
  });
  return {
    url: mock.url,
    asked: () => known.requests,
    keep: (name) => void kept.set(name, copy(known)),
    restore: (name) => (known = copy(kept.get(name)!)),
    close: () => mock.close(),
  };
}

/** Models of that service: one that is asked, one in reserve, and one with a narrow window. */
export function goalConfig(base_url: string): object {
  const price = { input: 1, output: 10 };
  const entry = { base_url, wire: 'responses', api_key: 'none', max_output: 1000, price };
  return {
    models: {
      default: 'main',
      fallback: ['spare'],
      registry: [
        { name: 'main', ...entry },
        { name: 'spare', ...entry },
        { name: 'narrow', context: NARROW, ...entry },
      ],
    },
    orchestrator: { model_attempts: 2, subtask_retry_backoff: '10ms', max_turns: 30 },
    sandbox: { mode: 'off' },
    governance: { auto_allow: ['exec_command'] },
  };
}

interface Item {
  type?: string;
  role?: string;
  content?: string | { text?: string }[];
}

/** `goal <mark> …`, `spend <mark>`, `talk <mark> …`, and what the program makes of a goal. */
function replyTo({ body }: MockRequest, cut: Set<string>): MockReply {
  const { model, instructions = '', input } = body as { model: string; instructions?: string; input: Item[] };
  const asked = input.findLastIndex(({ role }) => role === 'user');
  const said = textOf(input[asked]);
  const calls = input.slice(asked).filter(({ type }) => type === 'function_call_output').length;
  const [, what, mark = 'none'] = /\b(goal|spend|talk) (\w+)/.exec(said) ?? [];
  if (instructions.startsWith('You plan')) return { text: JSON.stringify({ steps: planOf(mark) }) };
  if (instructions.startsWith('You keep the memory')) return { text: 'SUMMARY' };
  if (what === 'spend') return { ...running(`${mark}-${calls + 1}`), usage: { input: SPENT, output: 0 } };
  if (what === 'talk') return calls > 0 ? { text: `Heard ${mark}.` } : running(mark);
  if (said.includes('Result of step c')) return { text: GOAL_ANSWER };
  const [, step] = /please do (\w)/.exec(said) ?? [];
  if (step === undefined) return { text: 'Hello.' };
  const key = `${mark}-${step}`;
  // The first request of the first step is answered, and the connection cut within that.
  if (step === 'a' && !cut.has(key)) {
    cut.add(key);
    return { ...running(key), cutAfter: 3 };
  }
  if (calls === 0) return running(key);
  if (step === 'b' && model === 'main') return OVERLOADED;
  if (step === 'c' && !JSON.stringify(input).includes('SUMMARY')) return TOO_LONG;
  return { text: `${step} is done, or nobody knows.` };
}

function running(mark: string): MockReply {
  return { calls: [{ name: 'exec_command', arguments: { cmd: marking(mark) } }] };
}

function planOf(mark: string): object[] {
  const step = (id: string, depends_on: string[], more: object = {}): object => ({ id, title: `Step ${id}`, task: `please do ${id}`, depends_on, ...more }); // prettier-ignore
  return [step('a', []), step('b', []), step('c', ['a', 'b'], { check: marking(`${mark}-checked`) })];
}

function textOf(item: Item | undefined): string {
  const { content = '' } = item ?? {};
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('\n');
}
