/** Machines that take from a sandbox what it is made of. */
import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { test } from './support/place.ts';

/** As in a container that may do nothing: no namespaces, and a root without rights. */
const BARE = [
  'bwrap',
  '--dev-bind',
  '/',
  '/',
  '--unshare-user',
  '--uid',
  '0',
  '--disable-userns',
  '--cap-drop',
  'ALL',
  '--',
];

test('a root without rights has the sandbox that needs none', async ({ place, skip }) => {
  const [program, ...before] = BARE;
  if (spawnSync(program!, [...before, 'true']).status !== 0) skip('needs a bubblewrap that may make such a container');
  place.play([{ match: { any: true }, reply: { text: 'hi' } }], { sandbox: { mode: 'auto' } });
  const doctor = await place.run(['doctor'], { shell: `exec ${BARE.join(' ')} "$@"` });
  expect(doctor.stdout).toMatch(/sandbox +landlock: commands change the project alone/);
});
