/**
 * lowlight with the languages that models write. Heavy: only `loadHighlight` imports it, when it is needed. A grammar is
 * made when a block of code first asks for it: all together take a hundredth of a second.
 */
import { common, createLowlight, type LanguageFn } from 'lowlight';

export type Root = ReturnType<ReturnType<typeof createLowlight>['highlight']>;
export type RootContent = Root['children'][number];

/**
 * The names that models write most, and those that the grammars don't list themselves. Who writes another one waits for all
 * grammars.
 */
const ALIASES: Record<string, string[]> = {
  bash: ['sh', 'zsh', 'console', 'fish'],
  cpp: ['c++'],
  csharp: ['cs'],
  dockerfile: ['docker', 'containerfile'],
  go: ['golang'],
  ini: ['toml', 'cfg', 'conf'],
  javascript: ['js', 'jsx', 'mjs'],
  json: ['jsonl', 'jsonc'],
  makefile: ['make'],
  markdown: ['md'],
  python: ['py'],
  ruby: ['rb'],
  rust: ['rs'],
  typescript: ['ts', 'tsx'],
  xml: ['html', 'htm', 'svg', 'vue'],
  yaml: ['yml'],
};

/** Grammars with code of others inside. */
const EMBEDDED: Record<string, string[]> = {
  dockerfile: ['bash'],
  javascript: ['css', 'graphql', 'xml'],
  markdown: ['xml'],
  'php-template': ['php', 'xml'],
  'python-repl': ['python'],
  shell: ['bash'],
  typescript: ['css', 'graphql', 'xml'],
  xml: ['css', 'javascript'],
  yaml: ['ruby'],
};

/** Not among the common ones, and one import away from all 190. */
const dockerfile: LanguageFn = (hljs) => ({
  name: 'Dockerfile',
  case_insensitive: true,
  keywords: ['from', 'as', 'maintainer', 'expose', 'env', 'arg', 'user', 'onbuild', 'stopsignal'],
  contains: [
    hljs.HASH_COMMENT_MODE,
    hljs.APOS_STRING_MODE,
    hljs.QUOTE_STRING_MODE,
    hljs.NUMBER_MODE,
    {
      beginKeywords: 'run cmd entrypoint volume add copy workdir label healthcheck shell',
      starts: { end: /[^\\]$/, subLanguage: 'bash' },
    },
  ],
});

const GRAMMARS: Record<string, LanguageFn> = { ...common, dockerfile };

export function createHighlighter(): {
  knows: (language: string) => boolean;
  highlight: (language: string, code: string) => Root;
} {
  const lowlight = createLowlight();
  const names = new Map(Object.entries(ALIASES).flatMap(([name, aliases]) => aliases.map((alias) => [alias, name])));
  const register = (wanted: string[]): void => {
    for (const name of wanted) {
      if (lowlight.listLanguages().includes(name)) continue;
      lowlight.register(name, GRAMMARS[name]!);
      register(EMBEDDED[name] ?? []);
    }
  };
  return {
    knows(language) {
      if (lowlight.registered(language)) return true;
      const name = names.get(language) ?? language;
      register(Object.hasOwn(GRAMMARS, name) ? [name] : Object.keys(GRAMMARS));
      lowlight.registerAlias(ALIASES); // after the grammars' own, which some contradict
      return lowlight.registered(language);
    },
    highlight: lowlight.highlight,
  };
}
