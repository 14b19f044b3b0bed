/** A display of goals that is loaded when there is one: most runs have none. */
import type { EntryData } from '../../contract/entries.ts';
import type { Host } from '../../contract/host.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import type { ReadBehind } from '../goal/step-watches.ts';
import type { GoalDisplay, GoalDisplayOptions } from './goal-display.ts';
import type { Output } from './io.ts';

export interface LateGoal extends Pick<GoalDisplay, 'take' | 'follow'> {
  /** Standard error, for all that is said beside it. */
  stderr: Output;
  /** Resolves when all of it is shown that is to stay. */
  end(read?: ReadBehind): Promise<void>;
}

export function createLateGoal(output: Output, options: GoalDisplayOptions): LateGoal {
  let display: GoalDisplay | undefined;
  let loading: Promise<void> | undefined;
  let host: Pick<Host, 'watch'> | undefined;
  const early: StreamEvent[] = [];

  async function load(): Promise<void> {
    const { createGoalDisplay } = await import('./goal-display.ts');
    display = createGoalDisplay(output, options);
    if (host) display.follow(host);
    for (const event of early.splice(0)) display.take(event);
  }

  return {
    stderr: {
      write: (text) => (display ? display.write(text) : output.write(text)),
      get isTty() {
        return output.isTty;
      },
      get colour() {
        return output.colour;
      },
      get columns() {
        return output.columns;
      },
      get rows() {
        return output.rows;
      },
    },
    take(event) {
      if (display) return display.take(event);
      if (loading ?? hasSteps(event)) early.push(event);
      if (hasSteps(event)) loading ??= load();
    },
    follow(next) {
      host = next;
      display?.follow(next);
    },
    async end(read) {
      await loading;
      await display?.end(read);
    },
  };
}

function hasSteps({ type, data }: StreamEvent): boolean {
  return type === 'plan.made' && (data as EntryData<'plan.made'>).steps.length > 1;
}
