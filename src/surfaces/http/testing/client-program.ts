/** `node client-program.ts <path>`: connects, and prints `connected`, `nobody` or the code of the error. */
import { systemClock } from '../../../base/clock.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import { connectControl } from '../../../adapters/control/connect-control.ts';

try {
  const host = await connectControl({ path: process.argv[2]!, version: '1.0.0', clock: systemClock });
  console.log(host ? 'connected' : 'nobody');
  await host?.leave();
} catch (error) {
  console.log(error instanceof RuntimeError ? error.code : error);
}
