/** Which failures of a model call are tried again, and after how long. */
import type { Manifest } from '../../contract/manifest.ts';
import type { ModelFailureClass } from '../../contract/values.ts';

const RETRIED: ReadonlySet<ModelFailureClass> = new Set(['rate_limit', 'overload', 'timeout', 'network', 'malformed']);

export function isRetried(failure: ModelFailureClass): boolean {
  return RETRIED.has(failure);
}

/** Milliseconds before the next attempt after `counted` failed ones: doubling, but never less than the provider asked for. */
export function retryDelay(rules: Manifest['rules'], counted: number, retryAfterMs: number | undefined): number {
  const backoff = Math.min(rules.retry_base_ms * 2 ** (counted - 1), rules.retry_max_ms);
  const asked = Math.min(retryAfterMs ?? 0, rules.retry_after_max_ms);
  return Math.max(backoff, asked);
}
