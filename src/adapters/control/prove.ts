import { readFileSync, writeFileSync } from 'node:fs';
import { createSerial } from '../../base/serial.ts';
import { RuntimeError } from '../../contract/errors.ts';

const NAME = '/proc/self/comm';

/** A process has one name: proofs take turns. */
const inOrder = createSerial();

/**
 * Calls `prove` while this process has a name that its owner chose. Only a process itself can change its name, so the
 * owner sees that it speaks with this one. The name is as before in the end; words of the command line stay untouched.
 */
export function underName<T>(name: string, prove: () => Promise<T>): Promise<T> {
  return inOrder('name', async () => {
    let before: string;
    try {
      before = readFileSync(NAME, 'latin1');
      writeFileSync(NAME, name);
    } catch (cause) {
      throw new RuntimeError('no_permission', `This process can't show who it is: ${NAME} can't be written.`, {
        cause,
      });
    }
    try {
      return await prove();
    } finally {
      writeFileSync(NAME, before.replace(/\n$/, ''));
    }
  });
}
