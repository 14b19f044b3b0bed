/**
 * Reads a plan out of what a model answered: JSON alone, in one fenced block, or within prose. What is wrong with it is
 * said by step and field, never in the model's own words: that goes back to the model, and to the person.
 */
import type { JsonObject, JsonValue } from '../../base/json.ts';
import { parseStrictJson } from '../../base/strict-json.ts';
import type { EntryData } from '../../contract/entries.ts';

export type PlannedStep = EntryData<'plan.made'>['steps'][number];

export type Plan = { ok: true; steps: PlannedStep[] } | { ok: false; problem: string };

const MOST_TITLE = 120;
const MOST_TASK = 4000;
const MOST_CHECK = 1000;
const STEP_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
/** The first line feed alone ends the opening: each that might would be read to the end of the text. */
const FENCED = /```[a-zA-Z]*[^\S\n]*\n([\s\S]*?)```/g;
/** What models call the list of steps, and a step's fields. */
const LISTS = ['steps', 'tasks', 'sub_tasks', 'subtasks', 'items', 'plan'];
const TASKS = ['task', 'description', 'prompt', 'instructions'];
const DEPENDENCIES = ['depends_on', 'dependencies', 'dependsOn', 'needs', 'requires', 'after', 'blocked_by'];

export function parsePlan(text: string, mostSteps: number): Plan {
  const found = findJson(text);
  if (!found.ok) return found;
  const list = listOf(found.value);
  if (!list) return wrong('it has no list `steps`');
  if (list.length === 0) return wrong('it has no step');
  if (list.length > mostSteps) return wrong(`it has ${list.length} steps, and ${mostSteps} are the most`);
  const steps: PlannedStep[] = [];
  for (const [index, value] of list.entries()) {
    const step = stepOf(value, index);
    if (typeof step === 'string') return wrong(`step ${index + 1}: ${step}`);
    const twin = steps.findIndex(({ id }) => id === step.id);
    if (twin >= 0) return wrong(`step ${index + 1}: its id is that of step ${twin + 1}`);
    steps.push(step);
  }
  const problem = graphProblem(steps);
  return problem === undefined ? { ok: true, steps } : wrong(problem);
}

function wrong(problem: string): { ok: false; problem: string } {
  return { ok: false, problem };
}

function findJson(text: string): { ok: true; value: JsonValue } | { ok: false; problem: string } {
  const whole = parseStrictJson(text);
  if (whole.ok) return whole;
  const blocks = [...text.matchAll(FENCED)].map(([, block]) => block!);
  if (blocks.length > 1) return wrong('there is more than one block of JSON');
  const spans = blocks.length === 1 ? blocks : jsonSpans(text);
  if (spans === 'cut') return wrong('the JSON ends in its middle');
  const values = spans.map(parseStrictJson).flatMap((parsed) => (parsed.ok ? [parsed.value] : []));
  // Brackets are common in prose; a list that may be a plan holds something.
  const plans = values.filter((value) => listOf(value) !== undefined && !isEmptyList(value));
  if (plans.length > 1) return wrong('there is more than one plan in it');
  if (plans.length === 1) return { ok: true, value: plans[0]! };
  return wrong(values.length > 0 ? 'it has no list `steps`' : 'it is not valid JSON');
}

/** The outermost objects and arrays in a text, or that one of them isn't closed. Reads each character once. */
function jsonSpans(text: string): string[] | 'cut' {
  const spans: string[] = [];
  let start = -1;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (depth > 0 && inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (depth > 0 && char === '"') inString = true;
    else if (char === '{' || char === '[') {
      if (depth++ === 0) start = at;
    } else if (depth > 0 && (char === '}' || char === ']') && --depth === 0) spans.push(text.slice(start, at + 1));
  }
  return depth > 0 ? 'cut' : spans;
}

function isEmptyList(value: JsonValue): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: JsonValue): JsonValue[] | undefined {
  const list = isObject(value) ? fieldOf(value, LISTS) : value;
  return Array.isArray(list) && list.every(isObject) ? list : undefined;
}

function fieldOf(value: JsonObject, names: readonly string[]): JsonValue | undefined {
  const name = names.find((one) => Object.hasOwn(value, one));
  return name === undefined ? undefined : value[name];
}

/** The step, or what is wrong with it. Fields that it has beside these are no one's orders. */
function stepOf(value: JsonValue, index: number): PlannedStep | string {
  if (!isObject(value)) return 'it is no object';
  const { id = `s${index + 1}`, title, check } = value;
  const task = fieldOf(value, TASKS);
  const depends_on = fieldOf(value, DEPENDENCIES) ?? [];
  if (typeof id !== 'string' || !STEP_ID.test(id)) return '`id` must be 1 to 32 letters, digits, "-" or "_"';
  if (typeof task !== 'string' || task.trim() === '') return '`task` must say what is to be done';
  if (task.length > MOST_TASK) return `\`task\` is longer than ${MOST_TASK} characters`;
  if (title !== undefined && typeof title !== 'string') return '`title` must be text';
  if (!Array.isArray(depends_on) || depends_on.some((one) => typeof one !== 'string')) {
    return '`depends_on` must be a list of ids';
  }
  if (check !== undefined && check !== null && (typeof check !== 'string' || check.length > MOST_CHECK)) {
    return `\`check\` must be a command of at most ${MOST_CHECK} characters`;
  }
  const line = (title ?? '').trim() === '' ? task.trim() : title!.trim();
  return {
    id,
    title: line.split('\n')[0]!.slice(0, MOST_TITLE).toWellFormed(),
    task,
    depends_on: [...new Set(depends_on as string[])],
    ...(typeof check === 'string' && check.trim() !== '' && { check }),
  };
}

function graphProblem(steps: readonly PlannedStep[]): string | undefined {
  for (const [index, { depends_on }] of steps.entries()) {
    const unknown = depends_on.findIndex((id) => !steps.some((step) => step.id === id));
    if (unknown >= 0) return `step ${index + 1}: \`depends_on\` ${unknown + 1} is the id of no step`;
  }
  const done = new Set<string>();
  for (;;) {
    const next = steps.filter(({ id, depends_on }) => !done.has(id) && depends_on.every((one) => done.has(one)));
    if (next.length === 0) break;
    for (const { id } of next) done.add(id);
  }
  const circle = steps.flatMap(({ id }, index) => (done.has(id) ? [] : [index + 1]));
  return circle.length === 0 ? undefined : `steps ${circle.join(', ')}: they wait for one another in a circle`;
}
