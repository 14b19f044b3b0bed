import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHub } from '../engine/hub/hub.ts';
import { openWorkspace } from '../engine/wire.ts';
import { describeHost, type HostUnderTest } from './http/testing/host-suite.ts';

const SCRIPT = `model: script/v1
turns:
  - match: {tool_result: exec_command}
    reply: {text: "Done."}
  - match: {contains: ask}
    reply: {calls: [{tool: exec_command, arguments: {cmd: "true"}}]}
  - match: {contains: slow}
    stall: 60s
  - match: {any: true}
    reply: {text: "Hello."}
`;

async function openHub(): Promise<HostUnderTest> {
  const home = mkdtempSync(join(tmpdir(), 'runtime-hub-'));
  const script = join(home, 'script.yaml');
  writeFileSync(script, SCRIPT);
  writeFileSync(
    join(home, 'config.yaml'),
    `models: {registry: [{name: script, provider: script, script: '${script}'}]}\n`,
  );
  const workspace = await openWorkspace({ environment: { RUNTIME_HOME: home }, overrides: new Map() });
  const host = createHub(workspace, { takes: 'all', version: 'test' });
  return {
    host,
    async close() {
      await host.leave();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

describeHost('the hub of the owner', openHub, { plain: 'hello', asking: 'ask', slow: 'slow' });
