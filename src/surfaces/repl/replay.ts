/** Plays a recorded session on a terminal, as it looked. Space pauses, Ctrl-C ends. Nothing is done but showing. */
import { setImmediate as immediate } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import type { Blobs } from '../../contract/ports.ts';
import type { ReplayStep } from '../../engine/past/replay-steps.ts';
import { onSignals } from '../signals.ts';
import { createKeyReader } from '../terminal/keys/reader.ts';
import { CYAN, DIM, YELLOW } from '../terminal/markdown/style.ts';
import { createPlainScreen } from '../terminal/screen/plain-screen.ts';
import { createScreen, type Screen } from '../terminal/screen/screen.ts';
import type { TerminalStreams } from '../terminal/streams.ts';
import { oneLine, truncate } from '../terminal/width.ts';
import { createConversation, type Conversation } from './conversation.ts';
import { createLooks } from './looks.ts';
import { createSpinner } from './spinner.ts';
import { linesAbove } from './status-line.ts';
import { createVoice } from './voice.ts';

export interface ReplayOptions {
  terminal: TerminalStreams;
  environment: Environment;
  clock: Clock;
  blobs: Pick<Blobs, 'get'>;
  /** So many times as fast as the steps say. */
  speed: number;
  /** What comes before this entry is taken, and not shown. */
  from: number;
}

const STOPPED = 130;
const HANGUP = 129;

/** Gives the exit code: 0 when it was played to its end. @throws RuntimeError when something can't be shown */
export async function replay(steps: AsyncIterable<ReplayStep>, options: ReplayOptions): Promise<number> {
  const { terminal, environment, clock, blobs, speed, from } = options;
  const { input, output } = terminal;
  const plain = environment['TERM'] === 'dumb' || Boolean(environment['RUNTIME_SCREEN_READER']);
  const colour = !plain && !environment['NO_COLOR'];
  const screen: Screen = plain
    ? createPlainScreen(output)
    : createScreen(output, { clock, xtermJs: environment['TERM_PROGRAM'] === 'vscode' });
  const size = (): { columns: number; colour: boolean } => ({ columns: output.columns, colour });
  const { tone } = createVoice(() => ({ ...size(), print: screen.print }));
  const looks = createLooks({ ...size(), get columns() { return output.columns; } }, environment); // prettier-ignore
  const conversation: Conversation = createConversation(looks.of(blobs));
  const pace = createPace(clock, speed);
  const spinner = createSpinner(clock, paint);
  let typed: string | undefined;
  let at = 0;

  function paint(): void {
    const { columns, rows } = output;
    const asks = conversation.asked().length > 0 ? [`${tone(YELLOW, '?')} a person is asked`] : [];
    const around = { panel: { lines: () => asks }, ownRuns: false, ticks: spinner.ticks(), now: at };
    const above = linesAbove({ conversation, ...around, columns, rows, tone });
    const prompt = `${tone(CYAN, '›')} ${truncate(oneLine(typed ?? ''), columns - 3)}`;
    const hint = pace.isPaused() ? 'paused · Space goes on · Ctrl-C ends' : 'replay · Space pauses · Ctrl-C ends';
    screen.show({ lines: [...above, prompt, tone(DIM, `  ${truncate(hint, columns - 3)}`)] });
  }

  const reader = createKeyReader(
    input,
    {
      key({ name, text, ctrl }) {
        if (ctrl && text === 'c') return pace.end(STOPPED);
        if (name === 'char' && text === ' ') pace.toggle();
        paint();
      },
      paste: () => {},
    },
    clock,
  );
  const onGone = (): void => pace.end(HANGUP);
  const onResize = (): void => {
    screen.resized();
    conversation.resized();
    paint();
  };
  const ignore = (): void => {};
  input.on('end', onGone).on('error', onGone);
  output.on('resize', onResize).on('error', ignore);
  const stopListening = onSignals(({ exitCode }) => pace.end(exitCode));
  try {
    for await (const step of steps) {
      await pace.wait(step.pause_ms);
      await immediate(); // without a pause nothing that is pressed would be heard
      if (pace.ended() !== undefined) break;
      typed = step.typed;
      if (step.event) {
        at = step.event.at;
        const lines = await conversation.take(step.event);
        if (step.event.seq >= from) screen.print(lines);
        else continue;
      }
      spinner.turn(!plain && conversation.doing() !== undefined);
      paint();
    }
    return pace.ended() ?? 0;
  } catch (thrown) {
    throw toRuntimeError(thrown);
  } finally {
    spinner.turn(false);
    stopListening();
    reader.close();
    input.off('end', onGone).off('error', onGone);
    output.off('resize', onResize);
    screen.show({ lines: [] });
    screen.close();
  }
}

interface Pace {
  /** Resolves after a pause, when nobody has stopped it; at once when it was ended. */
  wait(ms: number): Promise<void>;
  toggle(): void;
  isPaused(): boolean;
  end(code: number): void;
  /** The exit code with which it was ended. */
  ended(): number | undefined;
}

function createPace(clock: Clock, speed: number): Pace {
  let paused = false;
  let code: number | undefined;
  let wake = (): void => {};
  const changed = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  return {
    async wait(ms) {
      for (let left = ms / speed; code === undefined && (paused || left > 0);) {
        if (paused) {
          await changed();
          continue;
        }
        const began = clock.now();
        let cancel = (): void => {};
        await Promise.race([changed(), new Promise<void>((resolve) => (cancel = clock.at(began + left, resolve)))]);
        cancel();
        left -= clock.now() - began;
      }
    },
    toggle() {
      paused = !paused;
      wake();
    },
    isPaused: () => paused,
    end(given) {
      code ??= given;
      wake();
    },
    ended: () => code,
  };
}

/** All of it at once, where nobody watches: the lines that stay. */
export async function* replayLines(
  steps: AsyncIterable<ReplayStep>,
  { blobs, from, columns }: Pick<ReplayOptions, 'blobs' | 'from'> & { columns: number },
): AsyncGenerator<string> {
  const looks = createLooks({ columns, colour: false }, {});
  const conversation = createConversation(looks.of(blobs));
  for await (const { event } of steps) {
    if (!event) continue;
    const lines = await conversation.take(event);
    if (event.seq >= from) yield* lines;
  }
}
