/**
 * Seatbelt (sandbox-exec(1), sandbox(7)) of macOS: the system refuses a command, and all that it starts, what its profile
 * doesn't allow. Nobody has seen this level at work yet, so it is proven on each machine before it is trusted.
 */
import { READS_AND_PROJECT, type Level } from './level.ts';
import { seatbeltProfile } from './seatbelt-profile.ts';

/** Says on descriptor 4 that the command begins, from within; what is open already needs no rule. */
const BEGIN = 'echo began >&4; exec 4>&-; exec "$@"';

export const seatbelt: Level = {
  name: 'seatbelt',
  unseen: true,
  programs: ['/usr/bin/sandbox-exec'],
  leaves: () => [
    ...READS_AND_PROJECT,
    'outliving its turn by leaving its process group',
    "seeing other processes' names",
  ],
  lacks: () => undefined,
  confine(program, { places, scratch, command }) {
    return {
      program,
      args: [
        '-p', seatbeltProfile(places, scratch.folder),
        '/bin/sh', '-c', BEGIN, 'sh', command.program, ...command.args,
      ],
      environment: { TMPDIR: scratch.folder },
      settings: new Uint8Array(),
      began: (status) => status.includes('began'),
    }; // prettier-ignore
  },
};
