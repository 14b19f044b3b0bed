/**
 * System calls that a confined command is refused, as a program for the kernel's filter (seccomp(2), classic BPF): what
 * would reach past the sandbox (sockets that aren't isolated, keys kept in the kernel), and what widens the part of the
 * kernel that can be attacked (namespaces, io_uring, bpf …), none of which ordinary programs need.
 */

/** Numbers of the calls on x64 and arm64; absent: there is no such call. */
type Numbers = readonly [x64: number, arm64?: number];

const REFUSED: Record<string, Numbers> = {
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  open_by_handle_at: [304, 265],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  syslog: [103, 116],
  quotactl: [179, 60],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  iopl: [172],
  ioperm: [173],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  quotactl_fd: [443, 443],
  pidfd_getfd: [438, 438],
  open_tree_attr: [467, 467],
};

/** Memory, queues and semaphores that all programs of a user share, where they have no namespace of the command's own. */
const SHARED: Record<string, Numbers> = {
  shmget: [29, 194],
  shmat: [30, 196],
  shmctl: [31, 195],
  semget: [64, 190],
  semop: [65, 193],
  semctl: [66, 191],
  semtimedop: [220, 192],
  msgget: [68, 186],
  msgsnd: [69, 189],
  msgrcv: [70, 188],
  msgctl: [71, 187],
  mq_open: [240, 180],
  mq_unlink: [241, 181],
};

/**
 * Attributes of files, and with them who may use a file (acl(5)): where no mount keeps a command from it, it could give away
 * whatever is the user's. As on a file system that has none, which programs put up with.
 */
const ATTRIBUTES: Record<string, Numbers> = {
  setxattr: [188, 5],
  lsetxattr: [189, 6],
  fsetxattr: [190, 7],
  removexattr: [197, 14],
  lremovexattr: [198, 15],
  fremovexattr: [199, 16],
  setxattrat: [463, 463],
  removexattrat: [466, 466],
  file_setattr: [469, 469],
};

/** How the kernel names a machine (audit.h), and where its numbers stand above. */
const MACHINES: Partial<Record<string, { arch: number; column: 0 | 1 }>> = {
  x64: { arch: 0xc000003e, column: 0 },
  arm64: { arch: 0xc00000b7, column: 1 },
};

/** Judged by their arguments. */
const CLONE = [56, 220] as const;
const CLONE3 = [435, 435] as const;
const IOCTL = [16, 29] as const;
const SOCKET = [41, 198] as const;
const SOCKETPAIR = [53, 199] as const;
const PRLIMIT64 = [302, 261] as const;
const OPENAT2 = [437, 437] as const;

/**
 * What reads or changes another process, and in which argument it names that. The first one of a namespace ends with whoever made
 * it: who got hold of it could keep it from that.
 */
const TAKES_HOLD: { numbers: readonly [x64: number, arm64: number]; of: Argument }[] = [
  { numbers: [101, 117], of: 'second' }, // ptrace
  { numbers: [310, 270], of: 'first' }, // process_vm_readv
  { numbers: [311, 271], of: 'first' }, // process_vm_writev
];
const FIRST_PROCESS = 1;

/** What makes or changes a file, and in which argument it says the mode; `flags`: where it says whether it makes one. */
const MODES: { numbers: Numbers; mode: Argument; flags?: Argument }[] = [
  { numbers: [90], mode: 'second' }, // chmod
  { numbers: [91, 52], mode: 'second' }, // fchmod
  { numbers: [268, 53], mode: 'third' }, // fchmodat
  { numbers: [452, 452], mode: 'third' }, // fchmodat2
  { numbers: [85], mode: 'second' }, // creat
  { numbers: [133], mode: 'second' }, // mknod
  { numbers: [259, 33], mode: 'third' }, // mknodat
  { numbers: [2], mode: 'third', flags: 'second' }, // open
  { numbers: [257, 56], mode: 'fourth', flags: 'third' }, // openat
];
/** A file that whoever runs it runs as its owner. */
const SET_USER_ID = 0o4000;
/** Of open(2): O_CREAT, and the bit of O_TMPFILE that is its own. */
const MAKES = 0x400040;
const UNSHARE = [272, 97] as const;
/** On x64 numbers from here on are those of another interface of the same kernel (x32). */
const X32 = 0x40000000;

/** All flags of clone(2) and unshare(2) that make a namespace (but that of time, whose bit is clone's signal). */
const NEW_NAMESPACE = 0x7e020000;
/** What types into a terminal, or drives its console. */
const TERMINAL_REQUESTS = [0x5412, 0x541c];
/**
 * Of ioctl(2) only what ordinary programs ask for: requests of terminals and pipes, of sockets, and single ones. File systems have others
 * that no mount and no Landlock is asked about: one of btrfs makes a snapshot of all that is hidden.
 */
const REQUEST_KIND = 0xff00;
const REQUEST_KINDS = [0x5400, 0x8900];
const REQUESTS = [
  0x40049409, // FICLONE
  0x4020940d, // FICLONERANGE
  0xc0189436, // FIDEDUPERANGE
  0x2, // FIGETBSZ
  0x80086601, // FS_IOC_GETFLAGS
  0x80087601, // FS_IOC_GETVERSION
  0xc020660b, // FS_IOC_FIEMAP
  0x801c581f, // FS_IOC_FSGETXATTR
  0x80045200, // RNDGETENTCNT
];

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const refuse = (errno: number): number => 0x00050000 | errno;
const EPERM = 1;
const EACCES = 13;
const ENOTTY = 25;
const ENOSYS = 38;
const EOPNOTSUPP = 95;

/** Where in `struct seccomp_data`; of arguments the lower half. */
const AT = { number: 0, arch: 4, first: 16, second: 24, third: 32, fourth: 40 };
type Argument = 'first' | 'second' | 'third' | 'fourth';

export type SocketFamily = 'inet' | 'inet6' | 'netlink';
const FAMILIES: Record<SocketFamily, number> = { inet: 2, inet6: 10, netlink: 16 };
/** Kinds of sockets that stay with the one they were made a pair with. */
const PAIRED = [1, 5];
const SOCKET_KIND = 0xf;

type Step = [code: number, ifTrue: number, ifFalse: number, value: number];
const load = (at: number): Step => [0x20, 0, 0, at];
const give = (value: number): Step => [0x06, 0, 0, value];
const mask = (bits: number): Step => [0x54, 0, 0, bits];
const JUMP = { equal: 0x15, least: 0x35, anyBit: 0x45 };

/** Ends with `result` where what was loaded is so; else goes on. */
const when = (how: keyof typeof JUMP, value: number, result: number): Step[] => [
  [JUMP[how], 0, 1, value],
  give(result),
];

/** What follows, for one call only; it must end. */
const forCall = (number: number, steps: Step[]): Step[] => [[JUMP.equal, 0, steps.length, number], ...steps];

export interface Own {
  /** Families of sockets that may be opened, as they lead nowhere else. */
  sockets: readonly SocketFamily[];
  /** Whether it has namespaces of its own: what programs share by number or name (SysV, message queues), and its mounts. */
  shared: boolean;
}

/**
 * The filter as an array of `struct sock_filter`, in the machine's byte order. A socket at a path of the file system is
 * never opened (`docker.sock`, a session bus), but pairs of them may be, of those kinds that can't be sent elsewhere.
 * Undefined for a machine whose calls aren't known here.
 */
export function callFilter(machine: string, { sockets, shared }: Own): Buffer | undefined {
  const known = MACHINES[machine];
  if (!known) return undefined;
  const { arch, column } = known;
  const refused = Object.values(shared ? REFUSED : { ...REFUSED, ...SHARED }).flatMap(
    (numbers) => numbers[column] ?? [],
  );
  const attributes = shared ? [] : Object.values(ATTRIBUTES).flatMap((numbers) => numbers[column] ?? []);
  const steps: Step[] = [
    load(AT.arch),
    [JUMP.equal, 1, 0, arch],
    give(KILL),
    load(AT.number),
    ...when('least', X32, KILL),
    ...refused.flatMap((number) => when('equal', number, refuse(EPERM))),
    ...attributes.flatMap((number) => when('equal', number, refuse(EOPNOTSUPP))),
    // Its flags lie in memory, where no filter can look: without it, libraries fall back to clone.
    ...when('equal', CLONE3[column], refuse(ENOSYS)),
    // Likewise.
    ...when('equal', OPENAT2[column], refuse(ENOSYS)),
    ...MODES.flatMap(({ numbers, mode, flags }) => refuseSetUserId(numbers[column], mode, flags)),
    ...TAKES_HOLD.flatMap(({ numbers, of }) =>
      forCall(numbers[column], [load(AT[of]), ...when('equal', FIRST_PROCESS, refuse(EPERM)), give(ALLOW)]),
    ),
    // One's own only: with Landlock those of all programs of the user could be set.
    ...forCall(PRLIMIT64[column], [load(AT.first), ...when('equal', 0, ALLOW), give(refuse(EPERM))]),
    ...forCall(SOCKETPAIR[column], [
      load(AT.second),
      mask(SOCKET_KIND),
      ...PAIRED.flatMap((kind) => when('equal', kind, ALLOW)),
      give(refuse(EACCES)),
    ]),
    ...[CLONE[column], UNSHARE[column]].flatMap((number) =>
      forCall(number, [load(AT.first), ...when('anyBit', NEW_NAMESPACE, refuse(EPERM)), give(ALLOW)]),
    ),
    ...forCall(IOCTL[column], [
      load(AT.second),
      ...TERMINAL_REQUESTS.flatMap((request) => when('equal', request, refuse(EPERM))),
      ...REQUESTS.flatMap((request) => when('equal', request, ALLOW)),
      mask(REQUEST_KIND),
      ...REQUEST_KINDS.flatMap((kind) => when('equal', kind, ALLOW)),
      // As where nothing knows the request.
      give(refuse(ENOTTY)),
    ]),
    ...forCall(SOCKET[column], [
      load(AT.first),
      ...sockets.flatMap((family) => when('equal', FAMILIES[family], ALLOW)),
      give(refuse(EACCES)),
    ]),
    give(ALLOW),
  ];
  return Buffer.from(steps.flatMap(bytesOf));
}

function refuseSetUserId(number: number | undefined, mode: Argument, flags: Argument | undefined): Step[] {
  if (number === undefined) return [];
  const judged = [load(AT[mode]), ...when('anyBit', SET_USER_ID, refuse(EPERM)), give(ALLOW)];
  if (flags === undefined) return forCall(number, judged);
  return forCall(number, [load(AT[flags]), [JUMP.anyBit, 1, 0, MAKES], give(ALLOW), ...judged]);
}

/** Little-endian, as both machines are. */
function bytesOf([code, ifTrue, ifFalse, value]: Step): number[] {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(value >>> 0, 4);
  return [...bytes];
}
