/** Pages of sessions that want to be more than text. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../../contract/entries.ts';
import { createWorld, PERSON, reply, result, type World } from '../../../engine/testing/world.ts';
import { verifyJournal } from '../../../engine/proof/verify.ts';
import { htmlPage } from './html-page.ts';
import { escaped, rendered } from './html-text.ts';
import { markdownPage } from './markdown-page.ts';
import type { Shown } from './page.ts';

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</pre></style></title></details><svg onload=alert(1)>',
  '[link](javascript:alert(1)) [data](data:text/html,<script>1</script>) ![i](https://evil.example/i.png)',
  '[a](https://ok.example/"onclick="alert(1)) <https://ok.example/?a=1&b=2>',
  '<a href="javascript:alert(1)">x</a>\n\n<iframe src="https://evil.example"></iframe>',
  '```\n``````\n# not a heading\n`````` \n~~~',
  '````html\n<b>\n````',
  '\u001b[31mred\u001b[0m \u0007 \u202eevil\u202c \u0000',
  '- [x] done\n- [ ] open\n\n| a | b |\n|---|---|\n| <i> | `</td>` |',
  '&lt;script&gt; &#60;script&#62;alert(1)&#60;/script&#62;',
  '>'.repeat(3000),
  '*'.repeat(500),
];

/** Every tag that a page may hold, whole: no other attribute, and no address of anything but a link. */
const TAGS = new RegExp(
  `^<(?:${[
    '!doctype html', 'html lang="en"', 'meta charset="utf-8"', 'meta name="(?:viewport|referrer)" content="[\\w=,. -]+"',
    'meta http-equiv="Content-Security-Policy" content="[^"<>]+"',
    '/?(?:html|head|title|style|body|main|h1|h2|h3|dl|dt|dd|table|thead|tbody|tr|th|td|p|pre|code|strong|em|del|blockquote|ul|ol|li|summary|details|div|span|section|footer|a)',
    'br', 'hr', 'ol start="\\d+"', 'ul class="steps"', '(?:section|details) id="[\\w.-]+"', 'a href="#turn-\\d+"',
    '(?:div|span|p|pre) class="[a-z ]+"',
    'a href="(?:https?://|mailto:)[^"<>\\s]*" rel="noreferrer noopener nofollow"',
  ].join('|')})>$`,
); // prettier-ignore

function expectHarmless(html: string): void {
  for (const [tag] of html.matchAll(/<[^>]*>?/g)) expect(tag).toMatch(TAGS);
  // eslint-disable-next-line no-control-regex -- that is what may not be there
  expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/);
}

async function text(page: AsyncIterable<string>): Promise<string> {
  let whole = '';
  for await (const piece of page) whole += piece;
  return whole;
}

async function shownOf(world: World): Promise<Shown> {
  const list = world.lines.get('s')!;
  const report = await verifyJournal({
    session_id: 's',
    read: (visit) => world.journal.read('s', visit),
    blobs: world.blobStore,
    hasHead: false,
  });
  const entries = async function* (): AsyncGenerator<Entry> {
    yield* list;
  };
  return { entries, blobs: world.blobStore, report, exported_at: 0, build: 'test' };
}

/** A session that holds the text wherever a person, a model or a tool can put one. */
async function sessionSaying(hostile: string): Promise<World> {
  const world = createWorld();
  const { live } = await world.send('s', hostile);
  (await world.nextAsk()).answer(
    reply(hostile, ['look', { a: hostile }], ['send_mail', { a: hostile }], [hostile.slice(0, 60), {}]),
  );
  (await world.nextRun()).answer({ ...result(hostile), error: { code: 'x', message: hostile } });
  await live.runner.rest();
  const { approval_id } = world.last('s', 'approval.requested').data;
  const by = { actor: { ...PERSON, display: hostile }, via: hostile };
  await live.runner.post({ type: 'approval.resolved', data: { approval_id, outcome: 'denied', by, reason: hostile } });
  (await world.nextAsk()).answer(reply(hostile));
  await live.runner.rest();
  return world;
}

describe.each(HOSTILE.map((hostile) => [JSON.stringify(hostile.slice(0, 60)), hostile] as const))(
  '%s',
  (_, hostile) => {
    test('is nothing but text in HTML', async () => {
      const html = await text(htmlPage(await shownOf(await sessionSaying(hostile))));
      expectHarmless(html);
      expect(html.match(/<section /g)).toHaveLength(1);
      expect(html.endsWith('</html>\n')).toBe(true);
    });

    test('ends no fence in Markdown', async () => {
      const markdown = await text(markdownPage(await shownOf(await sessionSaying(hostile))));
      // eslint-disable-next-line no-control-regex -- that is what may not be there
      expect(markdown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e]/);
      expect(outsideFences(markdown).filter((line) => /^#{1,2} /.test(line))).toEqual([
      '# Session `s`', '## Turn 1', '## How to verify',
    ]); // prettier-ignore
      expect(outsideFences(markdown).filter((line) => line.includes('<') && !line.includes('`'))).toEqual([]);
    });
  },
);

/** The lines that a reader of Markdown takes for more than the content of a fence. */
function outsideFences(markdown: string): string[] {
  let fence = '';
  return markdown.split('\n').filter((line) => {
    const run = /^`{3,}/.exec(line)?.[0] ?? '';
    if (fence === '') {
      fence = run;
      return run === '';
    }
    if (run.length >= fence.length && line.trim() === run) fence = '';
    return false;
  });
}

test('any Markdown at all stays harmless, and no text of it gets lost', () => {
  const pieces = fc.constantFrom('<', '>', '"', "'", '&', '`', '*', '_', '[', '](', ')', '!', '\n', '#', '|', '-', ' ', 'a', 'https://x.example', 'javascript:', '<script>', '\u202e', '\\'); // prettier-ignore
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
      expectHarmless(rendered(parts.join('')));
      expectHarmless(escaped(parts.join('')));
    }),
    { numRuns: 1000 },
  );
});

test('a page loads and runs nothing, and says who granted what', async () => {
  const world = await sessionSaying('hello');
  const html = await text(htmlPage(await shownOf(world)));
  expect(html).toMatch(
    /content="default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'"/,
  );
  expect(html).not.toMatch(/<(?:script|link|img|iframe|object|form|input|svg|base)\b/i);
  expect(html).toContain('<span class="badge good">verified</span>');
  expect(html).toContain('denied by hello via hello at');
  expect(html).toContain('runtime session verify &lt;file&gt;');
  expect(html).toContain(world.lines.get('s')!.length.toString());
});
