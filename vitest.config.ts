import { defineConfig } from 'vitest/config';

const EXCLUDED = ['**/node_modules/**'];

export default defineConfig(({ mode }) => ({
  test: {
    // What `npm run test:long` adds to files that run each time.
    env: { TESTS: mode === 'long' ? 'long' : 'usual' },
    globalSetup: ['test/support/servers.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 90_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          include: ['src/**/*.test.ts'],
          exclude: EXCLUDED,
          // They share no state that outlives a test, and modules are loaded once for all of them.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: [...EXCLUDED, ...(mode === 'long' ? [] : ['test/long/**'])],
        },
      },
    ],
  },
}));
