/** A session's entries as evidence: found by what they are about, and cited. */
import type { Entry, EntryOf, EntryType } from '../../../contract/entries.ts';
import type { Blobs, JournalEnd, StoredEntry } from '../../../contract/ports.ts';
import type { IngressTrace } from '../../../contract/records.ts';
import type { LongText, Part } from '../../../contract/values.ts';
import type { WhyLine } from '../../../contract/why.ts';
import { fileLabel } from '../../session/file-label.ts';
import { wholeText } from '../../session/messages.ts';

export interface Evidence {
  session_id: string;
  stored: readonly StoredEntry[];
  end: JournalEnd;
  blobs: Blobs;
  traceOf(event_id: string): Promise<IngressTrace | undefined>;
  all<T extends EntryType>(type: T, is?: (data: EntryOf<T>['data']) => boolean): EntryOf<T>[];
}

export function evidenceOf(given: Omit<Evidence, 'all'>): Evidence {
  const entries = given.stored.map(({ entry }) => entry);
  return {
    ...given,
    all: <T extends EntryType>(type: T, is: (data: EntryOf<T>['data']) => boolean = () => true) =>
      entries.filter((entry): entry is EntryOf<T> => entry.type === type && is(entry.data as EntryOf<T>['data'])),
  };
}

/** A line with the entries that say so. */
export function known(text: string, ...by: (Pick<Entry, 'seq' | 'type'> | string | undefined)[]): WhyLine {
  const evidence = by.flatMap((one) => {
    if (one === undefined) return [];
    return typeof one === 'string' ? [one] : [`seq ${one.seq} ${one.type}`];
  });
  return { text, evidence };
}

export function missing(text: string): WhyLine {
  return { text, evidence: [], missing: true };
}

/** Of the turn in which an entry stands: its number, and where it begins and ends. */
export interface TurnSpan {
  turn: number;
  started: EntryOf<'turn.started'>;
  ended: EntryOf<'turn.ended'> | undefined;
}

export function spanOf({ all }: Evidence, turn: number): TurnSpan | undefined {
  const [started] = all('turn.started', (data) => data.turn === turn);
  const [ended] = all('turn.ended', (data) => data.turn === turn);
  return started && { turn, started, ended };
}

/** Entries of a type that stand in the turn. */
export function inTurn<T extends EntryType>({ all }: Evidence, { started, ended }: TurnSpan, type: T): EntryOf<T>[] {
  return all(type).filter(({ seq }) => seq > started.seq && seq <= (ended?.seq ?? Infinity));
}

/** The turn of a derived id: `c2.1.3`, `m2.1`. */
export function turnOfId(id: string): number {
  return Number(/\d+/.exec(id)?.[0]);
}

const SHORT = 160;

/** The beginning of a text on one line. */
export async function shortened(text: LongText, blobs: Blobs): Promise<string> {
  const whole = typeof text === 'string' ? text : await wholeText(text, blobs).catch(() => text.head);
  const line = whole.trim().replace(/\s+/g, ' ');
  return line.length > SHORT ? `${line.slice(0, SHORT).toWellFormed()}…` : line;
}

/** The same in quotes. */
export async function quote(text: LongText, blobs: Blobs): Promise<string> {
  return JSON.stringify(await shortened(text, blobs));
}

export async function quoteParts(parts: readonly Part[], blobs: Blobs): Promise<string> {
  const texts = parts.map((part) => {
    if (part.type === 'text') return quote(part.text, blobs);
    return part.type === 'reasoning' ? Promise.resolve('') : Promise.resolve(fileLabel(part));
  }); // prettier-ignore
  return (await Promise.all(texts)).filter((text) => text !== '').join(' ');
}

export function lasted(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toLocaleString('en', { maximumFractionDigits: 1 })} s`;
}
