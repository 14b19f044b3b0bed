/**
 * Says what is wrong with a configuration: place (file, line and column; variable; flag), key, fault and the nearest
 * known key. Loaded only when something is wrong: it brings zod and the YAML parser that keeps positions.
 */
import { type Document, isAlias, isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { core, ZodType } from 'zod';
import type { JsonObject } from '../../base/json.ts';
import { nearest } from '../../base/nearest.ts';
import type { ConfigKey } from '../../contract/config-key.ts';
import { configSchema } from '../../contract/config.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Complaint } from './check.ts';
import type { ConfigFile, Origin } from './file.ts';
import { allKeys, findKey, nearestKey } from './keys.ts';
import { getAt } from './tree.ts';

const MOST_LINES = 10;

/** What to do, where all faults have one origin. That of the file is the error's own. */
const NEXT: Partial<Record<Origin['from'], string>> = {
  environment: 'Correct the variable, or unset it.',
  flag: 'Correct the flag; `runtime config schema` prints what it may be.',
};

interface Explained {
  file: ConfigFile;
  tree: JsonObject;
  originOf: (path: string) => Origin;
  /** Of rules beyond the schema. Without them the schema's are found here. */
  complaints?: Complaint[];
}

/** What makes a configuration invalid, as the error to show. */
export function explainConfig({ file, tree, originOf, complaints }: Explained): RuntimeError {
  const positions = findPositions(file);
  const found = complaints ?? schemaComplaints(tree);
  if (found.length === 0) found.push({ path: [], message: 'is not valid' });
  const lines = found.map(({ path, message }) => {
    const key = keyText(path);
    const setting = settingOf(path);
    const origin = setting === undefined ? undefined : originOf(setting.path);
    const shown = setting?.kind === 'objects' || setting?.secret;
    switch (origin?.from) {
      case 'environment':
        return `${origin.variable}${shown ? '' : `=${origin.text}`}: ${key}: ${message}`;
      case 'flag':
        return `--${setting!.path}${shown ? '' : ` ${origin.text}`}: ${message}`;
      default:
        return `${place(file, positions(path))}: ${key ? `${key}: ` : ''}${message}`;
    }
  });
  const origins = new Set(found.map(({ path }) => originOf(settingOf(path)?.path ?? '').from));
  const [only] = origins;
  return refusal(lines, origins.size === 1 && only ? NEXT[only] : undefined);
}

/**
 * Parses what the fast parser refuses: it is stricter in some harmless things, as how far a closing bracket is indented.
 * `refused` is its complaint.
 * @throws RuntimeError config_invalid: the text isn't YAML, or holds a key twice
 */
export function parseSlowly(file: ConfigFile, refused: unknown): unknown {
  const counter = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: counter, prettyErrors: false });
  if (document.errors.length > 0) {
    const lines = document.errors.map((error) => {
      const after = file.text.slice(error.pos[0]);
      const word = /[^\s:]+/.exec(after)?.[0] ?? '';
      // Where a key has no value the complaint begins behind the one before.
      const offset = error.pos[0] + (error.code === 'DUPLICATE_KEY' ? after.indexOf(word) : 0);
      const what = error.code === 'DUPLICATE_KEY' ? `the key ${word} stands twice` : decapitalise(error.message);
      return `${place(file, counter.linePos(offset))}: ${what}`;
    });
    throw refusal(lines);
  }
  if (document.warnings.length === 0) return document.toJS();
  const { reason, mark } = refused as { reason?: string; mark?: { line: number; column: number } };
  const where = mark && { line: mark.line + 1, col: mark.column + 1 };
  throw refusal([`${place(file, where)}: ${reason ?? String(refused)}`]);
}

/** The line on which the file sets each key; undefined for those that it doesn't. */
export function findLines(file: ConfigFile): (path: string) => number | undefined {
  const positions = findPositions(file, { exact: true });
  return (path) => positions(path.split('.'))?.line;
}

type Position = { line: number; col: number };

/** Finds the key (or list item) that a path names; without `exact`, else the innermost that is there. */
function findPositions(
  file: ConfigFile,
  { exact = false } = {},
): (path: readonly PropertyKey[]) => Position | undefined {
  const counter = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: counter, prettyErrors: false });
  return (path) => {
    let node: unknown = document.contents;
    let offset: number | undefined;
    for (const word of path) {
      node = resolved(node, document);
      const pair = isMap(node) ? node.items.find(({ key }) => String(key) === String(word)) : undefined;
      const item = isSeq(node) ? (node.items[Number(word)] as Node | undefined) : undefined;
      const start = (pair?.key as Node | undefined)?.range?.[0] ?? item?.range?.[0];
      if (start === undefined && exact) return undefined;
      if (start === undefined) break;
      offset = start;
      node = pair ? pair.value : item;
    }
    return offset === undefined ? undefined : counter.linePos(offset);
  };
}

function resolved(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

export function schemaComplaints(tree: JsonObject, schema: ZodType = configSchema): Complaint[] {
  const { error } = schema.safeParse(tree);
  return (error?.issues ?? []).flatMap((issue): Complaint[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key], message: unknownKey(issue.path, key) }))
      : [{ path: issue.path, message: faultOf(issue, tree) }],
  );
}

function unknownKey(section: PropertyKey[], name: string): string {
  const prefix = section.length === 0 ? '' : `${patternOf(section)}.`;
  const siblings = allPaths()
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length).split('.')[0]!);
  const near = nearest(name, new Set(siblings)) ?? nearestKey(patternOf([...section, name]));
  return `unknown key${near ? `; did you mean ${near}?` : ''}`;
}

function faultOf(issue: core.$ZodIssue, tree: JsonObject): string {
  if (getAt(tree, issue.path) === undefined) return 'is missing';
  if (getAt(tree, issue.path) === null) return 'has no value; give one, or leave the key out';
  const kind = kindOf(issue.path);
  if (kind === 'duration') return 'expected a duration such as 500ms, 30s or 1m30s';
  if (issue.code === 'invalid_type' && kind === 'integer') return 'expected a whole number';
  if (kind === 'counts') return 'expected a whole number, or a map of names with one each';
  if (issue.code === 'invalid_format' && 'pattern' in issue) return `must match ${String(issue.pattern)}`;
  return decapitalise(issue.message.replace(/^Invalid (?:input|option): /, ''));
}

function kindOf(path: readonly PropertyKey[]): ConfigKey['kind'] | undefined {
  const setting = settingOf(path);
  if (setting?.kind !== 'objects') return setting?.kind;
  const inner = path.slice(setting.path.split('.').length + 1).join('.');
  return setting.items?.find((item) => item.path === inner)?.kind;
}

/** The key whose value holds the path: `models.registry` for what is in one of its items. */
function settingOf(path: readonly PropertyKey[]): ConfigKey | undefined {
  for (let length = path.length; length > 0; length--) {
    const key = findKey(path.slice(0, length).join('.'));
    if (key) return key;
  }
  return undefined;
}

/** All paths there are, those in lists of objects written `models.registry[].name`. */
function allPaths(): string[] {
  return allKeys.flatMap((key) => [key.path, ...(key.items ?? []).map((item) => `${key.path}[].${item.path}`)]);
}

/** `models.registry[].name` for a path, whatever the position. */
function patternOf(path: readonly PropertyKey[]): string {
  return keyText(path).replaceAll(/\[\d+\]/g, '[]');
}

/** `models.registry[0].name` */
function keyText(path: readonly PropertyKey[]): string {
  return path
    .map((word, index) => (typeof word === 'number' ? `[${word}]` : `${index ? '.' : ''}${String(word)}`))
    .join('');
}

function place({ path }: ConfigFile, position: Position | undefined): string {
  return position ? `${path}:${position.line}:${position.col}` : path;
}

function refusal(lines: string[], next?: string): RuntimeError {
  const more = lines.length - MOST_LINES;
  const shown = [...lines.slice(0, MOST_LINES), ...(more > 0 ? [`and ${more} more`] : [])];
  return new RuntimeError('config_invalid', shown.join('\n'), next === undefined ? {} : { next });
}

function decapitalise(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
