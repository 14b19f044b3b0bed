import { hostFact } from '../net/host-fact.ts';
import { failed, invalid, noFacts, type Tool } from '../tool.ts';
import { visible } from '../visible.ts';

const LONGEST_URL = 8000;
/** Of a longer one the approver sees all in the body. */
const TITLE_CHARACTERS = 120;

export const open: Tool = {
  name: 'open',
  description: 'Reads a web page as Markdown, or a text. Where it leads to another host it says so.',
  parameters: {
    type: 'object',
    properties: {
      url: { type: 'string', minLength: 1, description: 'With https://' },
    },
    required: ['url'],
    additionalProperties: false,
  },
  effect: 'network',
  recovery: 'rerun',
  async prepare(args, scene) {
    const url = args['url'] as string;
    if (url.length > LONGEST_URL) return invalid('/url', `is longer than ${LONGEST_URL} characters`);
    const target = hostFact('url', url);
    if (target === undefined) return invalid('/url', 'is no URL: give all of it, as https://example.org/a');
    const shown = visible(target.url);
    const isLong = shown.length > TITLE_CHARACTERS;
    return {
      facts: { ...noFacts, hosts: [target] },
      presentation: {
        title: `Open ${isLong ? `${shown.slice(0, TITLE_CHARACTERS)} …` : shown}`,
        ...(isLong && { body: shown }),
      },
      async execute(_, context) {
        // Policy has denied it before.
        if (target.refused)
          return failed({ code: 'url_refused', message: `${shown} is not opened (${target.refused})` });
        const { openPage } = await import('./open-page.ts');
        return openPage(target, scene, context);
      },
    };
  },
};
