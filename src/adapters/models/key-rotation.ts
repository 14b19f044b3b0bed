/** Several keys of one service: when one is refused or limited, it rests, and the next is used. */
import type { Clock } from '../../base/clock.ts';
import type { ModelAnswer } from '../../contract/messages.ts';
import type { ModelClient } from '../../contract/ports.ts';

/** A refused key is tried again so much later: somebody may have paid, or allowed it. */
const REFUSED_MS = 10 * 60_000;
/** A limited one, where the service doesn't say. */
const LIMITED_MS = 60_000;

/** `clients`: one a key, in order. */
export function createKeyRotation(clients: readonly ModelClient[], clock: Clock): ModelClient {
  const [only, ...others] = clients;
  if (only && others.length === 0) return only;
  const restsUntil = clients.map(() => 0);
  let current = 0;

  /** The next that doesn't rest; undefined: all do. */
  function awake(): number | undefined {
    const now = clock.now();
    for (let step = 0; step < clients.length; step++) {
      const index = (current + step) % clients.length;
      if (restsUntil[index]! <= now) return index;
    }
    return undefined;
  }

  function learn(index: number, answer: ModelAnswer): ModelAnswer {
    if (answer.ok || (answer.class !== 'auth' && answer.class !== 'rate_limit')) return answer;
    const rest = answer.class === 'auth' ? REFUSED_MS : (answer.retry_after_ms ?? LIMITED_MS);
    restsUntil[index] = clock.now() + rest;
    const next = awake();
    if (next === undefined || next === index) return answer; // it needn't rest at all
    current = next;
    return { ...answer, hint: 'other_key' };
  }

  return {
    async ask(request, context) {
      const soonest = restsUntil.indexOf(Math.min(...restsUntil));
      const index = awake() ?? soonest;
      return learn(index, await clients[index]!.ask(request, context));
    },
  };
}
