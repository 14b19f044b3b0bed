/** What the policy says of tools and calls, before anything runs. */
import { digestOf } from '../base/digest.ts';
import { nearest } from '../base/nearest.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { EffectClass, Facts, Verdict } from '../contract/values.ts';
import { judge, type Judgement } from '../kernel/policy/judge.ts';
import type { Workspace } from './wire.ts';

export interface PolicyRow {
  tool: string;
  effect: EffectClass;
  verdict: Verdict;
  reason: string;
}

/** What holds for each tool by the lists alone: what a call touches may make it stricter. */
export function describePolicy({ tools, policy }: Pick<Workspace, 'tools' | 'policy'>): PolicyRow[] {
  const facts: Facts = { paths: [], hosts: [], commands: [], preimages: [] };
  return tools.tools().map(({ name: tool, effect }) => {
    const { verdict, reason } = judge([policy], [], {
      tool,
      effect,
      args_digest: digestOf(''),
      facts,
      facts_digest: digestOf(''),
      project_root: '',
    });
    return { tool, effect, verdict, reason };
  });
}

/**
 * Judges a call as a turn in this project root would, standing grants included, and runs nothing.
 * @throws RuntimeError usage, when the arguments are not what the tool takes
 */
export async function checkCall(
  { tools, policy, store }: Workspace,
  call: { tool: string; arguments_raw: string; project_root: string },
): Promise<Judgement> {
  const { tool, arguments_raw, project_root } = call;
  const spec = tools.tools().find(({ name }) => name === tool);
  if (spec === undefined) return denyUnknown(tool, tools.tools().map(({ name }) => name)); // prettier-ignore
  const { invalid, args_digest, facts, facts_digest } = await tools.inspect({
    call_id: 'c0',
    spec,
    arguments_raw,
    project_root,
  });
  if (invalid) {
    const what = invalid.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
    throw new RuntimeError('usage', `${tool} would refuse these arguments: ${what}`, {
      next: `Give them as JSON, as the tool takes them: ${Object.keys(spec.parameters['properties'] ?? {}).join(', ')}.`,
    });
  }
  return judge([policy], await store.grants.list(), {
    tool,
    effect: spec.effect,
    args_digest,
    facts,
    facts_digest,
    project_root,
  });
}

function denyUnknown(tool: string, names: string[]): Judgement {
  const near = nearest(tool, names);
  const reason = `there is no tool ${tool}${near ? `; did you mean ${near}?` : ''}`;
  return { verdict: 'deny', rules: [{ id: 'default:unknown_tool', verdict: 'deny' }], reason };
}
