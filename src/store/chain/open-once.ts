import type { ChainFile } from './file.ts';

/** A chained file that is opened by its first use, and again by the first use after `close`. */
export function openOnce(open: () => Promise<ChainFile>): {
  file: () => Promise<ChainFile>;
  close: () => Promise<void>;
} {
  let opening: Promise<ChainFile> | undefined;
  return {
    file: () => (opening ??= open()),
    async close() {
      const file = await opening?.catch(() => undefined);
      opening = undefined;
      await file?.close();
    },
  };
}
