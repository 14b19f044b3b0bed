/** Code blocks at the top level: every line is settled when it is complete. */
import { createCodeLines } from './code.ts';
import type { Look } from './look.ts';
import type { Part } from './part.ts';

const INDENTED = /^(?: {4}| {0,3}\t)/;
/** The beginning of what may become the closing fence isn't shown as code. */
const FENCE_BEGUN = /^ {0,3}(?:`+|~+) *$/;

export interface Fence {
  mark: string;
  indent: number;
  language: string;
}

/** The fence that a text opens with. */
export function fenceOf(text: string, language: string): Fence | undefined {
  const opening = /^( {0,3})(`{3,}|~{3,})/.exec(text);
  return opening === null ? undefined : { indent: opening[1]!.length, mark: opening[2]!, language };
}

export function createFencedCode({ mark, indent, language }: Fence, look: Look, columns: number): Part {
  const code = createCodeLines(language, look);
  const closing = new RegExp(`^ {0,3}${mark[0]}{${mark.length},}[ \\t]*$`);
  const dedent = new RegExp(`^ {0,${indent}}`);
  let width = columns;
  let midLine = false;
  const contentOf = (text: string): string => (midLine || indent === 0 ? text : text.replace(dedent, ''));
  return {
    type: 'code',
    take(text, endsLine) {
      if (!midLine && endsLine && closing.test(text)) return { lines: [], over: 'with' };
      const lines = code.take(contentOf(text), endsLine, width);
      midLine = !endsLine;
      return { lines };
    },
    live: (text) => ({ lines: FENCE_BEGUN.test(text) ? [] : code.live(contentOf(text), width), foreign: false }),
    end: () => (midLine ? code.take('', true, width) : []),
    resize(next) {
      width = next;
    },
    inParagraph: () => false,
  };
}

export function createIndentedCode(look: Look, columns: number): Part {
  const code = createCodeLines('', look);
  let width = columns;
  let midLine = false;
  /** Blank lines belong to the code when more of it follows. */
  let blanks: string[] = [];
  return {
    type: 'code',
    take(text, endsLine) {
      if (!midLine && text.trim() === '') {
        blanks.push('');
        return { lines: [] };
      }
      if (!midLine && !INDENTED.test(text)) return { lines: [], over: 'before' };
      const lines = [...blanks, ...code.take(midLine ? text : text.replace(INDENTED, ''), endsLine, width)];
      blanks = [];
      midLine = !endsLine;
      return { lines };
    },
    live(text) {
      const foreign = !midLine && text.trim() !== '' && !INDENTED.test(text);
      if (foreign) return { lines: [], foreign };
      const shown = midLine ? text : text.replace(INDENTED, '');
      return { lines: shown.trim() === '' && !midLine ? [] : [...blanks, ...code.live(shown, width)], foreign };
    },
    end: () => (midLine ? code.take('', true, width) : []),
    resize(next) {
      width = next;
    },
    inParagraph: () => false,
  };
}
