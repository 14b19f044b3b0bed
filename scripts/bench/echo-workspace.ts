/** A workspace in a folder of its own, taken by this process, with a model that answers at once. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWorkspace, takeWorkspace, type OwnedWorkspace, type Workspace } from '../../src/engine/wire.ts';

/** `home`: to be removed by who asked for it. */
export async function takeEchoWorkspace(): Promise<{ home: string; workspace: Workspace; owned: OwnedWorkspace }> {
  const home = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
  writeFileSync(
    join(home, 'config.yaml'),
    `models:
  registry: [{name: echo, provider: script, script: '${join(home, 'script.yaml')}'}]
budget: {session: {cost: 0}}
`,
  );
  writeFileSync(join(home, 'script.yaml'), 'model: script/v1\nturns:\n  - {match: {any: true}, reply: {text: ok}}\n');
  const workspace = await openWorkspace({ environment: { RUNTIME_HOME: home }, overrides: new Map() });
  return { home, workspace, owned: takeWorkspace(workspace) };
}
