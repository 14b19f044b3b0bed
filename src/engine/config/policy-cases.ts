/** The tests that a policy file holds. */
import { nearest } from '../../base/nearest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { ToolSpec } from '../../contract/manifest.ts';
import { type PolicyCase, policyCases } from '../../contract/policy-case.ts';
import type { Complaint } from './check.ts';
import { type ConfigFile, readConfigFile } from './file.ts';
import { parseMapping } from './load.ts';
import { refusal, TESTS } from './policy-file.ts';

export interface PolicyCases {
  cases: PolicyCase[];
  /** The error that says of a case what is wrong with it, and where it stands. */
  refuse(complaints: Complaint[]): Promise<RuntimeError>;
}

const NEXT =
  'Correct the file: a test has tool, args, expect, and title, as, channel, lane, tainted, at, budget_left, rule.';

/** At least one. @throws RuntimeError config_unreadable | config_invalid */
export async function loadPolicyCases(path: string, tools: readonly Pick<ToolSpec, 'name'>[]): Promise<PolicyCases> {
  const file = readConfigFile('', path, 'policy');
  const tree = await parseMapping(file);
  if (tree[TESTS] === undefined) throw noTests(file);
  const refuse = (complaints: Complaint[]): Promise<RuntimeError> => refusal(file, tree, complaints, NEXT);
  const { success, data } = policyCases.safeParse(tree);
  if (!success) {
    const { schemaComplaints } = await import('./explain.ts');
    throw await refuse(schemaComplaints(tree, policyCases));
  }
  if (data.tests.length === 0) throw noTests(file);
  const names = new Set(tools.map(({ name }) => name));
  const unknown = data.tests.flatMap(({ tool }, index) => {
    if (names.has(tool)) return [];
    const near = nearest(tool, names);
    const message = `there is no tool "${tool}"${near ? `; did you mean ${near}?` : ''}`;
    return [{ path: [TESTS, index, 'tool'], message }];
  });
  if (unknown.length > 0) throw await refuse(unknown);
  return { cases: data.tests, refuse };
}

function noTests({ path }: ConfigFile): RuntimeError {
  return new RuntimeError('config_invalid', `${path} has no tests`, {
    next: 'Write some beside its rules, as `tests: [{tool: time, args: {}, expect: allow}]`.',
  });
}
