/** lowlight with the languages that models write. Heavy: only `loadHighlight` imports it, when it is needed. */
import { common, createLowlight, type LanguageFn } from 'lowlight';

export type Root = ReturnType<ReturnType<typeof createLowlight>['highlight']>;
export type RootContent = Root['children'][number];

/** Names that models write and the grammars don't list. */
const ALIASES = { bash: ['console', 'fish'], ini: ['cfg', 'conf'], json: ['jsonl'], xml: ['vue', 'htm'] };

/** Not among the common ones, and one import away from all 190. */
const dockerfile: LanguageFn = (hljs) => ({
  name: 'Dockerfile',
  aliases: ['docker', 'containerfile'],
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

export function createHighlighter(): {
  knows: (language: string) => boolean;
  highlight: (language: string, code: string) => Root;
} {
  const lowlight = createLowlight({ ...common, dockerfile });
  lowlight.registerAlias(ALIASES);
  return { knows: lowlight.registered, highlight: lowlight.highlight };
}
