/** Goals for tests: scripts that plan and do them, through a real hub on real files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { Entry, EntryOf, EntryType } from '../../contract/entries.ts';
import type { EventStatus } from '../../contract/host.ts';
import { createHub, type Hub } from '../hub/hub.ts';
import { readSession } from '../sessions.ts';
import { openWorkspace, type Workspace } from '../wire.ts';
import { newHome, openHub, say } from './hubs.ts';

export interface ScriptStep {
  match: object;
  reply?: object;
  stall?: string;
  fail?: object;
}

export const plan = (...steps: object[]): ScriptStep => ({
  match: { purpose: 'plan' },
  reply: { text: JSON.stringify({ steps }) },
});

export const step = (id: string, depends_on: string[] = [], more: object = {}) => ({
  id,
  title: `Step ${id}`,
  task: `please do ${id}`,
  depends_on,
  ...more,
});

/** What the session of a step does. */
export const does = (id: string, reply: object): ScriptStep => ({ match: { contains: `please do ${id}` }, reply });
/** The same, and it never ends. */
export const stalls = (id: string): ScriptStep => ({ match: { contains: `please do ${id}` }, stall: '60s' });
export const SYNTHESIS: ScriptStep = {
  match: { contains: 'Result of step' },
  reply: { text: 'All in all: {{asked}}' },
};

export const CONFIG = 'orchestrator: {subtask_retry_backoff: 10ms}\ngovernance: {auto_allow: [exec_command, time]}\n';

export function writeScript(home: string, script: readonly ScriptStep[]): void {
  writeFileSync(join(home, 'script.yaml'), JSON.stringify({ model: 'script/v1', turns: script }));
}

export async function openGoals(script: readonly ScriptStep[], config = CONFIG, home = newHome(config)) {
  writeScript(home, script);
  return openHub(home);
}

export const goal = (text = 'the goal') => say(text, { session_id: 'g', goal: true });

export async function entries<T extends EntryType>(
  workspace: Workspace,
  type: T,
  session = 'g',
): Promise<EntryOf<T>[]> {
  const all = (await readSession(workspace, session)).entries.map(({ entry }): Entry => entry);
  return all.filter((entry): entry is EntryOf<T> => entry.type === type);
}

export const soon = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 20_000 });

export async function done(hub: Hub): Promise<EventStatus> {
  return hub.settled((await hub.submit(goal())).event_id);
}

/**
 * A hub that waits where it has looked for the session of the goal's first step, and not yet made it: `looked` gives its id,
 * and lets all further looks pass; `goOn` ends the waiting.
 */
export async function openHeldAtStep(config: string, script: ScriptStep[]) {
  const home = newHome(config);
  writeScript(home, script);
  const workspace = await openWorkspace({
    environment: { RUNTIME_HOME: home, RUNTIME_SANDBOX_MODE: 'off' },
    overrides: new Map(),
  });
  const { journal } = workspace.store;
  const { read } = journal;
  const [found, goes] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()];
  journal.read = async (id, ...how) => {
    const end = await read(id, ...how);
    if (id === 'g' || how.length !== 1) return end;
    found.resolve(id);
    await goes.promise;
    return end;
  };
  const hub = createHub(workspace, { takes: 'named', version: 'test' });
  onTestFinished(() => hub.leave().catch(() => {}));
  const looked = async (): Promise<string> => {
    const id = await found.promise;
    journal.read = read;
    return id;
  };
  return { hub, workspace, looked, goOn: () => goes.resolve() };
}
