/**
 * Completing what stands at the cursor. A request goes out with a number; an answer to another one, or to a text that has
 * changed since, is too late.
 */
import { replace, type Buffer } from './buffer.ts';
import { snap } from './graphemes.ts';
import { cleanText } from './pastes.ts';
import { oneLine } from '../width.ts';

export interface Candidate {
  /** What is inserted. */
  value: string;
  /** What the menu says instead. */
  label?: string;
  detail?: string;
}

/** What may stand in the text instead of what is between the offsets. */
export interface Candidates {
  from: number;
  to: number;
  items: readonly Candidate[];
}

export interface Completion {
  /** The number of the last request. */
  readonly request: number;
  readonly waiting: boolean;
  readonly menu: Menu | undefined;
}

export interface Menu {
  readonly from: number;
  /** Characters behind the cursor that a taken item replaces. */
  readonly behind: number;
  readonly items: readonly Candidate[];
  /** Those that fit what was typed. */
  readonly shown: readonly Candidate[];
  readonly selected: number;
}

/** The answer to the request: the only item, or what all have in common, goes into the text; else there is a menu. */
export function answered(
  { buffer, completion }: { buffer: Buffer; completion: Completion },
  request: number,
  { from, to, items }: Candidates,
): { buffer: Buffer; completion: Completion } {
  if (!completion.waiting || request !== completion.request) return { buffer, completion };
  const done = { ...completion, waiting: false };
  const [first] = items;
  const { text, cursor } = buffer;
  if (first === undefined || from < 0 || from > cursor || to < cursor || to > text.length)
    return { buffer, completion: done };
  if (items.length === 1) return { buffer: replace(buffer, from, to, cleanText(first.value)), completion: done };
  const common = commonStart(items.map(({ value }) => cleanText(value)));
  const typed = text.slice(from, to);
  if (common.length > typed.length && common.startsWith(typed))
    return { buffer: replace(buffer, from, to, common), completion: done };
  return { buffer, completion: { ...done, menu: { from, behind: to - cursor, items, shown: items, selected: 0 } } };
}

/** The menu for a text that was typed on; undefined when nothing is left of it. */
export function filtered(menu: Menu, before: Buffer, after: Buffer): Menu | undefined {
  const { from } = menu;
  const isElsewhere =
    after.cursor < from ||
    (after.cursor === from && before.cursor > from) ||
    after.text.slice(0, from) !== before.text.slice(0, from) ||
    after.text.slice(after.cursor) !== before.text.slice(before.cursor);
  if (isElsewhere) return undefined;
  const typed = after.text.slice(from, after.cursor).toLowerCase();
  const shown = menu.items.filter(({ value }) => value.toLowerCase().startsWith(typed));
  if (shown.length === 0) return undefined;
  const selected = Math.max(0, shown.indexOf(menu.shown[menu.selected]!));
  return { ...menu, shown, selected };
}

export function moved(menu: Menu, by: number): Menu {
  const { length } = menu.shown;
  return { ...menu, selected: (menu.selected + by + length) % length };
}

export function taken(menu: Menu, buffer: Buffer): Buffer {
  const { value } = menu.shown[menu.selected]!;
  return replace(buffer, menu.from, buffer.cursor + menu.behind, cleanText(value));
}

/** The rows of the menu around the selected one. */
export function menuRows(
  { shown, selected }: Menu,
  height: number,
): { text: string; detail: string; selected: boolean }[] {
  const first = Math.max(0, Math.min(selected - Math.floor(height / 2), shown.length - height));
  return shown.slice(first, first + height).map(({ value, label = value, detail = '' }, index) => ({
    text: oneLine(label),
    detail: oneLine(detail),
    selected: first + index === selected,
  }));
}

function commonStart(values: readonly string[]): string {
  const [first = '', ...others] = values;
  let length = first.length;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length--;
  }
  // Not in the middle of a character.
  while (length > 0 && values.some((value) => snap(value, length) !== length)) length--;
  return first.slice(0, length);
}
