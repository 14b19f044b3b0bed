/** Patches to what git runs, or goes by, ask also where patches of the project run unasked. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestHost, testHost } from '../adapters/tools/test-host.ts';
import { processEnvironment } from '../base/environment.ts';
import type { Verdict } from '../contract/values.ts';
import { judge } from '../kernel/policy/judge.ts';
import { policyOf } from './config/policy.ts';
import type { ProfileName } from './config/profiles.ts';
import { inspectTried, PERSON } from './policy-check.ts';
import { defaultConfig } from './testing/default-config.ts';

let t: TestHost;
beforeEach(() => {
  t = testHost({ environment: { PATH: processEnvironment()['PATH'], HOME: '/nowhere' } });
  execFileSync('git', ['init', '-q'], { cwd: t.root });
  mkdirSync(join(t.root, 'src'));
});
afterEach(() => t.remove());

async function verdicts(path: string): Promise<Verdict[]> {
  const patch = `*** Begin Patch\n*** Add File: ${path}\n+x\n*** End Patch\n`;
  const tried = { tool: 'apply_patch', arguments_raw: JSON.stringify({ patch }), project_root: t.root };
  const config = defaultConfig();
  const profiles: ProfileName[] = ['workspace', 'autonomous'];
  return Promise.all(
    profiles.map(async (profile) => {
      const policy = policyOf({ ...config, governance: { ...config.governance, profile } }, t.host.tools());
      return judge([policy], [], (await inspectTried(t.host, [policy], tried, PERSON))!).verdict;
    }),
  );
}

test.each([
  '.git/hooks/zz', './.git/../.git/hooks/zz', 'src/../.git/hooks/zz', '.git/config.worktree', '.git/commondir',
  'sub/.git/hooks/zz', 'sub/.git/config', '.git/modules/x/hooks/zz', '.git/worktrees/x/gitdir', 'HEAD', '.envrc',
])('%s asks', async (path) => {
  expect(await verdicts(path)).toEqual(['require_approval', 'require_approval']);
}); // prettier-ignore

test.each(['src/a.ts', 'hooks/zz', 'sub/config', '.gitignore'])('%s runs', async (path) => {
  expect(await verdicts(path)).toEqual(['allow', 'allow']);
});
