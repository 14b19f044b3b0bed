import { defineConfig } from 'vitest/config';

const SECOND = 1000;

export default defineConfig({
  test: {
    // A machine may be slow: the limits of time are for tests that hang.
    // Tests wait for processes more than they work: a core is never idle with two at a time.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
          // A fresh world per file costs eight times as much; unit tests keep no global state.
          isolate: false,
          testTimeout: 60 * SECOND,
        },
      },
      {
        test: {
          name: 'system',
          // Across rooms, against the built program: real processes and files.
          include: ['test/**/*.test.ts'],
          testTimeout: 120 * SECOND,
          hookTimeout: 120 * SECOND,
        },
      },
    ],
  },
});
