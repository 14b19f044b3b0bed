import type { Turn } from '../turn/state.ts';
import type { Step } from './state.ts';

/** The id of the timer after which a step is tried again. */
export function stepTimer({ turn }: Pick<Turn, 'turn'>, { id, attempt }: Pick<Step, 'id' | 'attempt'>): string {
  return `s${turn}.${id}.${attempt}`;
}
