/** Secrets of the vault that a call gets, as rules name them and as people read of them. */
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { Facts } from '../../contract/values.ts';
import { matchesText } from './patterns.ts';

/** Who allows must have named every one; what forbids is meant where it names any. */
export function meansSecrets(
  { secret = [], decision }: Pick<PolicyRule, 'secret' | 'decision'>,
  { secrets = [] }: Pick<Facts, 'secrets'>,
): boolean {
  const isNamed = ({ name }: { name: string }): boolean => secret.some((one) => matchesText(one, name));
  return decision === 'allow' ? secrets.length > 0 && secrets.every(isNamed) : secrets.some(isNamed);
}

export function secretsText(secrets: NonNullable<Facts['secrets']>): string {
  const names = [...new Set(secrets.map(({ name }) => name))];
  return `the secret${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}
