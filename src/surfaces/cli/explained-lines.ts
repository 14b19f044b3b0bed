/** What rules make of a call, as a person reads it. */
import type { ExplainedPolicy, ExplainedRule } from '../../contract/policy-explained.ts';
import { oneLine } from '../terminal/width.ts';
import { wrapWords } from '../terminal/wrap-words.ts';
import type { Output } from './io.ts';
import { paint } from './paint.ts';
import { VERDICT_WORDS } from './verdict-words.ts';

const USUAL_COLUMNS = 100;
const LEAST_COLUMNS = 40;

const HOLDS: Record<ExplainedRule['holds'], string> = {
  yes: 'holds',
  maybe: 'may hold: nobody can tell',
  partly: 'holds for a part of it',
  no: 'does not hold',
};

/** The rules that look at the tool, with what is missing of each. */
export function explainedLines(
  { rules, uncovered }: ExplainedPolicy,
  output: Pick<Output, 'colour' | 'columns'>,
): string[] {
  if (rules.length === 0) return ['no rule looks at this tool'];
  const open = uncovered.map((part) => `no rule allows ${part}`);
  return [...rules.flatMap((rule) => ruleLines(rule, output)), ...open.flatMap((text) => wrapped(text, '', output))];
}

function ruleLines(rule: ExplainedRule, output: Pick<Output, 'colour' | 'columns'>): string[] {
  const { id, decision, reason, holds, unmet, uncovered = [] } = rule;
  const head = `${id} (${VERDICT_WORDS[decision]}) ${HOLDS[holds]}${reason === undefined ? '' : `: ${reason}`}`;
  const missing = [
    ...unmet.map(({ condition, wanted, found, answer }) =>
      answer === 'no'
        ? `${condition} is not ${wanted}: ${found}`
        : `${condition} may be ${wanted}, nobody can tell: ${found}`,
    ),
    ...uncovered.map(({ part, lacks }) => `not for ${part} (${lacks.join(', ')})`),
  ];
  const [first = '', ...others] = wrapped(head, '', output);
  return [paint(output, 'bold', first), ...others, ...missing.flatMap((text) => wrapped(text, '  ', output))];
}

function wrapped(text: string, indent: string, { columns = USUAL_COLUMNS }: Pick<Output, 'columns'>): string[] {
  const width = Math.max(LEAST_COLUMNS, columns - indent.length - 3);
  return wrapWords(oneLine(text), width).map((line, index) => `${indent}${index === 0 ? '' : '  '}${line}`);
}
