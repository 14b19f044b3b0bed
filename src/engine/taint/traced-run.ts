/** Runs a call, and adds what it may have read to its taint; before one that writes it is recorded what may be tainted then. */
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { ToolResult } from '../../contract/ports.ts';
import type { Facts } from '../../contract/values.ts';
import type { Call, State } from '../../kernel/turn/state.ts';
import { isInside } from '../../base/is-inside.ts';
import type { FileTaint } from './file-taint.ts';
import { freshSources } from './sources.ts';

export async function tracedRun(
  fileTaint: FileTaint,
  { state, call }: { state: State; call: Call },
  run: () => Promise<ToolResult>,
): Promise<ToolResult> {
  const { id, project_root: root } = state.session!;
  const { facts } = call.inspected!;
  const named = facts.paths.map(({ real }) => real);
  const reads = call.effect === 'exec' ? [root, ...named] : named;
  if (reads.length === 0) return run();
  if (call.effect !== 'exec' && call.effect !== 'write') {
    const result = await run();
    // Behind it: what is written while it is read is recorded by now.
    return withTaint(result, await fileTaint.of(reads, root), state.taint);
  }
  const write = { call: `${id}/${call.call_id}`, root, reads, taint: state.taint };
  const begun = await fileTaint.begin(
    call.effect === 'write'
      ? { ...write, paths: named, below: [] }
      : {
          ...write,
          reads: (await fileTaint.isAny()) ? [...reads, ...namedElsewhere(facts, root)] : reads,
          paths: outside(facts, root).filter(({ writes }) => writes).map(({ real }) => real),
          below: [root, ...outside(facts, root).filter(({ arg }) => arg === 'workdir').map(({ real }) => real)],
        },
  ); // prettier-ignore
  const result = await run().catch(async (thrown: unknown) => {
    await begun.end('unknown');
    throw thrown;
  });
  return withTaint(result, await begun.end(result.outcome), state.taint);
}

function outside({ paths }: Facts, root: string): Facts['paths'] {
  return paths.filter(({ real }) => !isInside(root, real));
}

/** Places outside of the project that words of a command may mean. What a program reads by itself nobody can know. */
function namedElsewhere({ commands, paths }: Facts, root: string): string[] {
  const folder = paths.find(({ arg }) => arg === 'workdir')?.real ?? root;
  const texts = commands.flatMap(({ words, redirects }) => [...words, ...redirects]);
  const words = texts.flatMap((text) => text.split(/[\s=]+/));
  const places = words
    .filter((word) => /^[/~]|\.\./.test(word))
    .map((word) => realOf(resolve(folder, word.replace(/^~(?=\/|$)/, homedir()))));
  return [...new Set(places)].filter((place) => !isInside(root, place));
}

export function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function withTaint(result: ToolResult, found: readonly string[], known: readonly string[]): ToolResult {
  const fresh = freshSources(found, known);
  return fresh.length === 0 ? result : { ...result, taint: [...new Set([...result.taint, ...fresh])] };
}
