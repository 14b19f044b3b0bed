/** A session as one HTML file: it runs nothing and loads nothing, and says so itself in its policy. */
import { utcTime } from '../../../base/utc-time.ts';
import { createHash } from 'node:crypto';
import { STYLE } from './html-style.ts';
import { diffed, escaped, preformatted, rendered } from './html-text.ts';
import { aboutOf, howToVerify, verdictOf, type About, type Shown } from './page.ts';
import { turnsOf, type Item, type ShownCall, type Turn } from './turns.ts';

/** Characters of a message in the table of turns. */
const SHORT_LENGTH = 90;

export async function* htmlPage(shown: Shown): AsyncGenerator<string> {
  const about = await aboutOf(shown.entries());
  const rows: string[] = [];
  for await (const turn of turnsOf(shown.entries(), shown.blobs)) rows.push(rowOf(turn));
  yield headOf(shown, about);
  if (rows.length > 0) yield tableOf(rows);
  for await (const turn of turnsOf(shown.entries(), shown.blobs)) yield turnHtml(turn);
  yield footOf(shown, about);
}

function headOf({ report, exported_at, build }: Shown, { title, project_root, created_at, by }: About): string {
  const style = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'`;
  const name = title === '' ? `Session ${report.session_id}` : title;
  const tone = { verified: 'good', partial: 'warn', failed: 'bad' }[report.status];
  const rows: [string, string][] = [
    ['Session', `<code>${escaped(report.session_id)}</code>`],
    ['Project', `<code>${escaped(project_root)}</code>`],
    ['Begun', `${utcTime(created_at)} by ${escaped(by)}`],
    ['Exported', `${utcTime(exported_at)} by runtime ${escaped(build)}`],
    ['Proof', `<span class="badge ${tone}">${report.status}</span> ${escaped(verdictOf(report))}`],
    ['Head', `entry ${report.head.seq}, <code>${escaped(report.head.hash)}</code>`],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(name)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(name)}</h1>
<dl>
${rows.map(([term, value]) => `<dt>${term}</dt><dd>${value}</dd>\n`).join('')}</dl>
`;
}

function tableOf(rows: readonly string[]): string {
  const head = '<tr><th>Turn</th><th>Message</th><th>Ended</th><th>What it took</th></tr>';
  return `<div class="wide turns"><table><thead>${head}</thead>\n<tbody>\n${rows.join('')}</tbody></table></div>\n`;
}

function rowOf({ turn, items, end }: Turn): string {
  const message = items.find((item) => item.kind === 'message');
  const text = (message?.kind === 'message' ? message.text : '').trim().replace(/\s+/g, ' ');
  const short = text.length > SHORT_LENGTH ? `${text.slice(0, SHORT_LENGTH).toWellFormed()}…` : text;
  const link = `<a href="#turn-${turn}">${turn === 0 ? 'waits' : turn}</a>`;
  return `<tr><td>${link}</td><td>${escaped(short)}</td><td>${endBadge(end)}</td><td>${escaped(end?.figures ?? '')}</td></tr>\n`;
}

function endBadge(end: Turn['end']): string {
  if (!end) return '<span class="badge warn">open</span>';
  return `<span class="badge ${end.reason === 'success' ? 'good' : 'bad'}">${escaped(end.reason)}</span>`;
}

function turnHtml({ turn, at, items, end }: Turn): string {
  const name = turn === 0 ? 'Waits for its turn' : `Turn ${turn}`;
  const ending =
    turn === 0 ? '' : `<p class="figures">${endBadge(end)} ${escaped(end ? endText(end) : 'has not ended')}</p>\n`;
  return `<section id="turn-${turn}">
<h2>${name}</h2>
<p class="when">${utcTime(at)}</p>
${items.map(itemHtml).join('')}${ending}</section>
`;
}

function endText({ figures, message }: NonNullable<Turn['end']>): string {
  return message === undefined ? figures : `${figures}. ${message}`;
}

function itemHtml(item: Item): string {
  switch (item.kind) {
    case 'message': {
      const head = `<span class="who">${escaped(item.who)}</span><span class="when">${utcTime(item.at)}</span>`;
      return `<div class="box message">${head}<div class="text">${escaped(item.text)}</div></div>\n`;
    }
    case 'said':
      return `<div class="text">${rendered(item.text)}</div>\n`;
    case 'thought':
      return `<details><summary>Reasoning</summary><div>${preformatted(item.text)}</div></details>\n`;
    case 'reply':
      return `<div class="box reply text">${rendered(item.text)}</div>\n`;
    case 'note':
      return `<p class="note">${escaped(item.text)}</p>\n`;
    case 'call':
      return callHtml(item.call);
  }
}

function callHtml(call: ShownCall): string {
  const { call_id, tool, title = '', arguments: args, body, diff, steps, output, outcome = 'open' } = call;
  const tone = outcome === 'ok' ? 'good' : outcome === 'open' || outcome === 'unknown' ? 'warn' : 'bad';
  const badge = `<span class="badge ${tone}">${escaped(outcome)}</span>`;
  const part = (name: string, html: string | undefined): string =>
    html === undefined ? '' : `<h3>${name}</h3>${html}`;
  const filled = (text: string | undefined, html: (text: string) => string): string | undefined =>
    text === undefined || text === '' ? undefined : html(text);
  return `<details id="${escaped(call_id)}"><summary>${badge}<code>${escaped(tool)}</code> ${escaped(title)}</summary>
<div><ul class="steps">${steps.map((step) => `<li>${escaped(step)}</li>`).join('')}</ul>
${part('Arguments', filled(args, preformatted))}${part('Shown to the approver', filled(body, preformatted))}${part('Diff', filled(diff, diffed))}${part('Output', filled(output, preformatted))}</div></details>
`;
}

function footOf(shown: Shown, about: About): string {
  const lines = howToVerify(shown, about).map((line) => `<li>${withCode(line)}</li>`);
  return `<footer><h2>How to verify</h2>\n<ol>${lines.join('\n')}</ol></footer>
</main>
</body>
</html>
`;
}

/** Commands between backticks. */
function withCode(line: string): string {
  return line
    .split('`')
    .map((text, index) => (index % 2 === 1 ? `<code>${escaped(text)}</code>` : escaped(text)))
    .join('');
}
