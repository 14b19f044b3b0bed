/** What a plain turn loads, sends and syncs: exact where a timing would be noise. */
import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect } from 'vitest';
import { daemonFlags, nodeFlags } from '../scripts/build/node-flags.ts';
import type { MockOpenai } from './support/mock-openai.ts';
import { LAUNCHER, type Place, test } from './support/place.ts';
import { countSyncs, hasStrace, straceInto } from './support/syncs.ts';

const WIRES = ['responses', 'chat'] as const;

/**
 * Modules of Node that a plain turn has no use for; each takes milliseconds. One stray `fetch`, `new Headers()` or import
 * that isn't rewritten by the build loads several, and shows nowhere else.
 */
const NEEDLESS =
  /undici|http2|webstreams|worker|assert|perf_hooks|readline|child_process|cluster|\btls\b|zlib|fs\/promises|inspector/;

/** How many it loads beyond an empty program: 63 when this was written. */
const MOST_MODULES = 68;

/** Largest body of the request of a plain turn, in bytes. */
const MOST_BYTES = 5000;

/** Writes down at exit what was loaded: modules of Node, and scripts of ours with whether V8 took their record. */
const PROBE = `
const vm = require('node:vm');
const scripts = {};
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    scripts[options.filename] = options.cachedData !== undefined && this.cachedDataRejected === false;
  }
};
process.on('exit', () => {
  const text = JSON.stringify({ modules: process.moduleLoadList, scripts });
  require('node:fs').writeFileSync(process.env.PROBE_FILE, text);
});
`;

/** Writes down at exit the flags of Node, and what V8 asks of compiled code that it takes: its version, flags, processor. */
const FLAGS_PROBE = `
process.on('exit', () => {
  const text = JSON.stringify({ flags: process.execArgv, tag: require('node:v8').cachedDataVersionTag() });
  require('node:fs').writeFileSync(process.env.PROBE_FILE, text);
});
`;

const ATTEMPTS = 25;
/** What a listening socket brings with it. */
const SERVES = 'NativeModule cluster';

interface Loaded {
  modules: string[];
  scripts: Record<string, boolean>;
}

async function turnLoads(place: Place): Promise<Loaded> {
  place.write('probe.cjs', PROBE);
  const load = async (shell: string): Promise<Loaded> => {
    const file = join(place.project, 'loaded.json');
    const environment = { NODE_OPTIONS: `--require=${join(place.project, 'probe.cjs')}`, PROBE_FILE: file };
    expect(await place.run(['run', 'hello'], { shell, environment })).toMatchObject({ code: 0 });
    return JSON.parse(readFileSync(file, 'utf8')) as Loaded;
  };
  await place.run(['run', 'hello']); // makes the workspace
  const empty = await load(`exec '${process.execPath}' -e 0`);
  let turn = await load('exec "$@"');
  // A turn that lasts serves its workspace to others; on a busy machine any may.
  for (let again = 1; again < ATTEMPTS && turn.modules.includes(SERVES); again++) turn = await load('exec "$@"');
  return { ...turn, modules: turn.modules.filter((name) => !empty.modules.includes(name)) };
}

function connect(place: Place, mock: MockOpenai, wire: (typeof WIRES)[number], config = {}): void {
  place.connect(mock, { wire }, config);
  mock.reply(...Array.from({ length: ATTEMPTS + 2 }, () => ({})));
}

describe.each(WIRES)('a plain turn (%s)', (wire) => {
  test('loads of Node only what it needs', async ({ place, mock }) => {
    connect(place, mock, wire);
    const { modules } = await turnLoads(place);
    expect(modules.filter((name) => NEEDLESS.test(name))).toEqual([]);
    expect(modules.length, modules.join('\n')).toBeLessThanOrEqual(MOST_MODULES);
  });

  test('loads the scripts that it needs, and compiles none of them again', async ({ place, mock }) => {
    connect(place, mock, wire);
    const { scripts } = await turnLoads(place);
    const taken = Object.entries(scripts).map(([path, record]) => [basename(path), record]);
    expect(taken).toEqual([
      ['program.js', true],
      ['turn.js', true],
      ['js-yaml.js', true],
      ['openai.js', true],
    ]);
  });

  test(`asks with at most ${MOST_BYTES} bytes`, async ({ place, mock }) => {
    connect(place, mock, wire);
    await place.run(['run', 'What does this project do?']);
    expect(mock.requests).toHaveLength(1);
    expect(mock.requests[0]!.bytes).toBeLessThanOrEqual(MOST_BYTES);
  });
});

test('--version and --help load no more than they must', async ({ place }) => {
  place.write('probe.cjs', PROBE);
  const file = join(place.project, 'loaded.json');
  const environment = { NODE_OPTIONS: `--require=${join(place.project, 'probe.cjs')}`, PROBE_FILE: file };
  await place.run(['--help'], { environment });
  const { modules, scripts } = JSON.parse(readFileSync(file, 'utf8')) as Loaded;
  expect(Object.keys(scripts).map((path) => basename(path))).toEqual(['program.js']);
  expect(modules.filter((name) => /NativeModule (crypto|http|net|stream|sqlite)$/.test(name))).toEqual([]);
});

describe('the flags of the launcher', () => {
  const start = async (place: Place, shell: string, ...args: string[]): Promise<{ flags: string[]; tag: number }> => {
    place.write('probe.cjs', FLAGS_PROBE);
    const file = join(place.project, 'flags.json');
    const environment = { NODE_OPTIONS: `--require=${join(place.project, 'probe.cjs')}`, PROBE_FILE: file };
    expect(await place.run([...args, '--help'], { shell, environment })).toMatchObject({ code: 0 });
    return JSON.parse(readFileSync(file, 'utf8')) as { flags: string[]; tag: number };
  };

  test('leave valid what V8 has compiled, for us and for Node', async ({ place }) => {
    const { tag } = await start(place, `exec '${process.execPath}' -e 0`);
    expect(await start(place, 'exec "$@"')).toEqual({ flags: nodeFlags, tag });
    expect(await start(place, 'exec "$@"', 'daemon')).toEqual({ flags: daemonFlags, tag });
  });

  test('are left out for a Node that does not know them', async ({ place }) => {
    place.write('node', `#!/bin/sh\ncase $1 in --*) exit 9 ;; esac\nexec '${process.execPath}' "$@"\n`);
    // A copy that has no Node of its own.
    const copied = 'mkdir -p copy/bin && cp "$PROGRAM" copy/bin && ln -s "${PROGRAM%/*}/../dist" copy && chmod +x node';
    const { flags } = await start(place, `${copied} && PATH="$PWD:$PATH" exec copy/bin/runtime --help`);
    expect(flags).toEqual([]);
  });
});

describe.skipIf(!hasStrace)(
  `syncs${hasStrace ? '' : ' (skipped: strace is not installed, or may not trace here)'}`,
  () => {
    const syncsOf = async (place: Place): Promise<Record<string, number>> => {
      const file = join(place.home, 'trace');
      const traced = straceInto(file).join(' ');
      expect(await place.run(['run', 'hello'], { shell: `exec ${traced} "$@"` })).toMatchObject({ code: 0 });
      return countSyncs(file);
    };
    const blobFolders = ({ home }: Place): number => {
      const folder = join(home, 'workspaces/default/blobs/sha256');
      return existsSync(folder) ? readdirSync(folder).length : 0;
    };

    test('a plain turn syncs its accept, its end and its name', async ({ place, mock }) => {
      connect(place, mock, 'responses');
      await place.run(['run', 'hello']);
      expect(await syncsOf(place)).toEqual({ fdatasync: 2, fsync: 1 });
    });

    test('with inputs that are new, also their blob and its folder', async ({ place, mock }) => {
      connect(place, mock, 'responses');
      await place.run(['run', 'hello']);
      const before = blobFolders(place);
      connect(place, mock, 'responses', { orchestrator: { instructions: 'Be brief.' } });
      // A new folder has a name, too, which must last.
      const counts = await syncsOf(place);
      expect(counts).toEqual({ fdatasync: 2, fsync: 3 + blobFolders(place) - before });
    });
  },
);

test('installed as a link it runs nothing that PATH finds in the project', async ({ place }) => {
  place.write('readlink', '#!/bin/sh\necho ran > ran.txt\nexec /bin/readlink "$@"\n');
  chmodSync(join(place.project, 'readlink'), 0o755);
  const link = join(place.project, 'linked');
  symlinkSync(LAUNCHER, link);
  const environment = { PATH: `${place.project}:${place.environment['PATH']}` };
  expect(await place.run(['version'], { shell: `exec '${link}' version`, environment })).toMatchObject({ code: 0 });
  expect(place.read('ran.txt')).toBe('');
});
