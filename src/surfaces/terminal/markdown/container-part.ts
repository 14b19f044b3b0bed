/** A long list item or block quote: its content is a stream of blocks of its own, without the marks before it. */
import type { Hang } from './hang.ts';
import type { BlockStream, Part } from './part.ts';

export interface Container {
  type: 'list' | 'blockquote';
  content: BlockStream;
  /** The marks, for these columns. */
  hangFor: (columns: number) => Hang;
  columns: number;
  /** The content of a line that belongs to it; undefined for any other. */
  contentOf: (line: string) => string | undefined;
  /** Does a line without marks go on with a paragraph of the content? */
  isLazy: (line: string) => boolean;
  /** Called with whether a blank line was the last. */
  ended: (blank: boolean) => void;
}

export function createContainerPart({ type, content, columns, hangFor, contentOf, isLazy, ended }: Container): Part {
  let hang = hangFor(columns);
  let midLine = false;
  let blank = false;
  let begun = false;
  const inner = (text: string): string | undefined => {
    if (midLine) return text;
    return contentOf(text) ?? (!blank && content.inParagraph() && isLazy(text) ? text.trimStart() : undefined);
  };
  const marked = (lines: string[]): string[] => {
    begun ||= lines.length > 0;
    return hang.mark(lines);
  };
  const end = (): string[] => {
    const lines = content.end();
    ended(blank);
    return marked(lines.length === 0 && !begun ? [''] : lines);
  };
  return {
    type,
    take(text, endsLine) {
      const line = inner(text);
      if (line === undefined) return { lines: end(), over: 'before' };
      blank = !midLine && endsLine && line.trim() === '';
      midLine = !endsLine;
      return { lines: marked(content.take(line, endsLine)) };
    },
    live(text) {
      const line = text === '' ? '' : inner(text);
      return { lines: hang.preview(content.live(line ?? '')), foreign: line === undefined };
    },
    end,
    resize(next) {
      const fresh = hangFor(next);
      if (begun) fresh.mark(['']);
      hang = fresh;
      content.resize(hang.columns);
    },
    inParagraph: () => !blank && content.inParagraph(),
  };
}
