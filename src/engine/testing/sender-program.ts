/**
 * `node sender-program.ts <home> <round>`: owns the workspace with lanes, and sends messages to both of them without end;
 * says the id of each that was accepted. It is killed from outside.
 */
import { systemClock } from '../../base/clock.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { createHub } from '../hub/hub.ts';
import { openWorkspace } from '../wire.ts';

const SESSIONS = 7;
const workspace = await openWorkspace({ environment: { RUNTIME_HOME: process.argv[2]! }, overrides: new Map() });
const hub = createHub(workspace, { takes: 'all', version: 'test' });
for (let n = 0; ; n++) {
  const text = `round ${process.argv[3]} message ${n}${n % 8 === 1 ? ', soon' : ''}`; // some take their time
  try {
    const { event_id } = await hub.submit({
      parts: [{ type: 'text', text }],
      session_id: `s${n % SESSIONS}`,
      root: '/',
      lane: n % 3 === 0 ? 'interactive' : 'background',
      source: `sender ${n % 2}`,
      idempotency_key: text,
    });
    process.stdout.write(`${event_id}\n`);
  } catch (thrown) {
    if (!(thrown instanceof RuntimeError) || thrown.code !== 'lane_full') throw thrown;
    process.stdout.write('full\n');
    await new Promise<void>((resolve) => systemClock.at(systemClock.now() + 5, resolve));
  }
}
