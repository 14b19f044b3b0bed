/** Runs a call, and adds what it may have read to its taint; before one that writes it is recorded what may be tainted then. */
import type { ToolResult } from '../../contract/ports.ts';
import type { Facts } from '../../contract/values.ts';
import type { Call, State } from '../../kernel/turn/state.ts';
import { isInside } from '../../base/is-inside.ts';
import type { FileTaint } from './file-taint.ts';
import { freshSources } from './sources.ts';

export async function tracedRun(
  fileTaint: FileTaint,
  { state, call, arguments_raw }: { state: State; call: Call; arguments_raw: string },
  run: () => Promise<ToolResult>,
): Promise<ToolResult> {
  const { id, project_root: root } = state.session!;
  const { facts } = call.inspected!;
  const named = facts.paths.map(({ real }) => real);
  const reads = call.effect === 'exec' ? [root, ...named] : named;
  if (reads.length === 0) return run();
  const only = { call: `${id}/${call.call_id}`, root, reads, paths: [], below: [], taint: state.taint };
  const folder = facts.paths.find(({ arg }) => arg === 'workdir')?.real ?? root;
  const begun = await fileTaint.begin(
    call.effect !== 'exec'
      ? { ...only, ...(call.effect === 'write' && { paths: named }) }
      : {
          ...only,
          reads: [...reads, ...(await fileTaint.namedBeyond(root, { arguments_raw, commands: facts.commands, folder }))],
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

function withTaint(result: ToolResult, found: readonly string[], known: readonly string[]): ToolResult {
  const fresh = freshSources(found, known);
  return fresh.length === 0 ? result : { ...result, taint: [...new Set([...result.taint, ...fresh])] };
}
