import type { ChainFile } from './file.ts';

export interface OpenOnce {
  file(): Promise<ChainFile>;
  /** Does something with the file. A failure closes it: whoever comes next opens it anew, and finds what is there. */
  use<T>(work: (file: ChainFile) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A chained file that is opened by its first use, and again by the first use after `close`, or when that failed. */
export function openOnce(open: () => Promise<ChainFile>): OpenOnce {
  let opening: Promise<ChainFile> | undefined;

  function file(): Promise<ChainFile> {
    return (opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));
  }

  async function close(): Promise<void> {
    const opened = await opening?.catch(() => undefined);
    opening = undefined;
    await opened?.close();
  }

  return {
    file,
    async use(work) {
      const opened = await file();
      try {
        return await work(opened);
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };
}
