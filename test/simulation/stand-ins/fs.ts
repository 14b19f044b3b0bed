/**
 * What the store imports of `node:fs`, on the simulated disk. A path begins with the mount of the process that names it;
 * so a call tells whose it is.
 */
import { constants } from 'node:fs';
import { fileError } from '../disk/errors.ts';
import { takeDelay, takeSync, takeWrite, type FaultKind } from '../disk/faults.ts';
import { dropPages, syncOf, truncate, writeBytes, type FileNode, type Node } from '../disk/nodes.ts';
import { bitsOf } from '../machine/bits.ts';
import { simulatedImmediate } from '../machine/immediates.ts';
import { ownerOf } from '../machine/process.ts';
import type { SimulatedProcess } from '../machine/parts.ts';

export { constants };

interface OpenFile {
  process: SimulatedProcess;
  node: Node;
  path: string;
  append: boolean;
  position: number;
  /** A sync failed: nothing of it may count as durable any more. */
  broken: boolean;
  /** A sync of it by another process failed, which the next one here is told. */
  isToldNext: boolean;
}

type Callback = (error: Error | null) => void;

const SYNC_MS = 3;
const FIRST_FD = 10;
const opened = new Map<number, OpenFile>();
let lastFd = FIRST_FD;

/** Between runs. */
export function forgetFiles(): void {
  opened.clear();
  lastFd = FIRST_FD;
}

function onPath<T>(given: string, work: (path: string, process: SimulatedProcess) => T): T {
  const { process, path } = ownerOf(given);
  return process.call(() => work(path, process));
}

function onFile<T>(fd: number, syscall: string, work: (file: OpenFile) => T): T {
  const file = opened.get(fd);
  if (file === undefined) throw fileError('EBADF', syscall);
  return file.process.call(() => work(file));
}

function plain(file: OpenFile, syscall: string): FileNode {
  if (file.node.kind === 'folder') throw fileError('EISDIR', syscall);
  return file.node;
}

function met({ process: { machine } }: Pick<OpenFile, 'process'>, path: string): (kind: FaultKind) => void {
  return (kind) => {
    machine.count(`fault ${kind}`);
    machine.note(`fault: ${kind} ${path}`);
  };
}

export function openSync(given: string, flags: number): number {
  return onPath(given, (path, process) => {
    const { disk } = process.machine;
    let node = disk.findIfThere(path);
    if (node !== undefined && flags & constants.O_EXCL) throw fileError('EEXIST', 'open', path);
    if (node === undefined && !(flags & constants.O_CREAT)) throw fileError('ENOENT', 'open', path);
    node ??= disk.makeFile(path);
    if (node.kind === 'folder' && flags & (constants.O_RDWR | constants.O_WRONLY)) {
      throw fileError('EISDIR', 'open', path);
    }
    if (node.kind === 'file' && flags & constants.O_TRUNC) shorten(process, node, 0);
    const append = (flags & constants.O_APPEND) !== 0;
    opened.set(++lastFd, { process, node, path, append, position: 0, broken: false, isToldNext: false });
    return lastFd;
  });
}

export function open(path: string, flags: number, done: (error: Error | null, fd: number) => void): void {
  let fd: number;
  try {
    fd = openSync(path, flags);
  } catch (error) {
    simulatedImmediate(() => done(error as Error, -1));
    return;
  }
  simulatedImmediate(() => done(null, fd));
}

export function closeSync(fd: number): void {
  onFile(fd, 'close', () => opened.delete(fd));
}

export function close(fd: number, done: Callback): void {
  closeSync(fd);
  simulatedImmediate(() => done(null));
}

export function readSync(fd: number, into: Uint8Array, offset: number, length: number, position: number): number {
  return onFile(fd, 'read', (file) => {
    const node = plain(file, 'read');
    const count = Math.max(0, Math.min(length, node.length - position));
    into.set(node.bytes.subarray(position, position + count), offset);
    return count;
  });
}

export function writeSync(fd: number, bytes: Uint8Array, offset = 0): number {
  return onFile(fd, 'write', (file) => {
    const node = plain(file, 'write');
    const { machine } = file.process;
    if (file.broken) machine.outside.violate('g', `${file.path} is written to after its sync had failed`);
    const position = file.append ? node.length : file.position;
    const wanted = bytes.length - offset;
    const growth = Math.max(0, position + wanted - node.length);
    const count = takeWrite(machine.disk.faults, wanted, growth, met(file, file.path));
    writeBytes(node, position, bytes.subarray(offset, offset + count));
    node.changed_at = machine.wall();
    file.position = position + count;
    return count;
  });
}

export function ftruncateSync(fd: number, length: number): void {
  onFile(fd, 'ftruncate', (file) => shorten(file.process, plain(file, 'ftruncate'), length));
}

function shorten({ machine }: SimulatedProcess, node: FileNode, length: number): void {
  const { faults } = machine.disk;
  if (faults.room !== undefined) faults.room += node.length - length;
  truncate(node, length);
}

/** A sync that ends at once. @throws EIO */
export function fsyncSync(fd: number): void {
  onFile(fd, 'fsync', (file) => endSync(file, syncOf(file.node)));
}

export function fsync(fd: number, done: Callback): void {
  onFile(fd, 'fsync', (file) => {
    const { machine } = file.process;
    const sync = syncOf(file.node);
    const ms = machine.jitter(SYNC_MS) + takeDelay(machine.disk.faults, met(file, file.path));
    // The system goes on with it when the process has died.
    machine.agenda.after(ms, () => {
      const error = failureOf(() => endSync(file, sync));
      if (file.process.isAlive()) done(error);
    });
  });
}

export function fdatasync(fd: number, done: Callback): void {
  fsync(fd, done);
}

function endSync(file: OpenFile, sync: () => void): void {
  const { process, node, path } = file;
  const { machine } = process;
  const tell = met(file, path);
  if (file.isToldNext) {
    // Of a failure that was before: it happens to nobody else by that.
    file.isToldNext = false;
    if (process.isAlive()) tell('sync_error');
  } else {
    if (!takeSync(machine.disk.faults, tell)) return sync();
    for (const other of opened.values())
      if (other.node === node && other !== file && !other.broken) other.isToldNext = true;
    if (node.kind === 'file' && dropPages(node, bitsOf(machine.dice.roll(1 << 30)))) machine.count('pages lost');
  }
  file.broken = true;
  throw fileError('EIO', 'fsync');
}

function failureOf(work: () => void): Error | null {
  try {
    work();
    return null;
  } catch (error) {
    return error as Error;
  }
}

export function fstatSync(fd: number): ReturnType<typeof statOf> {
  return onFile(fd, 'fstat', ({ node }) => statOf(node));
}

export function lstatSync(
  given: string,
  options: { throwIfNoEntry?: boolean } = {},
): ReturnType<typeof statOf> | undefined {
  return onPath(given, (path, { machine }) => {
    const node = machine.disk.findIfThere(path);
    if (node === undefined && options.throwIfNoEntry !== false) throw fileError('ENOENT', 'lstat', path);
    return node && statOf(node);
  });
}

function statOf(node: Node) {
  const isFile = node.kind === 'file';
  return {
    ino: node.ino,
    size: isFile ? node.length : 0,
    nlink: isFile ? node.links : 1,
    mtimeMs: node.changed_at,
    ctimeMs: node.changed_at,
    isFile: () => isFile,
  };
}

/** There are no links here. */
export function statSync(given: string): ReturnType<typeof lstatSync> {
  return lstatSync(given);
}

export function readlinkSync(given: string): string {
  throw fileError('ENOENT', 'readlink', given);
}

export function symlinkSync(_target: string, given: string): void {
  throw fileError('EACCES', 'symlink', given);
}

export function existsSync(given: string): boolean {
  return onPath(given, (path, { machine }) => machine.disk.findIfThere(path) !== undefined);
}

export function readFileSync(given: string, encoding: 'utf8'): string;
export function readFileSync(given: string): Buffer;
export function readFileSync(given: string, encoding?: 'utf8'): string | Buffer {
  return onPath(given, (path, { machine }) => {
    const node = machine.disk.find(path, 'open');
    if (node.kind === 'folder') throw fileError('EISDIR', 'read', path);
    const bytes = Buffer.from(node.bytes.subarray(0, node.length));
    return encoding === undefined ? bytes : bytes.toString(encoding);
  });
}

interface Named {
  name: string;
  isDirectory(): boolean;
}

export function readdirSync(given: string): string[];
export function readdirSync(given: string, options: { withFileTypes: true }): Named[];
export function readdirSync(given: string, options?: { withFileTypes: true }): string[] | Named[] {
  return onPath(given, (path, { machine }) => {
    const node = machine.disk.find(path, 'scandir');
    if (node.kind === 'file') throw fileError('ENOTDIR', 'scandir', path);
    const names = [...node.names.keys()].sort();
    if (options === undefined) return names;
    return names.map((name) => ({ name, isDirectory: () => node.names.get(name)!.kind === 'folder' }));
  });
}

export function rmdirSync(given: string): void {
  onPath(given, (path, { machine }) => machine.disk.removeFolder(path));
}

/** As with `recursive` and `force`. */
export function rmSync(given: string): void {
  if (!existsSync(given)) return;
  for (const entry of readdirSync(given, { withFileTypes: true })) {
    const inside = `${given}/${entry.name}`;
    if (entry.isDirectory()) rmSync(inside);
    else unlinkSync(inside);
  }
  rmdirSync(given);
}

export function mkdirSync(given: string): void {
  onPath(given, (path, { machine }) => machine.disk.makeFolder(path));
}

export function renameSync(from: string, to: string): void {
  const { path: target } = ownerOf(to);
  onPath(from, (path, { machine }) => machine.disk.rename(path, target));
}

export function unlinkSync(given: string): void {
  onPath(given, (path, { machine }) => machine.disk.unlink(path));
}

/** Whose a file is has no meaning here. */
export function chmodSync(given: string): void {
  onPath(given, () => {});
}

export function fchmodSync(fd: number): void {
  onFile(fd, 'fchmod', () => {});
}

/** Nor when it was changed before. */
export function futimesSync(fd: number): void {
  onFile(fd, 'futimes', () => {});
}
