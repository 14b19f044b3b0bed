/** The book in memory and its records on the disk: decided on what is recorded, one change after the other. */
import { createSerial } from '../../base/serial.ts';
import type { ScheduleLog } from '../../contract/ports.ts';
import type { ScheduleRecord } from '../../contract/schedule.ts';
import { apply, type Book, recordsOf } from './book.ts';

export interface Ledger {
  /** As recorded. Not to be changed, and not to be kept over a change. */
  book: Book;
  /** Records what is decided on the book as it is then. Resolves when that is durable, with `sync`. */
  change(decide: (book: Book) => ScheduleRecord[], options?: { sync: boolean }): Promise<void>;
}

/** Reads the book. */
export async function readBook(log: Pick<ScheduleLog, 'read'>): Promise<Book> {
  const book: Book = new Map();
  await log.read((record) => apply(book, record));
  return book;
}

/** `mostFirings`: so many of a job are kept, when there are twice as many. */
export async function openLedger(log: ScheduleLog, mostFirings: number): Promise<Ledger> {
  const book = await readBook(log);
  // What a killed process wrote last is built upon from here on.
  if (book.size > 0) await log.append([], { sync: true });
  const inOrder = createSerial();

  /** Where that fails the file only stays longer than it need be. */
  async function shorten(): Promise<void> {
    if (![...book.values()].some(({ firings }) => firings.size > 2 * mostFirings)) return;
    const records = recordsOf(book, mostFirings);
    await log.replace(records).then(
      () => {
        book.clear();
        for (const record of records) apply(book, record);
      },
      () => {},
    );
  }

  return {
    book,
    change: (decide, options = { sync: true }) =>
      inOrder('book', async () => {
        const records = decide(book);
        if (records.length === 0) return;
        await log.append(records, options);
        for (const record of records) apply(book, record);
        await shorten();
      }),
  };
}
