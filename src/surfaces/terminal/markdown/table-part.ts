/** A long table: the columns are as wide as its first rows made them, and the others follow one by one. */
import type { Tokens } from 'marked';
import type { MarkdownLexer } from './lexer.ts';
import type { Look } from './look.ts';
import type { Part } from './part.ts';
import { bodyLines, layOut, readTable, type TableShape } from './table.ts';

/** @param head the two lines that make it a table, each with its line end */
export function createTablePart(
  head: string,
  shape: TableShape,
  { lexer, look, columns }: { lexer: MarkdownLexer; look: Look; columns: number },
): Part {
  let layout = layOut(shape, columns);
  const rowOf = (text: string): string[] | undefined => {
    if (text.trim() === '') return undefined;
    const { tokens, inline } = lexer.lex(`${head}${text}\n`);
    const [table] = tokens;
    if (table?.type !== 'table' || tokens.length > 1) return undefined;
    const [row] = readTable(table as Tokens.Table, inline, look).rows;
    return row && bodyLines(row, layout, look, false);
  };
  return {
    type: 'table',
    take(text) {
      const lines = rowOf(text);
      return lines === undefined ? { lines: [], over: 'before' } : { lines };
    },
    live(text) {
      if (text === '') return { lines: [], foreign: false };
      const lines = rowOf(text);
      return { lines: lines ?? [], foreign: lines === undefined };
    },
    end: () => [],
    resize(next) {
      layout = layOut(shape, next);
    },
    inParagraph: () => false,
  };
}
