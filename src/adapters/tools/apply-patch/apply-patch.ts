import type { ToolContext, ToolRun } from '../../../contract/ports.ts';
import type { FileChange } from '../../../contract/values.ts';
import type { Failure } from '../../../base/failure.ts';
import { failed, invalid, noFacts, type Outcome, type Prepared, type Scene, type Tool } from '../tool.ts';
import { visible } from '../visible.ts';
import { commitPatch, type Committed, currentContent, digestOfContent } from './commit-patch.ts';
import { parsePatch, type Section } from './parse-patch.ts';
import type { PathFact } from '../paths/path-facts.ts';
import { patchPaths, pathsOf, planPatch, type PlannedFile } from './plan-patch.ts';
import { unifiedDiff } from './unified-diff.ts';

type PatchArguments = { patch: string };

/** All files of a patch stand in one journal line. */
const MOST_FILES = 200;
const LONGEST_PATH = 1024;
/** So many are named in the title; the diff shows all. */
const NAMED_FILES = 5;

export const applyPatch: Tool = {
  name: 'apply_patch',
  description: `Changes files, all or none. Paths are relative to the project root.
*** Begin Patch
*** Add File: a.txt
+new line
*** Update File: b.txt
*** Move to: c.txt
@@ optional line above, as a function's
 context (3 lines before and after)
-old
+new
*** Delete File: d.txt
*** End Patch
"*** Move to" is optional. Hunks come in file order; "*** End of File" after one ties it to the end.`,
  parameters: {
    type: 'object',
    properties: { patch: { type: 'string', minLength: 1 } },
    required: ['patch'],
    additionalProperties: false,
  },
  effect: 'write',
  recovery: 'roll_forward',
  prepare: (args, scene) => prepare((args as PatchArguments).patch, scene),
  resume: (args, scene, call, context) => resume((args as PatchArguments).patch, scene, call, context),
};

async function prepare(patch: string, scene: Scene): Promise<Prepared> {
  const parsed = parsePatch(patch);
  if ('refused' in parsed) return invalid('/patch', parsed.refused);
  const { sections } = parsed;
  const paths = patchPaths(sections, scene);
  if ('refused' in paths) return invalid('/patch', paths.refused);
  const named = sections.flatMap(pathsOf);
  if (named.length > MOST_FILES)
    return invalid('/patch', `changes more than ${MOST_FILES} files: make several patches`);
  if (named.some((path) => path.length > LONGEST_PATH)) return invalid('/patch', 'a path is too long');
  const title = titleOf(named);
  if (paths.some(({ closed }) => closed)) {
    // Nothing in there is looked at: policy denies the call by its paths.
    const execute = async (): Promise<Outcome> =>
      failed({ code: 'closed', message: 'the runtime keeps its state there' });
    return { facts: { ...noFacts, paths }, presentation: { title }, execute };
  }
  const plan = await planPatch(sections, paths, scene);
  if ('refused' in plan || plan.files.length === 0) {
    if (paths.some((path) => path.secret_shaped)) return misfit(paths, title);
    return invalid('/patch', 'refused' in plan ? plan.refused : 'changes nothing');
  }
  return {
    facts: { ...noFacts, paths, preimages: plan.files.map(changeOf) },
    presentation: { title, diff: plan.diffs.map(unifiedDiff).join('\n') },
    execute: (call, context) => write(sections, plan.files, scene, call, context),
  };
}

/**
 * Of a patch that names a secret, which doesn't fit: why would tell what stands in the secret, and so would that it was
 * refused at once, where one that fits is asked for. So policy judges it like any other, and only then it fails.
 */
function misfit(paths: PathFact[], title: string): Prepared {
  const message = 'the patch does not fit; where is not told, as one of its files looks like a secret';
  return {
    facts: { ...noFacts, paths },
    presentation: { title, body: 'The patch does not fit the files as they are: it would change nothing.' },
    execute: async () => failed({ code: 'does_not_fit', message }),
  };
}

function titleOf(paths: readonly string[]): string {
  const named = paths.slice(0, NAMED_FILES).map((path) => visible(path));
  const more = paths.length > NAMED_FILES ? [`and ${paths.length - NAMED_FILES} more`] : [];
  return `Change ${paths.length === 1 ? '1 file' : `${paths.length} files`}: ${[...named, ...more].join(', ')}`;
}

async function write(
  sections: readonly Section[],
  files: readonly PlannedFile[],
  scene: Scene,
  call: ToolRun,
  context: ToolContext,
): Promise<Outcome> {
  const contents = new Map(files.flatMap(({ path, content }) => (content ? [[path, content] as const] : [])));
  const changes = files.map(changeOf);
  const committed = await commitPatch({ scene, files: changes, contents, key: call.idempotency_key, context });
  return report(committed, changes, sections, scene);
}

/** Carries on where an earlier attempt was cut: before the first file changed, between two, or after the last. */
async function resume(patch: string, scene: Scene, call: ToolRun, context: ToolContext): Promise<Outcome> {
  const files = call.files ?? [];
  const parsed = parsePatch(patch);
  const sections = 'refused' in parsed ? [] : parsed.sections;
  const states = await Promise.all(files.map((file) => stateOf(file, scene)));
  const lost = states.filter((state) => typeof state === 'object');
  if (lost.length > 0) {
    return failed({ code: 'changed', message: lost.map(({ message }) => message).join('; ') }, 'unknown');
  }
  if (states.every((state) => state === 'before')) {
    const ready = await prepare(patch, scene);
    if ('facts' in ready && sameChanges(ready.facts.preimages, files)) return ready.execute(call, context);
    return failed({ code: 'changed', message: 'the patch would not change these files as it was to; none is changed' });
  }
  const committed = await commitPatch({ scene, files, contents: undefined, key: call.idempotency_key, context });
  return report(committed, files, sections, scene);
}

async function stateOf(file: FileChange, scene: Scene): Promise<'before' | 'after' | Failure> {
  const content = await currentContent(scene, file.path);
  if (content && 'code' in content) return content;
  const digest = digestOfContent(content);
  if (digest === file.after) return 'after';
  if (digest === file.before) return 'before';
  return { code: 'changed', message: `${file.path} is neither as it was before the patch nor as it was to be` };
}

function sameChanges(a: readonly FileChange[], b: readonly FileChange[]): boolean {
  const text = (changes: readonly FileChange[]): string =>
    JSON.stringify(changes.map(({ path, before, after }) => [path, before, after]));
  return text(a) === text(b);
}

function changeOf({ path, before, after, mode }: PlannedFile): FileChange {
  const digests = { ...(before ? { before } : {}), ...(after ? { after } : {}) };
  return { path, ...digests, ...(mode === undefined ? {} : { mode }) };
}

function report(
  committed: Committed,
  changes: readonly FileChange[],
  sections: readonly Section[],
  scene: Scene,
): Outcome {
  if (committed.state === 'canceled') return { outcome: 'canceled', output: 'canceled; no file is changed' };
  if (committed.state === 'failed') {
    const { code, message } = committed.failure;
    return failed({ code, message: `${message}; no file is changed` });
  }
  if (committed.state === 'unknown') return failed(committed.failure, 'unknown');
  const moved = movedPaths(sections, scene);
  const files = changes.map((change) => ({ ...change, action: actionOf(change, moved) }));
  return { outcome: 'ok', output: files.map(({ action, path }) => `${DONE[action]} ${path}`).join('\n'), files };
}

const DONE = { add: 'added', update: 'updated', delete: 'deleted', move: 'moved' };

function actionOf(change: FileChange, moved: ReadonlySet<string>): keyof typeof DONE {
  if (moved.has(change.path)) return 'move';
  return !change.before ? 'add' : !change.after ? 'delete' : 'update';
}

/** Both ends of each move, as the changes name them. */
function movedPaths(sections: readonly Section[], scene: Scene): Set<string> {
  const moves = sections.filter((section) => section.kind === 'update' && section.moveTo !== undefined);
  const paths = patchPaths(moves, scene);
  return new Set('refused' in paths ? [] : paths.map(({ real }) => real.slice(scene.projectRoot.length + 1)));
}
