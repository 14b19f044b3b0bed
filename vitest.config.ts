import { defineConfig } from 'vitest/config';

const SECOND = 1000;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
          // A fresh world per file costs eight times as much; unit tests keep no global state.
          isolate: false,
        },
      },
      {
        test: {
          name: 'system',
          // Across rooms, against the built program: real processes and files.
          include: ['test/**/*.test.ts'],
          testTimeout: 60 * SECOND,
          hookTimeout: 60 * SECOND,
        },
      },
    ],
  },
});
