/** For tests: a tool host on a project of its own, and calls that go the whole way from inspection to result. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { digestOf } from '../../base/digest.ts';
import { processEnvironment } from '../../base/environment.ts';
import type { Inspection, ToolContext, ToolHost, ToolRequest, ToolResult, ToolRun } from '../../contract/ports.ts';
import type { SceneOptions } from './scene.ts';
import { createCommandGates } from './kept-from-commands.ts';
import { createToolHost } from './tool-host.ts';

export interface TestHost {
  host: ToolHost;
  /** Real paths: the project root, and the runtime's home inside it. */
  root: string;
  home: string;
  /** Writes a file of the project, with the folders on its way. */
  file(path: string, content: string | Uint8Array): string;
  text(path: string): string;
  request(tool: string, args: unknown): ToolRequest;
  inspect(tool: string, args: unknown): Promise<Inspection>;
  run(request: ToolRequest, inspection: Inspection, more?: Partial<ToolRun & ToolContext>): Promise<ToolResult>;
  /** Inspects and runs; arguments that are refused fail the test. */
  call(tool: string, args: unknown, context?: Partial<ToolContext>): Promise<ToolResult>;
  remove(): void;
}

export const NO_LIMITS = { processes: 0, memory: 0, file_size: 0 };

/** `folder`: a project that is there already, for a second process. */
export function testHost(options: Partial<SceneOptions> = {}, folder?: string): TestHost {
  const root = folder ?? realpathSync(mkdtempSync(join(tmpdir(), 'tools-')));
  const home = join(root, '.runtime-home');
  mkdirSync(home, { recursive: true });
  const host = createToolHost({
    gates: createCommandGates(),
    home,
    clock: systemClock,
    environment: { PATH: processEnvironment()['PATH'], HOME: root },
    settings: { exec: { timeoutMs: 120_000, maxTimeoutMs: 600_000, env: [], secrets: {}, limits: NO_LIMITS } },
    sandboxes: {
      find: () => Promise.resolve({ none: 'a test' }),
      namesFile: () => false,
      hidden: () => [],
      written: () => [],
    },
    ...options,
  });
  const request: TestHost['request'] = (tool, args) => {
    const spec = host.tools().find(({ name }) => name === tool)!;
    const arguments_raw = typeof args === 'string' ? args : JSON.stringify(args);
    return { call_id: 'c1.1.1', spec, arguments_raw, project_root: root };
  };
  const run: TestHost['run'] = (call, inspection, more = {}) => {
    const { args_digest, facts_digest, facts } = inspection;
    const { signal, onOutput, preserve, mayConnect, mayFind, secret, redacting, outputOf, ...rest } = more;
    const files = call.spec.recovery === 'roll_forward' ? { files: facts.preimages } : {};
    return host.run(
      { ...call, attempt: 1, args_digest, facts_digest, facts, idempotency_key: 's-1:c1.1.1', ...files, ...rest },
      {
        signal: signal ?? new AbortController().signal,
        onOutput: onOutput ?? (() => undefined),
        preserve: preserve ?? ((bytes) => Promise.resolve(digestOf(bytes))),
        mayConnect: mayConnect ?? (({ scope }) => scope === undefined),
        mayFind: mayFind ?? (() => true),
        secret: secret ?? ((name) => Promise.reject(new Error(`no secret ${name}`))),
        redacting: redacting ?? (() => ({ push: (piece) => piece, end: () => '' })),
        outputOf: outputOf ?? (() => Promise.resolve(undefined)),
      },
    );
  };
  return {
    host,
    root,
    home,
    file(path, content) {
      const real = join(root, path);
      mkdirSync(dirname(real), { recursive: true });
      writeFileSync(real, content);
      return real;
    },
    text: (path) => readFileSync(join(root, path), 'utf8'),
    request,
    inspect: (tool, args) => host.inspect(request(tool, args)),
    run,
    async call(tool, args, context) {
      const asked = request(tool, args);
      const inspection = await host.inspect(asked);
      if (inspection.invalid) throw new Error(JSON.stringify(inspection.invalid));
      return run(asked, inspection, context);
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Runs a line of shell; `$1` and so on are the arguments. @throws Error when it fails. */
export function shell(line: string, ...args: string[]): void {
  execFileSync('/bin/sh', ['-c', line, 'sh', ...args], { stdio: 'ignore' });
}
