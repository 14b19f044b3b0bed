/** A rule as one line that a person reads and edits: YAML, or JSON. */
import type { JsonValue } from '../base/json.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { RuleText } from '../contract/policy-rule.ts';
import { parseMapping } from './config/load.ts';

/** `{tool: exec_command, command: "npm test", decision: allow}` */
export function ruleLine(rule: RuleText): string {
  return flow(rule);
}

/** A word that YAML takes for nothing but itself. */
const PLAIN = /^[a-z_]*$/;
const NO_TEXT = /^(?:true|false|null|yes|no|on|off)?$/;

function flow(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value).map(([key, one]) => `${flow(key)}: ${flow(one)}`).join(', ')}}`; // prettier-ignore
  }
  if (typeof value === 'string' && PLAIN.test(value) && !NO_TEXT.test(value)) return value;
  return JSON.stringify(value);
}

/** @throws RuntimeError rule_refused */
export async function parseRule(text: string): Promise<RuleText> {
  const { ruleText } = await import('../contract/policy-rule.ts');
  const refuse = (why: string): RuntimeError =>
    new RuntimeError('rule_refused', `the rule can't be read: ${why}`, {
      next: 'Write it as `{tool: exec_command, command: "npm test *", decision: allow}`.',
    });
  const tree = await parseMapping({ path: 'rule', text, exists: true }).catch((thrown: unknown) => {
    throw thrown instanceof RuntimeError ? refuse(thrown.message) : thrown;
  });
  const { success, data } = ruleText.safeParse(tree);
  if (success) return data;
  const { schemaComplaints } = await import('./config/explain.ts');
  throw refuse(
    schemaComplaints(tree, ruleText)
      .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
      .join('; '),
  );
}
