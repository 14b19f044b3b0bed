/** The book in memory and its records on the disk: decided on what is recorded, one change after the other. */
import { createSerial } from '../../base/serial.ts';
import type { ScheduleLog } from '../../contract/ports.ts';
import type { ScheduleRecord } from '../../contract/schedule.ts';
import { apply, type Book, isOpen, type JobState, recordsOf } from './book.ts';

export interface Ledger {
  /** As recorded. Not to be changed, and not to be kept over a change. */
  book: Book;
  /** Records what is decided on the book as it is then. Resolves when that is durable, with `sync`. */
  change(decide: (book: Book) => ScheduleRecord[], options?: { sync: boolean }): Promise<void>;
  /**
   * How often the book was read anew, since what was to be recorded may have been or not: there may be firings in it that
   * nobody has begun.
   */
  rereads(): number;
}

/** Reads the book. */
export async function readBook(log: Pick<ScheduleLog, 'read'>): Promise<Book> {
  const book: Book = new Map();
  await log.read((record) => apply(book, record));
  return book;
}

/** `mostFirings`: so many of a job are kept, when there are twice as many. */
export async function openLedger(log: ScheduleLog, mostFirings: number): Promise<Ledger> {
  const book: Book = new Map();
  const inOrder = createSerial();
  let isSure = false;
  let reads = 0;

  async function readAnew(): Promise<void> {
    const read = await readBook(log);
    // What a killed process wrote last, or what could not be synced, is built upon from here on.
    if (read.size > 0) await log.append([], { sync: true });
    book.clear();
    for (const [name, state] of read) book.set(name, state);
    isSure = true;
    reads++;
  }

  /** Where that fails the file only stays longer than it need be. */
  async function shorten(): Promise<void> {
    if (![...book.values()].some((state) => hasMore(state, 2 * mostFirings))) return;
    const records = recordsOf(book, mostFirings);
    await log.replace(records).then(
      () => {
        book.clear();
        for (const record of records) apply(book, record);
      },
      () => {},
    );
  }

  await readAnew();
  return {
    book,
    rereads: () => reads - 1,
    change: (decide, options = { sync: true }) =>
      inOrder('book', async () => {
        if (!isSure) await readAnew();
        const records = decide(book);
        if (records.length === 0) return;
        isSure = false;
        await log.append(records, options);
        isSure = true;
        for (const record of records) apply(book, record);
        await shorten();
      }),
  };
}

/** Has it more firings than that about which nothing is to be done any more? Others can't be left out. */
function hasMore(state: JobState, most: number): boolean {
  const { firings } = state;
  return firings.size > most && [...firings.values()].filter((firing) => !isOpen(state, firing)).length > most;
}
