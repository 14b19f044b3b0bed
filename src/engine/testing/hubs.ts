/** Real hubs on real files, with a script model: what a message says decides what its turn does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Submission } from '../../contract/host.ts';
import { createHub, type Hub, type HubOptions } from '../hub/hub.ts';
import { openWorkspace, type Workspace } from '../wire.ts';

const SCRIPT = `model: script/v1
turns:
  - match: {tool_result: time}
    reply: {text: "It is late."}
  - match: {contains: steered}
    reply: {text: "Steered."}
  - match: {contains: ask}
    reply: {calls: [{tool: exec_command, arguments: {cmd: "true"}}]}
  - match: {contains: outside}
    reply: {calls: [{tool: read_file, arguments: {path: /etc/hosts}}]}
  - match: {tool_result: exec_command}
    reply: {text: "Done."}
  - match: {tool_result: read_file}
    reply: {text: "Done."}
  - match: {contains: slow}
    stall: 60s
  - match: {contains: soon}
    stall: 300ms
    reply: {text: "At last."}
  - match: {any: true}
    reply: {text: "You said {{asked}}"}
`;

/** `config`: further lines of its configuration. */
export function newHome(config = ''): string {
  const home = mkdtempSync(join(tmpdir(), 'runtime-hub-'));
  writeFileSync(join(home, 'script.yaml'), SCRIPT);
  const registry = `[{name: script, provider: script, script: '${home}/script.yaml'}]`;
  writeFileSync(join(home, 'config.yaml'), `models: {registry: ${registry}}\n${config}`);
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

export async function openHub(
  home = newHome(),
  takes: HubOptions['takes'] = 'named',
): Promise<{ hub: Hub; workspace: Workspace; home: string }> {
  const workspace = await openWorkspace({
    environment: { RUNTIME_HOME: home, RUNTIME_SANDBOX_MODE: 'off' },
    overrides: new Map(),
  });
  const hub = createHub(workspace, { takes, version: 'test' });
  onTestFinished(() => hub.leave().catch(() => {}));
  return { hub, workspace, home };
}

export const say = (text: string, more: Partial<Submission> = {}): Submission => ({
  parts: [{ type: 'text', text }],
  root: '/',
  ...more,
});
