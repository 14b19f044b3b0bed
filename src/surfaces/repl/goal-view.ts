/** A goal in the terminal: a tree above the input while its steps are done, which stays above the answer. */
import type { EntryData } from '../../contract/entries.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import type { LongText } from '../../contract/values.ts';
import { unknownLines } from '../cli/left-lines.ts';
import { createGoalProgress } from '../goal/goal-progress.ts';
import { askingLine, changeLines, summary, treeLines } from '../goal/step-lines.ts';
import { DIM, YELLOW } from '../terminal/markdown/style.ts';
import { oneLine, truncate } from '../terminal/width.ts';
import { asking, type Asked } from './asking.ts';
import type { EntryLines } from './entry-lines.ts';

export interface GoalViewOptions {
  lines: EntryLines;
  columns: () => number;
  whole: (text: LongText) => Promise<string> | string;
  /** Nothing can be painted over: each change is a line. */
  byLine: boolean;
}

export interface GoalView {
  /** An event of the session. Gives lines to print. */
  take(event: StreamEvent): string[];
  /** One of the session of a step that runs. */
  takeStep(session_id: string, event: StreamEvent): Promise<string[]> | string[];
  /** What it looks like now; nothing where no steps are done. */
  tree(now: number): string[];
  /** `3 steps, 1 done`; undefined where no steps are done. */
  summary(): string | undefined;
  /** The sessions of the steps that run. */
  running(): string[];
  /** Approvals that steps wait for. */
  asked(): Asked[];
  /** Does every step that runs wait for a person? */
  waits(): boolean;
}

export function createGoalView({ lines, columns, whole, byLine }: GoalViewOptions): GoalView {
  const { tone, line } = lines;
  const progress = createGoalProgress();
  /** By session and approval. */
  const asked = new Map<string, Map<string, Asked>>();

  const tree = (now: number): string[] => treeLines(progress.steps(), { now, columns: columns(), tone });
  const told = (all: readonly string[]): string[] => all.map((one) => tone(DIM, truncate(one, columns() - 1)));

  async function ask(session_id: string, data: EntryData<'approval.requested'>): Promise<string[]> {
    const step = progress.stepOf(session_id)!;
    const presentation = progress.shown(session_id, data.call_id) ?? { title: data.call_id };
    const { asked: one, lines: described } = await asking(data, presentation, { whole, tone, columns: columns() });
    const title = `${one.title} (step ${step.number})`;
    const waiting = asked.get(session_id) ?? new Map<string, Asked>();
    asked.set(session_id, waiting.set(one.approval_id, { ...one, title, rows: one.rows + 1 }));
    const who = byLine ? askingLine(step, progress.steps()) : `  step ${step.number} asks: ${oneLine(step.title)}`;
    return ['', ...told([who]), ...described];
  }

  async function abandoned(session_id: string, call_id: string): Promise<string[]> {
    const { title, body } = progress.shown(session_id, call_id) ?? { title: call_id };
    const text = unknownLines(title, body === undefined ? undefined : await whole(body)).join('\n');
    return ['', ...lines.note(YELLOW, '●', text)];
  }

  return {
    take(event) {
      const change = progress.take(event);
      for (const session_id of asked.keys()) if (progress.stepOf(session_id) === undefined) asked.delete(session_id);
      if (change === undefined) return [];
      if (byLine) return told(changeLines(change, progress.steps()));
      return change.what === 'over' ? ['', line(DIM, '·', summary(progress.steps())), ...tree(event.at)] : [];
    },
    takeStep(session_id, event) {
      progress.takeStep(session_id, event);
      if (event.id === null || progress.stepOf(session_id) === undefined) return [];
      switch (event.type) {
        case 'approval.requested':
          return ask(session_id, event.data as EntryData<'approval.requested'>);
        case 'approval.resolved': {
          const data = event.data as EntryData<'approval.resolved'>;
          asked.get(session_id)?.delete(data.approval_id);
          return [lines.resolved(data)];
        }
        case 'call.abandoned':
          return abandoned(session_id, (event.data as EntryData<'call.abandoned'>).call_id);
        case 'turn.ended':
          asked.delete(session_id);
          return [];
        default:
          return [];
      }
    },
    tree: (now) => (progress.isOpen() && !byLine ? tree(now) : []),
    summary: () => (progress.isOpen() ? summary(progress.steps()) : undefined),
    running: progress.running,
    asked: () => [...asked.values()].flatMap((waiting) => [...waiting.values()]),
    waits() {
      const running = progress.steps().filter(({ state }) => state === 'running');
      return progress.isOpen() && running.length > 0 && running.every(({ asks }) => asks);
    },
  };
}
