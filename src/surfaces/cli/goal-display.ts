/**
 * How a goal that a command does is shown: on a terminal as a tree that stays below what else is said, and stays there when
 * the steps are over; elsewhere line by line.
 */
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import type { Host } from '../../contract/host.ts';
import type { EntryData } from '../../contract/entries.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import type { Presentation } from '../../contract/values.ts';
import { createGoalProgress, type Change } from '../goal/goal-progress.ts';
import { askingLine, changeLines, summary, treeLines } from '../goal/step-lines.ts';
import { createStepWatches, type ReadBehind } from '../goal/step-watches.ts';
import { joined } from '../terminal/joined.ts';
import { DIM, styled, type Style } from '../terminal/markdown/style.ts';
import type { Output } from './io.ts';
import { createLiveArea, type LiveArea } from './live-area.ts';
import { money } from './money.ts';

export interface GoalDisplay {
  /** An event of the goal's session. */
  take(event: StreamEvent): void;
  /** Steps are looked at by this host from now on. */
  follow(host: Pick<Host, 'watch'>): void;
  /** Writes on standard error, above the tree. */
  write(text: string): void;
  /** What stands there stays, up to date with the journals; nothing changes any more. */
  end(read: ReadBehind | undefined): Promise<void>;
}

export interface GoalDisplayOptions {
  clock: Clock;
  environment: Environment;
  /** When the run began (ms UTC): what was before was said then. */
  began: number;
  /** Nobody can know whether this call of a step took effect: a person has to look. */
  sayUnknown: (call_id: string, shown: Presentation | undefined) => void;
}

/** How often the times of the steps go on. */
const TICK_MS = 1000;
const USUAL_COLUMNS = 80;

export function createGoalDisplay(
  stderr: Output,
  { clock, environment, began, sayUnknown }: GoalDisplayOptions,
): GoalDisplay {
  const { TERM, RUNTIME_SCREEN_READER } = environment;
  const paints = stderr.isTty && Boolean(TERM) && TERM !== 'dumb' && !RUNTIME_SCREEN_READER;
  const progress = createGoalProgress();
  const asking = new Set<string>();
  let area: LiveArea | undefined;
  let since = 0;
  let cancelTick: (() => void) | undefined;

  const tone = (style: Style, text: string): string => (stderr.colour ? styled(text, style) : text);
  const write = (text: string): void => (area ? area.write(text) : stderr.write(text));
  const watches = createStepWatches((session_id, event) => {
    const changed = progress.takeStep(session_id, event);
    if (event.type === 'call.abandoned' && event.at >= began) {
      const { call_id } = event.data as EntryData<'call.abandoned'>;
      sayUnknown(call_id, progress.shown(session_id, call_id));
    }
    if (!changed) return;
    if (paints) return paint();
    const step = progress.stepOf(session_id)!;
    if (step.asks && !asking.has(session_id)) write(`${askingLine(step, progress.steps())}\n`);
    if (step.asks) asking.add(session_id);
    else asking.delete(session_id);
  });

  function lines(): string[] {
    const columns = stderr.columns ?? USUAL_COLUMNS;
    const steps = progress.steps();
    const now = clock.now();
    const tokens = steps.reduce((sum, step) => sum + step.tokens, 0);
    const cost = steps.reduce((sum, step) => sum + step.cost_micro_usd, 0);
    const facts = [
      summary(steps),
      `${Math.floor(Math.max(0, now - since) / 1000)}s`,
      ...(tokens > 0 ? [`${tokens.toLocaleString('en')} tokens`] : []),
      ...(cost > 0 ? [money(cost)] : []),
    ];
    return [`${tone(DIM, '·')} ${joined(facts, columns - 3)}`, ...treeLines(steps, { now, columns, tone })];
  }

  function paint(): void {
    if (!progress.isOpen()) return;
    area ??= createLiveArea(stderr, clock);
    area.show(lines());
  }

  function tick(): void {
    paint();
    cancelTick = clock.at(clock.now() + TICK_MS, tick);
  }

  /** The tree as it is stays, and what comes is written below it. */
  function keep(): void {
    cancelTick?.();
    cancelTick = undefined;
    if (!area) return;
    area.close();
    area = undefined;
    stderr.write(`${lines().join('\n')}\n`);
  }

  function show(change: Change, at: number): void {
    if (change.what === 'planned') since = at;
    if (!paints) for (const line of changeLines(change, progress.steps())) write(`${line}\n`);
    else if (change.what === 'over') keep();
    else if (cancelTick) paint();
    else tick();
  }

  return {
    take(event) {
      const change = progress.take(event);
      watches.keep(progress.running());
      if (change) show(change, event.at);
    },
    follow: watches.follow,
    write,
    async end(read) {
      if (read) await watches.catchUp(read);
      watches.close();
      keep();
    },
  };
}
