/** Files that a program goes by though nobody names them to it: those with names that it knows, and modules beside a script. */
import { closeSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openFile } from '../../../base/files/open-file.ts';
import type { Names } from './pattern-files.ts';

/** The nearest one of a script, in its folder or around it, says how it is taken. */
const NODE = /^(?:node(?:js)?|tsx|ts-node|electron|bun)$/;
const TOLD_NODE = /^(?:package|tsconfig(?:\..+)?)\.json$/;

/** What these programs are told by: names in the folder where they are run, and paths from there. */
const TOLD_BY: readonly [programs: RegExp, files: RegExp, deeper?: readonly string[]][] = [
  // Of many languages.
  // By rules that it has itself, make makes a file from one of these before it goes by it.
  [/^(?:[bgp]?make|remake)$/, /^(?:GNU|BSD)?[Mm]akefile(?:\.sh|,v)?$/, ['RCS/Makefile,v', 'SCCS/s.Makefile']],
  [/^(?:cmake|ctest|cpack)$/, /^(?:CMakeLists\.txt|CMake(?:User)?Presets\.json|CMakeCache\.txt|CTest\w+\.cmake|cmake_install\.cmake|Makefile|build\.ninja)$/],
  [/^(?:meson|ninja)$/, /^(?:meson\.build|meson(?:_options\.txt|\.options)|build\.ninja)$/],
  [/^(?:bazel(?:isk)?|buck2?)$/, /^(?:MODULE\.bazel|WORKSPACE(?:\.bazel)?|BUILD(?:\.bazel)?|\.bazelrc|BUCK|\.buckconfig)$/],
  [/^just$/, /^\.?justfile$/i],
  [/^task$/, /^(?:[Tt]askfile(?:\.dist)?|\.taskrc)\.ya?ml$/],
  [/^(?:mise|rtx|asdf)$/, /^(?:\.?(?:mise|rtx)(?:\.[\w.-]+)?\.toml|\.tool-versions)$/, ['mise/config.toml', '.mise/config.toml', '.config/mise.toml', '.config/mise/config.toml']],
  [/^direnv$/, /^\.env(?:rc)?$/],
  [/^(?:foreman|honcho|hivemind|overmind|goreman|heroku)$/, /^(?:Procfile(?:\..+)?|\.env|\.foreman|\.overmind\.env)$/],
  [/^(?:pre-commit|lefthook)$/, /^\.?(?:pre-commit-config|lefthook(?:-local)?)\.(?:ya?ml|toml|json)$/],
  [/^nix(?:-.+)?$/, /^(?:flake\.(?:nix|lock)|(?:default|shell)\.nix)$/],

  // JavaScript.
  [NODE, TOLD_NODE],
  [/^(?:npm|npx|pnpm|pnpx|yarn|bunx?|turbo|nx|lerna|corepack)$/, /^(?:(?:package(?:-lock)?|npm-shrinkwrap|project|nx|lerna)\.json|server\.js|binding\.gyp|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|turbo\.jsonc?|\.npmrc|\.yarnrc(?:\.yml)?|\.pnp\.[cm]?js|\.pnpmfile\.[cm]?js|pnpm-workspace\.yaml|bunfig\.toml)$/],
  [/^deno$/, /^(?:deno\.(?:jsonc?|lock)|package\.json)$/],
  [/^(?:eslint|biome|oxlint|dprint|prettier|stylelint|tsc|vite|vitest|jest|mocha|karma|ava|wdio|webpack|rollup|esbuild|babel|swc|next|nuxt|astro|ng|playwright|cypress|nodemon|lint-staged|gulp|grunt)$/, /^(?:.+\.conf(?:ig)?\.[cm]?[jt]s|.+\.workspace\.[cm]?[jt]s|\.\w+rc(?:\.\w+)?|tsconfig(?:\..+)?\.json|(?:package|angular|nodemon)\.json|\.?(?:biome|dprint)\.jsonc?|gulpfile\..*|Gruntfile\..*)$/],

  // Python.
  [/^(?:pytest|py\.test|tox|nox|pip\d*|pipenv|uvx?|poetry|pdm|hatch|python[\d.]*)$/, /^(?:conftest\.py|\.?pytest\.ini|tox\.(?:ini|toml)|noxfile\.py|setup\.(?:py|cfg)|(?:pyproject|uv|poetry|pdm|hatch|pylock(?:\..+)?)\.toml|Pipfile(?:\.lock)?|(?:uv|poetry|pdm)\.lock)$/],
  [/^(?:mypy|dmypy|black|ruff|pylint|flake8|coverage|mkdocs|alembic)$/, /^(?:\.?mypy\.ini|\.?pylintrc(?:\.toml)?|\.flake8|\.coveragerc|mkdocs\.yml|\.?ruff\.toml|alembic\.ini|setup\.cfg|tox\.ini|pyproject\.toml)$/],
  [/^(?:invoke|inv|fab|doit|snakemake|scons)$/, /^(?:(?:tasks|fabfile|dodo)\.py|(?:invoke|fabric)\.ya?ml|Snakefile|SConstruct(?:\.py)?)$/i],

  // Ruby, Perl, Lua, R, PHP.
  [/^j?ruby[\d.]*$/, /\.rb$/],
  [/^(?:bundle|rake|rspec|rubocop|guard|cap|thor|pod|fastlane|rails)$/, /^(?:Gemfile(?:\.lock)?|gems\.(?:rb|locked)|[Rr]akefile(?:\.rb)?|\.rspec(?:-local)?|\.rubocop\.yml|(?:Guard|Cap|Thor|Pod)file|Podfile\.lock)$/, ['.bundle/config', 'fastlane/Fastfile', 'bin/rails']],
  [/^perl[\d.]*$/, /\.p[lm]$/],
  [/^lua(?:jit)?[\d.]*$/, /\.(?:lua|so)$/],
  [/^(?:R|Rscript)$/, /^\.(?:Rprofile|Renviron|RData)$/],
  [/^(?:composer|phpunit)$/, /^(?:composer\.(?:json|lock)|phpunit\.xml(?:\.dist)?)$/],

  // What is compiled.
  [/^(?:cargo(?:-.+)?|rustup|rustc)$/, /^(?:Cargo\.(?:toml|lock)|build\.rs|rust-toolchain(?:\.toml)?)$/, ['.cargo/config', '.cargo/config.toml']],
  [/^go$/, /^go\.(?:mod|sum|work(?:\.sum)?)$|\.go$/],
  [/^gradlew?$/, /^(?:(?:build|settings)\.gradle(?:\.kts)?|gradle\.(?:properties|lockfile))$/, ['gradle/libs.versions.toml', 'gradle/wrapper/gradle-wrapper.jar', 'gradle/wrapper/gradle-wrapper.properties']],
  [/^mvn[dw]?$/, /^pom\.xml$/, ['.mvn/maven.config', '.mvn/jvm.config', '.mvn/extensions.xml', '.mvn/wrapper/maven-wrapper.jar', '.mvn/wrapper/maven-wrapper.properties']],
  [/^(?:ant|sbt|lein|clj|clojure|bb)$/, /^(?:build\.xml|.+\.sbt|project\.clj|(?:deps|bb)\.edn)$/, ['project/build.properties', 'project/plugins.sbt']],
  [/^(?:dotnet|msbuild)$/, /^(?:.+\.(?:(?:cs|fs|vb)proj|slnx?)|Directory\.\w+\.(?:props|targets|rsp)|global\.json|packages\.lock\.json|nuget\.config)$/i],
  [/^(?:stack|cabal)$/, /^(?:stack\.ya?ml(?:\.lock)?|package\.yaml|.+\.cabal|cabal\.project(?:\..+)?|Setup\.l?hs)$/],
  [/^(?:swift|dart|flutter|zig|mix|crystal|shards)$/, /^(?:Package\.(?:swift|resolved)|pubspec\.(?:yaml|lock)|build\.zig(?:\.zon)?|\.?mix\.(?:exs|lock)|shard\.(?:yml|lock))$/],

  // What is put somewhere.
  [/^(?:docker|podman|docker-compose|podman-compose)$/, /^(?:Dockerfile|Containerfile|(?:docker-|podman-)?compose(?:\.override)?\.ya?ml|docker-bake(?:\.override)?\.(?:hcl|json)|\.env)$/],
  [/^(?:terraform|tofu|terragrunt|pulumi)$/, /^(?:.+\.(?:tf|tofu|tfvars)(?:\.json)?|terragrunt\.hcl|\.terraform\.lock\.hcl|Pulumi(?:\..+)?\.yaml)$/],
  [/^ansible(?:-.+)?$/, /^ansible\.cfg$/],
  [/^(?:vagrant|skaffold|tilt|earthly|helmfile)$/, /^(?:Vagrantfile|skaffold\.yaml|Tiltfile|Earthfile|helmfile\.ya?ml)$/],
  [/^(?:cdk|sam|serverless|sls|wrangler|vercel|netlify|firebase)$/, /^(?:(?:cdk|vercel|firebase)\.json|samconfig\.toml|template\.ya?ml|serverless\.\w+|wrangler\.(?:toml|jsonc?)|netlify\.toml)$/],
]; // prettier-ignore

/**
 * They look for modules first beside the script that they run, and without one where they are run, also for those of their own
 * library: `json.py` of the folder is `json` for them.
 */
const PYTHON =
  /^(?:(?:[bi]?python|pypy)[\d.]*t?|pytest|py\.test|coverage|flask|gunicorn|uvicorn|celery|invoke|inv|doit)$/;
const SCRIPT = /\.pyw?$/;
const MODULE = /\.(?:pyw?|pyc|so|pyd)$/;
const PACKAGE = ['__init__.py', '__init__.pyc', '__main__.py'];

/** What these find by a name besides the file of this name. */
const ENDINGS: readonly [programs: RegExp, endings: readonly string[]][] = [
  [/^(?:node(?:js)?|tsx|ts-node|bun|electron)$/, ['.js', '/index.js']],
  [/^java$/, ['.class']],
  [/^(?:[bgp]?make|remake)$/, ['.sh', ',v']],
  [/^(?:unzip|zipinfo)$/, ['.zip', '.ZIP']],
  [/^(?:g(?:un)?zip|zcat|zgrep)$/, ['.gz', '-gz', '.z', '-z', '_z', '.Z']],
  [PYTHON, ['.py', '/__main__.py']],
];

/** No system reads more of a first line. */
const FIRST_LINE_BYTES = 512;

/** Of Linux and of macOS: no script of any language, as `/usr/bin/python3` itself. */
const MACHINE_CODE = /^(?:\x7fELF|\xcf\xfa\xed\xfe|\xca\xfe\xba\xbe)/;

export function endingsOf(programs: readonly string[]): string[] {
  return ['', ...ENDINGS.flatMap(([names, those]) => (programs.some((name) => names.test(name)) ? those : []))];
}

/** In its folder, which nobody names to it. */
export function isToldByFiles(program: string): boolean {
  return PYTHON.test(program) || TOLD_BY.some(([names]) => names.test(program));
}

/**
 * What programs may go by that their words don't name: these and those that first lines of the files that are named tell of.
 * The first of the folders is where the line is run. `isAll`: as many names as lie there were looked at.
 */
export function unnamedFiles(
  programs: readonly string[],
  words: readonly string[],
  named: readonly string[],
  folders: readonly string[],
  names: Names,
): { paths: string[]; isAll: boolean } {
  const starts = named.map((path) => ({ path, text: startOf(path) }));
  const run = [...new Set([...programs, ...starts.flatMap(({ text }) => interpretersOf(text))])];
  const told = TOLD_BY.filter(([those]) => run.some((name) => those.test(name)));
  const isPython = run.some((name) => PYTHON.test(name));
  const scripts = starts.filter(({ path, text }) => (isPython || SCRIPT.test(path)) && !MACHINE_CODE.test(text));
  const beside = scripts.map(({ path }) => dirname(path));
  const withModules = new Set([...(isPython ? folders : []), ...beside]);
  const paths = folders.flatMap((one) => told.flatMap(([, , deeper = []]) => deeper.map((path) => join(one, path))));
  if (isPython) paths.push(...words.flatMap(modulesOf(folders[0]!)));
  const looked = new Set([...(told.length > 0 ? folders : []), ...withModules]);
  const around = run.some((name) => NODE.test(name)) ? named.flatMap((path) => foldersAround(path)) : [];
  for (const one of new Set(around))
    for (const name of names.in(one)) if (TOLD_NODE.test(name)) paths.push(join(one, name));
  for (const one of looked) {
    for (const name of names.in(one)) {
      if (told.some(([, files]) => files.test(name))) paths.push(join(one, name));
      if (withModules.has(one)) paths.push(...modulesAs(join(one, name)));
    }
  }
  return { paths, isAll: (looked.size === 0 && around.length === 0) || names.more() };
}

/** Those that hold a file, the nearest first. */
function foldersAround(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersAround(folder)];
}

/** Each byte as a character. Empty where it can't be read. */
function startOf(real: string): string {
  const file = openFile(real);
  if ('code' in file) return '';
  try {
    const start = Buffer.alloc(FIRST_LINE_BYTES);
    return start.toString('latin1', 0, readSync(file.fd, start, 0, start.length, 0));
  } catch {
    return '';
  } finally {
    closeSync(file.fd);
  }
}

/** All names of a first line `#!…`: before that of the program `env` may have its own, options and variables. */
function interpretersOf(start: string): string[] {
  const [, line] = /^#!(.*)/.exec(start) ?? [];
  // `env -Smake` and `env --split-string=make` are one word.
  const words = line?.split(/(?:[\s"']|\\_)+/) ?? [];
  return words.map((word) => basename(word.replace(/^(?:-\w*S|--[\w-]+=)/, '')));
}

/** Of what lies in a folder: a module, or a folder that may be a package. */
function modulesAs(path: string): string[] {
  if (MODULE.test(path)) return [path];
  return basename(path).includes('.') ? [] : PACKAGE.map((file) => join(path, file));
}

/** Of `-m a.b`. */
function modulesOf(folder: string): (word: string) => string[] {
  return (word) => {
    if (!/^[\w]+(?:\.\w+)+$/.test(word)) return [];
    const path = join(folder, word.replaceAll('.', '/'));
    return [
      `${path}.py`,
      ...PACKAGE.map((file) => join(path, file)),
      ...PACKAGE.map((file) => join(dirname(path), file)),
    ];
  };
}
