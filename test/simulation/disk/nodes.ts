/**
 * What lies on the simulated disk: files and folders, each as the processes see it (volatile) and as a power cut would
 * leave it at worst (durable). A sync makes the one the other.
 */
import type { Bits } from '../machine/bits.ts';

export type Node = FileNode | FolderNode;

export interface FileNode {
  kind: 'file';
  ino: number;
  bytes: Buffer;
  length: number;
  /** Counts the changes; a sync covers those up to its beginning. */
  version: number;
  /** Counts the changes that weren't appends: bytes that were read before may be others now. */
  generation: number;
  durable: { bytes: Buffer; version: number };
  links: number;
  changed_at: number;
}

export interface FolderNode {
  kind: 'folder';
  ino: number;
  names: Map<string, Node>;
  durable: Map<string, Node>;
  /** Changes of names that aren't durable, oldest first, and how many are. */
  changes: NameChange[];
  synced: number;
  changed_at: number;
}

type NameChange = { name: string; node: Node | undefined } | { from: string; name: string; node: Node };

const SECTOR_BYTES = 512;
let inodes = 0;

export function newFile(at: number): FileNode {
  const bytes = Buffer.alloc(0);
  const durable = { bytes, version: 0 };
  return {
    kind: 'file',
    ino: ++inodes,
    bytes,
    length: 0,
    version: 0,
    generation: 0,
    durable,
    links: 0,
    changed_at: at,
  };
}

export function newFolder(at: number): FolderNode {
  return {
    kind: 'folder',
    ino: ++inodes,
    names: new Map(),
    durable: new Map(),
    changes: [],
    synced: 0,
    changed_at: at,
  };
}

export function writeBytes(file: FileNode, position: number, data: Uint8Array): void {
  const end = position + data.length;
  if (end > file.bytes.length) {
    const grown = Buffer.alloc(Math.max(end, file.bytes.length * 2, 1024));
    file.bytes.copy(grown, 0, 0, file.length);
    file.bytes = grown;
  }
  if (position < file.length) file.generation++;
  if (position > file.length) file.bytes.fill(0, file.length, position);
  file.bytes.set(data, position);
  file.length = Math.max(file.length, end);
  file.version++;
}

export function truncate(file: FileNode, length: number): void {
  if (length > file.length) throw new Error('the simulated disk only shortens files');
  file.length = length;
  file.version++;
  file.generation++;
}

/** What a sync that begins now makes durable when it ends well. */
export function syncOf(node: Node): () => void {
  if (node.kind === 'folder') {
    const names = new Map(node.names);
    const covered = node.synced + node.changes.length;
    return () => {
      if (covered <= node.synced) return; // a later one ended before this one
      node.durable = names;
      node.changes = node.changes.slice(covered - node.synced);
      node.synced = covered;
    };
  }
  const { version, length } = node;
  if (version === node.durable.version) return () => {};
  const bytes = Buffer.from(node.bytes.subarray(0, length));
  return () => {
    if (version > node.durable.version) node.durable = { bytes, version };
  };
}

export function setName(folder: FolderNode, name: string, node: Node | undefined): void {
  unlinked(folder.names.get(name));
  if (node === undefined) folder.names.delete(name);
  else folder.names.set(name, node);
  if (node?.kind === 'file') node.links++;
  folder.changes.push({ name, node });
}

export function moveName(folder: FolderNode, from: string, name: string): void {
  const node = folder.names.get(from)!;
  if (from === name) return;
  unlinked(folder.names.get(name));
  folder.names.delete(from);
  folder.names.set(name, node);
  folder.changes.push({ from, name, node });
}

function unlinked(node: Node | undefined): void {
  if (node?.kind === 'file') node.links--;
}

/** The power goes: of what wasn't synced each piece is lost or kept, whatever came first. */
export function cutPower(node: Node, bits: Bits): void {
  if (node.kind === 'file') return cutFile(node, bits);
  const names = new Map(node.durable);
  for (const change of node.changes) {
    if (!bits.next()) continue;
    if ('from' in change) names.delete(change.from);
    if (change.node === undefined) names.delete(change.name);
    else names.set(change.name, change.node);
  }
  node.names = names;
  node.durable = new Map(names);
  node.synced += node.changes.length;
  node.changes = [];
  for (const child of names.values()) {
    if (child.kind === 'file') child.links = 1;
    cutPower(child, bits);
  }
}

function cutFile(file: FileNode, bits: Bits): void {
  if (file.version === file.durable.version) return;
  const written = Buffer.from(file.bytes.subarray(0, file.length));
  settleAs(file, mixed(written, file.durable.bytes, bits, bits.next() ? written.length : file.durable.bytes.length));
}

/** A sync failed: the system may have dropped pages, and what is read from now on is what the disk has. Has it? */
export function dropPages(file: FileNode, bits: Bits): boolean {
  const written = Buffer.from(file.bytes.subarray(0, file.length));
  const left = mixed(written, file.durable.bytes, bits, written.length);
  file.bytes = left;
  file.version++;
  file.generation++;
  return !left.equals(written);
}

function settleAs(file: FileNode, bytes: Buffer): void {
  file.bytes = bytes;
  file.length = bytes.length;
  file.version++;
  file.generation++;
  file.durable = { bytes: Buffer.from(bytes), version: file.version };
}

/** Sector by sector the new or the old; where there is no old one, zeros. */
function mixed(written: Buffer, durable: Buffer, bits: Bits, length: number): Buffer {
  const result = Buffer.alloc(length);
  for (let from = 0; from < length; from += SECTOR_BYTES) {
    const end = Math.min(from + SECTOR_BYTES, length);
    const before = durable.subarray(from, end);
    const now = written.subarray(from, end);
    const kept = before.equals(now) || bits.next() ? now : before;
    kept.copy(result, from);
  }
  return result;
}
