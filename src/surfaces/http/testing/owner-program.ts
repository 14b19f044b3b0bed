/** `node owner-program.ts <path>`: serves a fake host there until it is killed, or told `leave` on its standard input. */
import { systemClock } from '../../../base/clock.ts';
import { systemIds } from '../../../base/ids.ts';
import { serveControl } from '../control/serve-control.ts';
import { createFakeHost } from './fake-host.ts';

const { host, entries, approval, usage } = createFakeHost();
const server = await serveControl({
  path: process.argv[2]!,
  host,
  entries,
  approval,
  usage,
  version: '1.0.0',
  clock: systemClock,
  ids: systemIds(systemClock),
  isTool: () => false,
  warn: (message) => console.error(message),
});
process.stdin.once('data', () => {
  void server!.close({ handed_over: true }).then(() => process.exit());
});
console.log('ready');
