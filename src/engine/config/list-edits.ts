/**
 * Changes lists of names in YAML text by cutting and inserting single pieces, so that every comment and every other byte
 * stays. What it can't do so (aliases, tags, odd layouts) it refuses: the result is parsed and compared.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type CST,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parse,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { JsonObject } from '../../base/json.ts';
import { isObject } from './tree.ts';

/** Lists by name; those that the file doesn't have are absent. */
export type Lists = Readonly<Record<string, readonly string[]>>;

interface Splice {
  at: number;
  remove: number;
  insert: string;
}

/** The text with the section's lists changed; undefined when only a person can change it without touching more. */
export function editLists(text: string, section: string, before: Lists, after: Lists): string | undefined {
  const changed = Object.keys(after).filter((list) => !isDeepStrictEqual(before[list], after[list]));
  const splices = changed.flatMap((list) => splicesFor(text, section, list, before[list] ?? [], after[list]!));
  const edited = splices
    .sort((a, b) => b.at - a.at)
    .reduce((result, { at, remove, insert }) => result.slice(0, at) + insert + result.slice(at + remove), text);
  return meansTheSame(text, edited, section, after, changed) ? edited : undefined;
}

function splicesFor(
  text: string,
  section: string,
  list: string,
  before: readonly string[],
  after: readonly string[],
): Splice[] {
  const document = parseDocument(text, { keepSourceTokens: true });
  const root = document.contents;
  if (root !== null && !isMap(root)) return [];
  const pair = root === null ? undefined : pairOf(root, section);
  const body = isMap(pair?.value) ? pair.value : undefined;
  const listPair = body && pairOf(body, list);
  if (listPair === undefined) return [createList(text, { root, pair, body }, section, list, after)];
  if (!isSeq(listPair.value)) return [];
  const removed = before.filter((name) => !after.includes(name));
  const added = after.filter((name) => !before.includes(name));
  return [...removals(text, listPair, listPair.value, removed), ...additions(text, listPair.value, added)];
}

interface Place {
  root: YAMLMap | null;
  pair: Pair | undefined;
  body: YAMLMap | undefined;
}

/** A list that the file doesn't have goes to the head of its section; the section, to the end of the file. */
function createList(
  text: string,
  { root, pair, body }: Place,
  section: string,
  list: string,
  names: readonly string[],
): Splice {
  const flow = body?.flow ? body : !pair && root?.flow ? root : undefined;
  if (flow) {
    const start = flow.range![0] + 1;
    const inner = `${JSON.stringify(list)}: ${JSON.stringify(names)}`;
    const entry = flow === body ? inner : `${JSON.stringify(section)}: {${inner}}`;
    const space = /^\s*/.exec(text.slice(start))![0];
    return { at: start, remove: 0, insert: flow.items.length > 0 ? `${space}${entry},` : entry };
  }
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const line = `${list}: [${names.join(', ')}]`;
  if (pair === undefined) {
    const gap = text === '' || text.endsWith('\n') ? '' : newline;
    return { at: text.length, remove: 0, insert: `${gap}${section}:${newline}  ${line}${newline}` };
  }
  const indent = body ? indentBefore(text, startOf(body.items[0]!)) : '  ';
  return { at: lineEnd(text, startOf(pair)), remove: 0, insert: `${newline}${indent}${line}` };
}

function removals(text: string, pair: Pair, seq: YAMLSeq, names: readonly string[]): Splice[] {
  const items = seq.items.flatMap((node, index) =>
    isScalar(node) && names.includes(String(node.value)) ? [{ node, index }] : [],
  );
  if (items.length === 0) return [];
  const token = seq.srcToken as CST.BlockSequence | CST.FlowCollection;
  if (token.type === 'flow-collection') return flowRemovals(text, token, items);
  const splices = items.map(({ node, index }) => {
    const dash = token.items[index]!.start.find(({ type }) => type === 'seq-item-ind')!.offset;
    return blockRemoval(text, dash, node.range![1]);
  });
  if (items.length < seq.items.length) return splices;
  // The last item gone, the key would hold nothing at all.
  const colon = (pair.srcToken as CST.BlockMap['items'][number]).sep!.find(({ type }) => type === 'map-value-ind')!;
  return [...splices, { at: colon.offset + 1, remove: 0, insert: ' []' }];
}

/** Takes out an item and its line; a comment behind it stays, on that line. */
function blockRemoval(text: string, dash: number, end: number): Splice {
  const lineStart = dash - indentBefore(text, dash).length;
  const rest = /^[ \t]*(\r?\n|$)?/.exec(text.slice(end))!;
  const wholeLine = rest[1] !== undefined;
  return wholeLine
    ? { at: lineStart, remove: end + rest[0].length - lineStart, insert: '' }
    : { at: dash, remove: end + rest[0].length - dash, insert: '' };
}

/** Takes out the items, and for each one comma: that behind it, else (of the last) one before it. */
function flowRemovals(text: string, token: CST.FlowCollection, items: { node: Scalar; index: number }[]): Splice[] {
  const commaBefore = (index: number) => token.items[index]?.start.find(({ type }) => type === 'comma')?.offset;
  const taken = new Set<number>();
  return items.flatMap(({ node, index }): Splice[] => {
    const [start, end] = node.range!;
    let from = index + 1;
    while (from > 0 && (commaBefore(from) === undefined || taken.has(commaBefore(from)!))) from--;
    const comma = commaBefore(from);
    if (comma === undefined) return [{ at: start, remove: end - start, insert: '' }];
    taken.add(comma);
    const [first, last] = comma < start ? [comma, end] : [start, comma + 1];
    const between = comma < start ? text.slice(comma + 1, start) : text.slice(end, comma);
    if (/^[ \t]*$/.test(between)) {
      const spaces = comma < start ? 0 : /^[ \t]*/.exec(text.slice(last))![0].length;
      const more = /^[\r\n#]/.test(text.slice(last + spaces)) ? 0 : spaces; // what stands before a comment stays
      return [{ at: first, remove: last + more - first, insert: '' }];
    }
    return [
      { at: start, remove: end - start, insert: '' },
      { at: comma, remove: 1, insert: '' },
    ];
  });
}

function additions(text: string, seq: YAMLSeq, names: readonly string[]): Splice[] {
  if (names.length === 0) return [];
  const last = seq.items.at(-1);
  if (seq.flow) {
    const quoted = names.map((name) =>
      /["']/.test(sourceOf(text, last)) || text.trimStart().startsWith('{') ? JSON.stringify(name) : name,
    );
    return isScalar(last)
      ? [{ at: last.range![1], remove: 0, insert: `, ${quoted.join(', ')}` }]
      : [{ at: seq.range![0] + 1, remove: 0, insert: quoted.join(', ') }];
  }
  const token = seq.srcToken as CST.BlockSequence;
  const dash = token.items.at(-1)!.start.find(({ type }) => type === 'seq-item-ind')!.offset;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = names.map((name) => `${newline}${indentBefore(text, dash)}- ${name}`);
  return [{ at: lineEnd(text, (last as Scalar).range![1]), remove: 0, insert: lines.join('') }];
}

function sourceOf(text: string, node: unknown): string {
  return isScalar(node) ? text.slice(node.range![0], node.range![1]) : '';
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

function startOf(pair: Pair): number {
  return (pair.key as Scalar).range![0];
}

/** The blanks between the start of the line and an offset. */
function indentBefore(text: string, offset: number): string {
  return /[ \t]*$/.exec(text.slice(0, offset))![0];
}

/** Where the line of an offset ends, before its newline. */
function lineEnd(text: string, offset: number): number {
  const newline = /\r?\n/.exec(text.slice(offset));
  return newline ? offset + newline.index : text.length;
}

/** Does the edited text say what the old one said, but for the changed lists? */
function meansTheSame(text: string, edited: string, section: string, after: Lists, changed: string[]): boolean {
  const expected = read(text);
  const body = (expected[section] ??= {});
  if (!isObject(body)) return false;
  for (const list of changed) body[list] = [...after[list]!];
  try {
    return isDeepStrictEqual(read(edited), expected);
  } catch {
    return false;
  }
}

/** Plain data; an empty section reads as an empty mapping. */
function read(text: string): JsonObject {
  const tree = (parse(text) ?? {}) as JsonObject;
  return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, value ?? {}]));
}
