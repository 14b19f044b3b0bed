/** The simulated disk: one tree of names, which outlives the processes that use it. */
import type { Bits } from '../machine/bits.ts';
import { fileError } from './errors.ts';
import { noFaults, type Faults } from './faults.ts';
import { cutPower, moveName, newFile, newFolder, setName, syncOf, writeBytes, type FileNode, type FolderNode, type Node } from './nodes.ts'; // prettier-ignore

export interface Disk {
  faults: Faults;
  /** @throws ENOENT | ENOTDIR */
  find(path: string, syscall: string): Node;
  findIfThere(path: string): Node | undefined;
  makeFile(path: string): FileNode;
  /** @throws EEXIST | ENOENT */
  makeFolder(path: string): void;
  removeFolder(path: string): void;
  /** Both lie in the same folder. @throws ENOENT */
  rename(from: string, to: string): void;
  /** @throws ENOENT */
  unlink(path: string): void;
  /** Are all names of the path durable? Gives what they lead to. */
  findDurable(path: string): Node | undefined;
  /** Puts a file there as a whole, durably: nothing of the product does this. */
  place(path: string, text: string): void;
  cutPower(bits: Bits): void;
}

export function createDisk(now: () => number): Disk {
  const root = newFolder(now());
  const faults = noFaults();

  function walk(path: string, of: 'names' | 'durable'): Node | undefined {
    let node: Node = root;
    for (const name of namesOf(path)) {
      if (node.kind !== 'folder') return undefined;
      const next: Node | undefined = node[of].get(name);
      if (next === undefined) return undefined;
      node = next;
    }
    return node;
  }

  function find(path: string, syscall: string): Node {
    const node = walk(path, 'names');
    if (node === undefined) throw fileError('ENOENT', syscall, path);
    return node;
  }

  function place(path: string, syscall: string): { folder: FolderNode; name: string } {
    const names = namesOf(path);
    const name = names.pop()!;
    const folder = find(names.join('/'), syscall);
    if (folder.kind !== 'folder') throw fileError('ENOTDIR', syscall, path);
    return { folder, name };
  }

  function makeFile(path: string): FileNode {
    const { folder, name } = place(path, 'open');
    const file = newFile(now());
    setName(folder, name, file);
    return file;
  }

  return {
    faults,
    find,
    findIfThere: (path) => walk(path, 'names'),
    makeFile,
    makeFolder(path) {
      const { folder, name } = place(path, 'mkdir');
      if (folder.names.has(name)) throw fileError('EEXIST', 'mkdir', path);
      setName(folder, name, newFolder(now()));
    },
    removeFolder(path) {
      const { folder, name } = place(path, 'rmdir');
      const node = folder.names.get(name);
      if (node?.kind !== 'folder') throw fileError(node === undefined ? 'ENOENT' : 'ENOTDIR', 'rmdir', path);
      setName(folder, name, undefined);
    },
    rename(from, to) {
      const { folder, name } = place(from, 'rename');
      const target = place(to, 'rename');
      if (target.folder !== folder) throw new Error('the simulated disk renames within a folder only');
      if (!folder.names.has(name)) throw fileError('ENOENT', 'rename', from);
      moveName(folder, name, target.name);
    },
    unlink(path) {
      const { folder, name } = place(path, 'unlink');
      const node = folder.names.get(name);
      if (node === undefined) throw fileError('ENOENT', 'unlink', path);
      if (node.kind === 'folder') throw fileError('EISDIR', 'unlink', path);
      if (faults.room !== undefined) faults.room += node.length;
      setName(folder, name, undefined);
    },
    findDurable: (path) => walk(path, 'durable'),
    place(path, text) {
      const file = makeFile(path);
      writeBytes(file, 0, Buffer.from(text));
      syncOf(file)();
      syncOf(place(path, 'open').folder)();
    },
    cutPower: (bits) => cutPower(root, bits),
  };
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}
