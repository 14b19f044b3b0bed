/** Errors of the store name files. Where they lie on the daemon's machine is for who runs it: its operators, and its log. */
import { errorCatalogue, RuntimeError } from '../../contract/errors.ts';
import { httpStatus } from '../../contract/http-status.ts';
import type { Actor } from '../../contract/values.ts';
import { isOperator } from '../../engine/principal.ts';
import { problemIn, ProblemWith } from './answer.ts';

const ABSOLUTE_PATH = /(^|[^\w/.])\/[^\s/]/;
const OUR_FAULT = 500;

/** What was thrown, as `actor` may be told. `tell` is given what they aren't. */
export function hidePaths(thrown: unknown, actor: Actor, tell: (whole: RuntimeError) => void): unknown {
  const whole = problemIn(thrown);
  const { code, message, next } = whole;
  if (isOperator(actor) || httpStatus[code] < OUR_FAULT || !ABSOLUTE_PATH.test(`${message} ${next}`)) return thrown;
  tell(whole);
  const told = new RuntimeError(code, 'Something failed on the machine of the daemon; its log says what.', {
    next: ABSOLUTE_PATH.test(next) ? errorCatalogue[code].next : next,
    cause: whole,
  });
  return thrown instanceof ProblemWith ? new ProblemWith(told, thrown.further) : told;
}
