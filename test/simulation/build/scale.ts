/**
 * Sizes that are made smaller in the simulated program, so that what takes hours and megabytes happens in every run: new
 * segments of the ingress log, snapshots, syncs of the audit log, texts in blobs, lines that cross the blocks of a read.
 */
export interface Replacement {
  file: string;
  find: string;
  replace: string;
}

export const SCALE: readonly Replacement[] = [
  {
    file: 'src/engine/session/snapshot.ts',
    find: 'LEAST_GROWTH_BYTES = 256 * 1024',
    replace: 'LEAST_GROWTH_BYTES = 4 * 1024',
  },
  { file: 'src/store/ingress-segments.ts', find: 'SEGMENT_BYTES = 1024 * 1024', replace: 'SEGMENT_BYTES = 2 * 1024' },
  { file: 'src/store/audit.ts', find: 'UNSYNCED_BYTES = 64 * 1024', replace: 'UNSYNCED_BYTES = 1024' },
  { file: 'src/store/chain/pieces.ts', find: 'BLOCK_BYTES = 256 * 1024', replace: 'BLOCK_BYTES = 8 * 1024' },
  { file: 'src/engine/budget/months.ts', find: 'LINES_A_TOTALS = 64', replace: 'LINES_A_TOTALS = 5' },
  { file: 'src/store/files.ts', find: 'COPY_BYTES = 256 * 1024', replace: 'COPY_BYTES = 4 * 1024' },
  { file: 'src/store/ballast.ts', find: 'BALLAST_BYTES = 64 * 1024', replace: 'BALLAST_BYTES = 8 * 1024' },
  {
    file: 'src/engine/session/long-text.ts',
    find: 'inline: 16 * 1024, kept: 8 * 1024',
    replace: 'inline: 1024, kept: 256',
  },
];
