import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadPolicyCases } from '../../../engine/config/policy-cases.ts';
import { loadPolicyFile } from '../../../engine/config/policy-file.ts';
import { rulesFile } from '../../../engine/config/policy-in.ts';
import { type CaseResult, runCases } from '../../../engine/policy-cases.ts';
import { type CommandContext, type GlobalOptions, openForCommand } from '../context.ts';
import { type Column, type OutputFormat, printRows, printValue } from '../listing.ts';
import { rootOf } from '../root-flag.ts';
import { VERDICT_WORDS } from '../verdict-words.ts';

interface Options extends GlobalOptions {
  output: OutputFormat;
  root?: string;
  every?: true;
}

const AS_EXPECTED = 0;
const OTHERWISE = 1;

const COLUMNS: Column<CaseResult>[] = [
  { title: 'test', text: ({ test }) => `tests[${test}]`, narrow: 'whole' },
  { title: 'what', text: ({ title }) => title, narrow: 'flexible' },
  {
    title: 'expected → got',
    text: ({ expected, expected_rule, verdict }) =>
      `${VERDICT_WORDS[expected]}${expected_rule === undefined ? '' : ` by ${expected_rule}`} → ${VERDICT_WORDS[verdict]}`,
    narrow: 'whole',
  },
  { title: 'rule', text: ({ rules }) => rules.map(({ id }) => id).join(', '), narrow: 'flexible' },
  { title: 'reason', text: ({ reason }) => reason, narrow: 'flexible' },
];

/** `policy test [file]`: whether a policy decides as its own tests say. */
export async function testOwnCases(context: CommandContext, options: Options, file?: string): Promise<number> {
  const { io } = context;
  const workspace = await openForCommand(context, options);
  const { tools, store } = workspace;
  const ofWorkspace = rulesFile(store.folder);
  const path = file ?? ofWorkspace;
  const isOfWorkspace = resolve(path) === ofWorkspace;
  const cases = await loadPolicyCases(path, tools.tools());
  const policy = isOfWorkspace ? workspace.policy : await loadPolicyFile(path, tools.tools());
  const project_root = options.root === undefined ? realpathSync('.') : rootOf(options.root);
  const own = isOfWorkspace ? 'policy.yaml ' : 'governance.';
  const results = await runCases(cases, { tools, policy, project_root, own });
  const failed = results.filter(({ passed }) => !passed);
  if (options.output === 'table') {
    const shown = options.every ? results : failed;
    if (shown.length > 0) await printRows(io, 'table', shown, COLUMNS, '');
    io.stdout.write(`${summary(results.length, failed.length)}\n`);
  } else {
    const counts = { tests: results.length, failed: failed.length };
    await printValue(io, options.output, { schemaVersion: 'runtime.policy-cases.v1', ...counts, results });
  }
  return failed.length > 0 ? OTHERWISE : AS_EXPECTED;
}

function summary(tests: number, failed: number): string {
  const count = `${tests} test${tests === 1 ? '' : 's'}`;
  if (failed > 0) return `${count}, ${failed} not as expected`;
  return tests === 1 ? `${count}, as expected` : `${count}, all as expected`;
}
