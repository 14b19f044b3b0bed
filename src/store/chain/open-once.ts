import type { ChainFile } from './file.ts';

/** A chained file that is opened by its first use, and again by the first use after `close`, or when that failed. */
export function openOnce(open: () => Promise<ChainFile>): {
  file: () => Promise<ChainFile>;
  close: () => Promise<void>;
} {
  let opening: Promise<ChainFile> | undefined;
  return {
    file: () =>
      (opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      })),
    async close() {
      const file = await opening?.catch(() => undefined);
      opening = undefined;
      await file?.close();
    },
  };
}
