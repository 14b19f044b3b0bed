/** `runtime doctor`: looks at everything a turn needs, changes nothing, and says how to mend what is wrong. */
import { toRuntimeError } from '../../contract/errors.ts';
import type { Verdict } from '../../contract/values.ts';
import { runtimeHome } from '../config/home.ts';
import type { LoadedConfig } from '../config/load.ts';
import { describePolicy } from '../policy-check.ts';
import { openWorkspace, type Workspace, type WorkspaceRequest } from '../wire.ts';
import type { Finding } from './finding.ts';
import { examineFolders } from './folders.ts';
import { examineModels } from './models.ts';
import { examineNode } from './node.ts';
import { examineRecords } from './records.ts';
import { examineSandbox } from './sandbox.ts';
import { examineSecrets } from './secrets.ts';
import { examineVault } from './vault.ts';

/** All findings, in the order in which a person should read them. `control`: looks at how other processes join this one. */
export async function examine(
  request: WorkspaceRequest,
  control: (workspace: Workspace) => Promise<Finding> | Finding[] = () => [],
): Promise<Finding[]> {
  let workspace: Workspace;
  try {
    workspace = await openWorkspace(request);
  } catch (thrown) {
    const { message, next } = toRuntimeError(thrown);
    const home = runtimeHome(request.environment);
    return [
      { check: 'config', status: 'problem', message, next },
      ...examineFolders(home),
      ...examineSecrets(home),
      ...examineNode(),
    ];
  }
  const { loaded, home, store } = workspace;
  return [
    ...examineConfig(loaded),
    examinePolicy(workspace),
    ...(await examineModels(loaded.config, request.environment, workspace.clock)),
    ...examineFolders(home, store.folder),
    ...examineSecrets(home),
    ...examineVault(home, loaded.config),
    ...[await control(workspace)].flat(),
    ...(await examineRecords(workspace)),
    ...examineNode(),
    await examineSandbox(workspace),
  ];
}

function examineConfig({ file, warnings }: LoadedConfig): Finding[] {
  const message = file.exists ? `${file.path} is valid` : `no ${file.path}; the defaults apply`;
  const complaints = warnings.map((warning): Finding => {
    const [what, mend] = warning.split('; run: ');
    return mend === undefined
      ? { check: 'config', status: 'note', message: warning }
      : { check: 'config', status: 'problem', message: what!, next: mend };
  });
  return [{ check: 'config', status: 'ok', message }, ...complaints];
}

function examinePolicy(workspace: Workspace): Finding {
  const verdicts = describePolicy(workspace).map(({ verdict }) => verdict);
  const count = (verdict: Verdict): number => verdicts.filter((each) => each === verdict).length;
  const message = `${count('allow')} tools allowed, ${count('require_approval')} ask, ${count('deny')} denied`;
  return { check: 'policy', status: 'ok', message };
}
