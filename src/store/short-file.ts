/** A short chained file: read whole when it isn't what it was, and appended to durably. */
import { lstatSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { sha256 } from '../base/digest.ts';
import { createSerial } from '../base/serial.ts';
import { damageError, openChainFile, type ChainFile } from './chain/file.ts';
import type { ChainLine } from './chain/line.ts';
import { openOnce } from './chain/open-once.ts';
import { scanChain } from './chain/scan.ts';
import { withFile } from './files.ts';

export interface ShortFileOptions {
  path: string;
  tornFolder: string;
  /** The workspace's id, which begins the chain. */
  workspace: () => string;
  clock: Clock;
  requireLock: () => void;
}

export interface ShortFile<T> {
  /** What it says, proved. @throws RuntimeError store_damaged | entry_too_new */
  read(): Promise<T>;
  /** Resolves when the lines are durable. */
  append(records: readonly { type: string; data: unknown }[]): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What a file says: what one without lines does, and what each line changes. */
interface Meaning<T> {
  name: string;
  knows: (type: string) => boolean;
  empty: () => T;
  apply: (said: T, line: ChainLine) => void;
}

export function createShortFile<T>(
  { path, tornFolder, workspace, clock, requireLock }: ShortFileOptions,
  { name, knows, empty, apply }: Meaning<T>,
): ShortFile<T> {
  const rules = () => ({ genesis: sha256(`${name}:${workspace()}`), knows });
  const serial = createSerial();
  const chain = openOnce(async () => {
    const torn = { folder: tornFolder, name };
    return (await openChainFile({ path, name, ...rules(), torn }, () => {})).file;
  });
  const inOrder = (work: (file: ChainFile) => void): Promise<void> =>
    serial(path, () =>
      chain.use((file) => {
        work(file);
        return file.sync();
      }),
    );

  /** What was read last, and proved, and of which state of the file. */
  let known = { state: '', said: empty() };

  return {
    async read() {
      const state = stateOf(path);
      if (state === known.state) return known.said;
      const said = empty();
      const end = await withFile(path, (fd) => scanChain(fd, rules(), (line) => apply(said, line)));
      if (end.failure !== undefined) throw damageError(name, end.failure);
      known = { state, said };
      return said;
    },

    async append(records) {
      requireLock();
      await inOrder((file) => {
        // What is read after each line of one's own needn't be read from the disk.
        const isKnown = stateOf(path) === known.state;
        const at = Math.max(clock.now(), file.end().at);
        const lines = file.append(records.map(({ type, data }) => ({ at, type, data })));
        if (!isKnown) return;
        for (const line of lines) apply(known.said, line);
        known.state = stateOf(path);
      });
    },

    async sync() {
      requireLock();
      await inOrder(() => {});
    },

    close: () => serial(path, chain.close),
  };
}

/** Changes with whatever is done to the file; empty when there is none. */
function stateOf(path: string): string {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined ? '' : [found.ino, found.size, found.ctimeMs].join(':');
}
