/** What takes text line by line. */

/** Lines without their ends; `endsLine` is false for the beginning of a line that is too long to wait for. */
export interface BlockStream {
  take(text: string, endsLine: boolean): string[];
  live(text: string): string[];
  end(): string[];
  resize(columns: number): void;
  inParagraph(): boolean;
}

/** What takes the lines of a block that is too long to wait for its end. */
export interface Part {
  type: 'code' | 'list' | 'blockquote' | 'table';
  /**
   * A line, or a piece of one (`endsLine` is false: the rest of the line follows). `over`: the block ended, `before` this
   * line, which is then not part of it, or `with` it.
   */
  take(text: string, endsLine: boolean): Taken;
  /** The lines that aren't settled, with a begun line; `foreign` when that line isn't part of the block. */
  live(text: string): { lines: string[]; foreign: boolean };
  /** Settles the rest. */
  end(): string[];
  resize(columns: number): void;
  /** Would a line of plain text go on with what is open? */
  inParagraph(): boolean;
}

export interface Taken {
  lines: string[];
  over?: 'before' | 'with';
}
