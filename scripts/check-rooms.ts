/**
 * The directions of imports: rooms (docs/architecture.md), cycles, orphans, and what a turn may load. Exits with 1 and a line
 * per breach.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cruise, type IDependency, type IForbiddenRuleType, type IModule } from 'dependency-cruiser';

/** Each room and what it may import besides itself. */
const ROOMS: Record<string, string[]> = {
  base: [],
  contract: ['base'],
  kernel: ['base', 'contract'],
  store: ['base', 'contract'],
  adapters: ['base', 'contract'],
  engine: ['base', 'contract', 'kernel', 'store', 'adapters'],
  surfaces: ['base', 'contract', 'kernel', 'store', 'adapters', 'engine'],
};

/**
 * What every turn loads: these modules, and all that they import statically. The second and later ones are imported
 * dynamically by one before.
 */
const TURN_ENTRIES = [
  'src/main.ts',
  'src/surfaces/cli/cli.ts',
  'src/surfaces/cli/commands/run.ts',
  'src/engine/wire.ts',
  'src/adapters/models/openai/index.ts',
];

/** Each would cost a turn 10 ms and more. Validators are generated; error paths may `import()` these. */
const TOO_SLOW_FOR_A_TURN = /^(node_modules\/)(zod|yaml|ajv|hono|@hono)\//;

const TEST = '\\.test\\.ts$';
/** Tests, and what only they use. */
const SUPPORT = `${TEST}|/testing/|/testing\\.ts$|/test-host\\.ts$`;

const rules: IForbiddenRuleType[] = [
  ...Object.entries(ROOMS).map(([room, allowed]) => ({
    name: `room ${room}`,
    from: { path: `^src/${room}/` },
    to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
  })),
  {
    name: 'kernel is alone',
    from: { path: '^src/kernel/', pathNot: TEST },
    to: { pathNot: '^src/(base|contract|kernel)/' },
  },
  {
    name: 'adapters know nothing of one another',
    from: { path: '^src/adapters/([^/]+)/' },
    to: { path: '^src/adapters/', pathNot: '^src/adapters/$1/' },
  },
  {
    name: 'product without tests',
    from: { path: '^src/', pathNot: SUPPORT },
    to: { path: `^(test|scripts)/|${SUPPORT}` },
  },
  { name: 'product without tools', from: { path: '^src/', pathNot: SUPPORT }, to: { dependencyTypes: ['npm-dev'] } },
  { name: 'no cycle', from: {}, to: { circular: true } },
  { name: 'no orphan', from: { orphan: true, path: '^src/', pathNot: `${TEST}|^src/main\\.ts$` }, to: {} },
  { name: 'found', from: {}, to: { couldNotResolve: true } },
];

const root = join(import.meta.dirname, '..');
const folders = ['src', 'test', 'scripts'].filter((folder) => existsSync(join(root, folder)));
const { output } = await cruise(folders, {
  baseDir: root,
  validate: true,
  ruleSet: { forbidden: rules.map((rule) => ({ ...rule, severity: 'error' })) },
  tsPreCompilationDeps: 'specify', // type-only imports count for the rooms, and are known as such
  doNotFollow: { path: 'node_modules' },
  enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
});
if (typeof output === 'string') throw new Error(output);

const modules = new Map(output.modules.map((module) => [module.source, module]));
const breaches = output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
// Without a TypeScript that it understands, dependency-cruiser finds nothing and is content.
if (modules.size === 0) breaches.push('no module was found');
for (const entry of TURN_ENTRIES) breaches.push(...slowImports(entry));

for (const breach of breaches) console.error(breach);
if (breaches.length === 0) console.log(`${modules.size} modules`);
process.exitCode = breaches.length === 0 ? 0 : 1;

/** A line per slow package that the module reaches by static imports of values, with the way there. */
function slowImports(entry: string): string[] {
  if (!modules.has(entry)) return [`${entry} is not there: mend TURN_ENTRIES`];
  const importedBy = new Map<string, string | undefined>([[entry, undefined]]);
  for (const source of importedBy.keys()) {
    for (const { resolved } of loadedBy(modules.get(source))) {
      if (!importedBy.has(resolved)) importedBy.set(resolved, source);
    }
  }
  return [...importedBy.keys()]
    .filter((source) => TOO_SLOW_FOR_A_TURN.test(source))
    .map((source) => {
      const way = [source];
      for (let by = importedBy.get(source); by !== undefined; by = importedBy.get(by)) way.unshift(by);
      return `too slow for a turn: ${way.join(' → ')}`;
    });
}

function loadedBy(module: IModule | undefined): IDependency[] {
  return (module?.dependencies ?? []).filter(
    ({ dynamic, dependencyTypes }) => !dynamic && !dependencyTypes.includes('type-only'),
  );
}
