/** The flags with which bin/runtime starts Node: whatever else runs the program for its speed runs it with them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const launcher = readFileSync(join(import.meta.dirname, '../../bin/runtime'), 'utf8');

export const nodeFlags = /^flags='(.+)'$/m.exec(launcher)![1]!.split(' ');

/** Those of a daemon. */
export const daemonFlags = / daemon \].* flags='(.+)'$/m.exec(launcher)![1]!.split(' ');
