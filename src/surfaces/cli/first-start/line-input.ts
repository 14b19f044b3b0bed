/**
 * Asking a person for lines, one after the other, on any terminal: nothing is painted over but the last character. A secret
 * isn't shown, nor what comes right behind it, which may be the rest of one that was pasted in pieces. Escape, Ctrl-C and
 * Ctrl-D end the asking, at any time.
 */
import type { Clock } from '../../../base/clock.ts';
import { displayWidth, graphemes, oneLine } from '../../terminal/width.ts';
import type { Key } from '../../terminal/keys/key.ts';
import { createKeyReader, type KeyStream } from '../../terminal/keys/reader.ts';
import type { Output } from '../io.ts';

export interface LineInput {
  /** The line, without blanks at its ends; undefined: the person has had enough, now or before. */
  ask(prompt: string, options?: { hidden?: boolean }): Promise<string | undefined>;
  /** Aborts when the person has had enough. */
  readonly given_up: AbortSignal;
  giveUp(): void;
  /** The terminal is as it was. */
  close(): void;
}

export interface InputStream extends KeyStream {
  once(event: 'end', listener: () => void): unknown;
  off(event: 'data' | 'end', listener: (chunk: Uint8Array) => void): unknown;
}

type Typed = { key: Key } | { text: string };

export function createLineInput(stream: InputStream, output: Pick<Output, 'write'>, clock: Clock): LineInput {
  const enough = new AbortController();
  /** What was typed ahead of a question is for the next one. */
  const ahead: Typed[] = [];
  let take: ((typed: Typed) => void) | undefined;
  /** Is the question that is asked, or was asked last, for one? */
  let isSecret = false;
  const typed = (one: Typed): void => {
    if ('key' in one && endsIt(one.key, take === undefined)) return giveUp();
    if (take) take(one);
    else if (!isSecret) ahead.push(one);
  };
  const reader = createKeyReader(
    stream,
    { key: (key) => typed({ key }), paste: (text) => paste(text, isSecret).forEach(typed) },
    clock,
  );
  const giveUp = (): void => enough.abort();
  stream.once('end', giveUp);

  async function ask(prompt: string, { hidden = false } = {}): Promise<string | undefined> {
    if (enough.signal.aborted) return undefined;
    const answer = Promise.withResolvers<string | undefined>();
    let line: string[] = [];
    const finish = (given: string | undefined): void => {
      take = undefined; // what comes at once belongs to the next question
      if (hidden) ahead.length = 0;
      answer.resolve(given);
    };
    const leave = (): void => finish(undefined);
    enough.signal.addEventListener('abort', leave);

    const rub = (count: number): void => {
      for (const last of line.splice(line.length - count)) {
        if (!hidden) output.write('\b \b'.repeat(displayWidth(last)));
      }
    };
    const add = (text: string): void => {
      const shown = oneLine(text);
      line = [...graphemes(line.join('') + shown)]; // it may belong to the character before
      if (!hidden) output.write(shown);
    };
    output.write(prompt);
    isSecret = hidden;
    take = (one) => {
      if ('text' in one) return add(one.text);
      const { name, text, ctrl, alt } = one.key;
      if (name === 'enter') return finish(line.join('').trim());
      if (name === 'backspace' || (ctrl && text === 'h')) return rub(Math.min(1, line.length));
      if (ctrl && text === 'u') return rub(line.length);
      if (ctrl && text === 'd' && line.length === 0) return giveUp();
      if (name === 'char' && text !== undefined && !ctrl && !alt) add(text);
    };
    giveAhead();
    const given = await answer.promise;
    enough.signal.removeEventListener('abort', leave);
    output.write('\n');
    return given;
  }

  function giveAhead(): void {
    while (take && ahead.length > 0) take(ahead.shift()!);
  }

  return {
    ask,
    given_up: enough.signal,
    giveUp,
    close() {
      stream.off('end', giveUp);
      reader.close();
    },
  };
}

/** Ctrl-D ends an empty line; also while nothing is asked. */
function endsIt({ name, text, ctrl }: Key, isIdle: boolean): boolean {
  return name === 'escape' || (ctrl && (text === 'c' || (text === 'd' && isIdle)));
}

/** A break in it is as Enter, but for those at its beginning; a secret is one piece. */
function paste(text: string, isSecret: boolean): Typed[] {
  const enter: Typed = { key: { name: 'enter', ctrl: false, alt: false, shift: false } };
  return text
    .trimStart()
    .split(isSecret ? /\n\s*$/ : '\n')
    .flatMap((line, index) => [...(index > 0 ? [enter] : []), ...(line === '' ? [] : [{ text: line }])]);
}
