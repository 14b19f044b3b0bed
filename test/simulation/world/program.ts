/** The program on the simulated machine: the real store, owner and hub in a simulated process. */
import { toRuntimeError, type RuntimeError } from '../../../src/contract/errors.ts';
import type { ProjectFiles } from '../../../src/contract/project-files.ts';
import type { Host } from '../../../src/contract/host.ts';
import { createHub, type HubOptions } from '../../../src/engine/hub/hub.ts';
import { createIdIndex } from '../../../src/engine/id-index.ts';
import { createLateVault } from '../../../src/engine/vault/late-vault.ts';
import type { Workspace } from '../../../src/engine/wire.ts';
import { parseDuration } from '../../../src/base/duration.ts';
import { openStore } from '../../../src/store/store.ts';
import type { SimulatedProcess } from '../machine/parts.ts';
import { createProcess } from '../machine/process.ts';
import { faultsMet } from './disturbances.ts';
import { createCommandGates } from '../../../src/adapters/tools/kept-from-commands.ts';
import { createToolHost } from './tools.ts';
import type { Program, World } from './parts.ts';

/** Undoing joins with an actor that does it. */
const NO_FILES: ProjectFiles = {
  look: async () => ({ refused: 'nothing of the simulated tools lies in files' }),
  marks: async () => [],
  changed: async () => undefined,
  named: async () => [],
  putBack: async () => ({ failed: 'nothing of the simulated tools lies in files', left_changed: false }),
};

/** A workspace as any process sees it, with or without the lock. */
export function openWorkspace(world: World, process: SimulatedProcess): Workspace {
  const { loaded } = world;
  const store = openStore({
    home: process.mount,
    workspace: 'default',
    clock: process.clock,
    owner: { pid: process.id, program: 'simulated', version: '1' },
    idempotencyTtlMs: parseDuration(loaded.config.governance.idempotency_ttl)!,
    deadLetterTtlMs: parseDuration(loaded.config.ingress.dead_letter_ttl)!,
  });
  const workspace = {
    request: { environment: process.environment, overrides: new Map() },
    home: process.mount,
    loaded,
    clock: process.clock,
    store,
    index: createIdIndex(store.journal),
    tools: createToolHost(world, process),
    gates: createCommandGates(),
    sandboxes: {
      find: () => Promise.resolve({ none: 'simulated' }),
      namesFile: () => false,
      hidden: () => [],
      written: () => [],
    },
    files: NO_FILES,
    instructions: { read: async () => [] },
    policy: world.policy,
    build: 'simulated',
    vault: createLateVault({
      home: process.mount,
      environment: process.environment,
      clock: process.clock,
      config: () => loaded.config,
    }),
  };
  const { ingress } = workspace.store;
  const { done, accept } = ingress;
  ingress.accept = (event) => {
    if (event.source === 'cron') world.watching.fires(event);
    return accept(event);
  };
  ingress.done = (event_id, outcome) => {
    if (outcome === 'canceled' || outcome === 'dropped') world.ledger.ended.add(event_id);
    return done(event_id, outcome);
  };
  return workspace;
}

/** Starts it; it ends at once where it can't have the workspace. */
export function startProgram(world: World, takes: HubOptions['takes']): Program | undefined {
  const process = createProcess(world.machine);
  const { machine } = world;
  const faults_before = faultsMet(world);
  try {
    const workspace = openWorkspace(world, process);
    /** Whoever looks after it starts it anew. */
    const onFailed = ({ code, message }: { code: string; message: string }): void => {
      if (!process.isAlive()) return;
      machine.note(`${process.name} has failed: ${code} ${message}`);
      machine.count('failed owners');
      process.after(machine.jitter(50), () => leave(world, program, 0));
    };
    const hub = createHub(workspace, {
      takes,
      version: '1',
      ...(takes === 'all' && { schedules: { onFailed, onStarted() {} } }),
    });
    machine.note(`${process.name} starts and takes ${takes}`);
    const program: Program = { process, workspace, hub, takes, faults_before, leaving: false, asked: new Set() };
    void hub.lost.then(({ error }) => error && onFailed(error));
    world.program = program;
    return program;
  } catch (thrown) {
    process.die(`it can't start: ${toRuntimeError(thrown).message}`);
    return undefined;
  }
}

/** As on SIGTERM: it ends when all is at a safe point. */
export function leave(world: World, program: Program, patience_ms: number): void {
  const { process, hub } = program;
  world.machine.note(`${process.name} is asked to leave${program.leaving ? ' again' : ''}, patience ${patience_ms} ms`);
  world.watching.leaves(program, patience_ms);
  program.leaving = true;
  const left = (): void => {
    if (!process.isAlive()) return;
    world.watching.left(program);
    process.die('it has left');
  };
  hub.leave({ patience_ms }).then(left, left);
}

/**
 * Asks the program something. What comes of it counts only while the process lives; its death is told to nobody.
 * What nobody may ever be told is an internal error.
 */
export function ask<T>(
  world: World,
  what: string,
  work: (host: Host) => Promise<T>,
  told: (result: T) => void,
  refused: (error: RuntimeError) => void = () => {},
): void {
  const { program, machine } = world;
  if (program === undefined) return;
  const { process, hub } = program;
  machine.note(`${process.name} ← ${what}`);
  const question = { what };
  program.asked.add(question);
  work(hub).then(
    (result) => {
      program.asked.delete(question);
      if (!process.isAlive()) return;
      machine.note(`${process.name} → ${what}: done`);
      told(result);
    },
    (thrown: unknown) => {
      program.asked.delete(question);
      if (!process.isAlive()) return;
      const error = toRuntimeError(thrown);
      machine.note(`${process.name} → ${what}: ${error.code} ${error.message}`);
      if (error.code === 'internal') world.violate('u', `${what}: an internal error: ${error.message}`);
      refused(error);
    },
  );
}
