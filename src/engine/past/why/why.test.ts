/** Where an approval is found when a fork has a copy of it; the rest is in test/why.test.ts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createHub } from '../../hub/hub.ts';
import { openWorkspace } from '../../wire.ts';
import { why } from './why.ts';

const SCRIPT = `model: script/v1
turns:
  - match: {tool_result: exec_command}
    reply: {text: "Done."}
  - match: {any: true}
    reply: {calls: [{tool: exec_command, arguments: {cmd: "true"}}]}
`;

test('an approval is that of the session in which it was asked; where that is gone, the copy of a fork', async () => {
  const home = mkdtempSync(join(tmpdir(), 'runtime-why-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  writeFileSync(join(home, 'script.yaml'), SCRIPT);
  const registry = `[{name: script, provider: script, script: '${home}/script.yaml'}]`;
  writeFileSync(join(home, 'config.yaml'), `models: {registry: ${registry}}\n`);
  const workspace = await openWorkspace({ environment: { RUNTIME_HOME: home }, overrides: new Map() });
  const hub = createHub(workspace, { takes: 'named', version: 'test' });
  onTestFinished(() => hub.leave());

  const { event_id } = await hub.submit({ parts: [{ type: 'text', text: 'go' }], root: '/', session_id: 'origin' });
  const { approvals } = await hub.settled(event_id);
  const id = approvals[0]!;
  await hub.resolve(id, { decision: 'deny' });
  await hub.settled(event_id);
  const { session_id: fork } = await hub.fork('origin', {});
  const seen: [number, number][] = [];
  const onProgress = (done: number, total: number): void => void seen.push([done, total]);
  expect(await why(workspace, id, { onProgress })).toMatchObject({ session_id: 'origin', kind: 'approval' });
  expect(seen[0]).toEqual([0, 2]);
  expect(await why(workspace, id.slice(0, 8), { onProgress })).toMatchObject({ session_id: 'origin' });
  await hub.remove('origin', { force: false });
  expect(await why(workspace, id, { onProgress })).toMatchObject({ session_id: fork, id });
  expect(await why(workspace, 'c1.1.1', { onProgress })).toMatchObject({ session_id: fork, kind: 'call' });
});
