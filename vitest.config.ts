import { defineConfig } from 'vitest/config';

const EXCLUDED = ['**/node_modules/**'];
/** Servers over TLS, which are built on what `node:tls` is when that is first loaded: in processes of their own. */
const APART = [
  'src/boot/server.test.ts',
  'src/boot/doctor/network.test.ts',
  'src/senders/smpp/**/*.test.ts',
  'src/senders/smtp/**/*.test.ts',
];

export default defineConfig(({ mode }) => ({
  test: {
    // What `npm run test:long` adds to files that run each time.
    env: { TESTS: mode === 'long' ? 'long' : 'usual' },
    globalSetup: ['test/support/servers.ts'],
    setupFiles: ['test/support/properties.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // What follows by itself may take its time on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 60_000,
    hookTimeout: 90_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          include: ['src/**/*.test.ts'],
          exclude: [...EXCLUDED, ...APART],
          // They share no state that outlives a test, and modules are loaded once for all of them.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts', ...APART],
          exclude: [...EXCLUDED, ...(mode === 'long' ? [] : ['test/long/**'])],
        },
      },
    ],
  },
}));
