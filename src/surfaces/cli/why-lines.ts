/** A chain of reasons as a person reads it: every line with what says so behind it. */
import type { WhyLine, WhyReport, WhyTopic } from '../../contract/why.ts';
import { oneLine } from '../terminal/width.ts';
import { wrapWords } from '../terminal/wrap-words.ts';
import type { Output } from './io.ts';
import { paint } from './paint.ts';

const TITLES: Record<WhyTopic, string> = {
  asked: 'who asked',
  turn: 'where',
  reply: 'which model',
  budget: 'which budget',
  call: 'what was called',
  inspected: 'what was inspected',
  policy: 'which rules',
  approval: 'which approval',
  started: 'how it was started',
  outcome: 'what came of it',
  answer: 'what was answered',
  followed: 'what followed',
};

/** So much of one tells it from others. */
const DIGEST = /(sha256:[0-9a-f]{12})[0-9a-f]{52}/g;
const USUAL_COLUMNS = 100;
const LEAST_COLUMNS = 40;

export function whyLines({ answer, steps }: WhyReport, output: Pick<Output, 'colour' | 'columns'>): string[] {
  return [
    ...lineOf(answer, '', output, 'bold'),
    ...steps.flatMap(({ topic, lines }) => ['', paint(output, 'bold', TITLES[topic]), ...lines.flatMap((line) => lineOf(line, '  ', output))]), // prettier-ignore
  ];
}

function lineOf(
  { text, evidence, missing }: WhyLine,
  indent: string,
  output: Pick<Output, 'colour' | 'columns'>,
  colour?: 'bold',
): string[] {
  const width = Math.max(LEAST_COLUMNS, (output.columns ?? USUAL_COLUMNS) - indent.length - 3);
  const words = oneLine(missing ? `not known: ${text}` : text).replaceAll(DIGEST, '$1…');
  const cited = evidence.length === 0 ? '' : `(${evidence.map(oneLine).join(', ')})`;
  const wrapped = wrapWords(words, width);
  const last = wrapped.at(-1) ?? '';
  const toned = wrapped.map((line) =>
    missing ? paint(output, 'yellow', line) : colour ? paint(output, colour, line) : line,
  );
  const fits = cited !== '' && last.length + cited.length + 2 <= width;
  const lines = fits ? [...toned.slice(0, -1), `${toned.at(-1)}  ${paint(output, 'dim', cited)}`] : toned;
  const below = fits || cited === '' ? [] : wrapWords(cited, width).map((line) => paint(output, 'dim', line));
  return [...lines, ...below].map((line, index) => `${indent}${index === 0 ? '' : '  '}${line}`);
}
