/**
 * Doesn't ask again and again where nobody answers: after some failures in a row an endpoint counts as down, and for a
 * while each request to it fails at once, so that a fallback is asked without a wait. Then one request tries it.
 */
import type { Clock } from '../../base/clock.ts';
import type { ModelAnswer } from '../../contract/messages.ts';
import type { ModelClient } from '../../contract/ports.ts';
import type { ModelFailureClass } from '../../contract/values.ts';
import { failureOf, ModelFault } from './reply/fault.ts';

/** Failures that say something of the endpoint, and nothing of the request. */
const OF_ENDPOINT: ReadonlySet<ModelFailureClass> = new Set(['overload', 'timeout', 'network']);

const MOST_FAILURES = 5;
/** How long it counts as down, doubled each time the try fails, up to the last. */
const DOWN_MS = 15_000;
const LONGEST_DOWN_MS = 5 * 60_000;

interface Health {
  failures: number;
  /** How often in a row it was found to be down. */
  downs: number;
  downUntil: number;
  trying: boolean;
}

export interface Breaker {
  /** The client, asked only while its endpoint answers. Clients of one endpoint share what is known of it. */
  guard(endpoint: string, client: ModelClient): ModelClient;
}

export function createBreaker(clock: Clock): Breaker {
  const endpoints = new Map<string, Health>();

  function healthOf(endpoint: string): Health {
    const known = endpoints.get(endpoint) ?? { failures: 0, downs: 0, downUntil: 0, trying: false };
    endpoints.set(endpoint, known);
    return known;
  }

  function learn(health: Health, answer: ModelAnswer): ModelAnswer {
    if (!answer.ok && answer.class === 'aborted') return answer;
    if (answer.ok || !OF_ENDPOINT.has(answer.class)) {
      Object.assign(health, { failures: 0, downs: 0, downUntil: 0 });
      return answer;
    }
    health.failures++;
    if (health.failures < MOST_FAILURES) return answer;
    health.downUntil = clock.now() + Math.min(DOWN_MS * 2 ** health.downs, LONGEST_DOWN_MS);
    health.downs++;
    health.failures = MOST_FAILURES - 1; // the next failure is one too many again
    return { ...answer, hint: 'endpoint_down' };
  }

  return {
    guard: (endpoint, client) => ({
      async ask(request, context) {
        const health = healthOf(endpoint);
        const wait = health.downUntil - clock.now();
        if (health.downUntil > 0 && (wait > 0 || health.trying)) return down(endpoint, Math.max(wait, 0));
        const tries = health.downUntil > 0;
        health.trying = tries;
        try {
          return learn(health, await client.ask(request, context));
        } finally {
          if (tries) health.trying = false;
        }
      },
    }),
  };
}

function down(endpoint: string, wait: number): ModelAnswer {
  const message = `${endpoint} failed ${MOST_FAILURES} times in a row and is not asked for now`;
  const failure = failureOf(new ModelFault('overload', 'endpoint_down', message, { retryAfterMs: wait }));
  // Nothing was sent: nothing can have been charged.
  return { ...failure, hint: 'endpoint_down', usage: { input: 0, output: 0, cached: 0, reasoning: 0 } };
}
