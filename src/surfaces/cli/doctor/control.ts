/** Can other terminals and commands join who works on the workspace, and is somebody there to be joined? */
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { controlPath, isPrivatePath } from '../../../adapters/control/control-path.ts';
import { toRuntimeError } from '../../../contract/errors.ts';
import type { Finding } from '../../../engine/doctor/finding.ts';
import type { Workspace } from '../../../engine/wire.ts';
import { listenAt } from '../../http/control/socket-file.ts';
import { askOwner } from '../owner.ts';

export async function examineControl(workspace: Workspace): Promise<Finding> {
  const path = controlPath(workspace.store.folder);
  if (existsSync(dirname(path)) && !isPrivatePath(path)) {
    return problem(`others can reach ${dirname(path)}, so nobody is served there`, `chmod 700 ${dirname(path)}`);
  }
  const { pid, version, sessions, refusal } = await askOwner(workspace);
  if (sessions) return ok(`process ${pid} (version ${version}) serves ${path} and answers`);
  if (refusal) return problem(refusal.message, refusal.next);
  if (pid !== undefined) {
    return problem(
      `process ${pid} holds the workspace and does not answer at ${path}`,
      'Wait until it answers or ends, or stop that process.',
    );
  }
  return examineSocket(path);
}

/** Where nobody serves: whether somebody could. What is made for that goes at once. */
async function examineSocket(path: string): Promise<Finding> {
  if (!existsSync(dirname(path))) return ok('nobody works on this workspace; the first run makes the control socket');
  const server = createServer();
  try {
    const file = await listenAt(server, `${path}-`);
    file.remove();
    return ok(`nobody works on this workspace; whoever does will serve ${path}`);
  } catch (thrown) {
    const { message } = toRuntimeError(thrown);
    return problem(
      `no control socket can be made at ${path}: ${message}`,
      'Put RUNTIME_HOME on a file system that has sockets, in a folder that you may write.',
    );
  } finally {
    server.close();
  }
}

function ok(message: string): Finding {
  return { check: 'control', status: 'ok', message };
}

function problem(message: string, next: string): Finding {
  return { check: 'control', status: 'problem', message, next };
}
