import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

const EXCLUDED = ['**/node_modules/**'];
/** In processes of their own, each. */
const APART = [
  // Servers over TLS, which are built on what `node:tls` is when that is first loaded.
  'src/boot/server.test.ts',
  'src/boot/doctor/network.test.ts',
  'src/senders/smpp/**/*.test.ts',
  'src/senders/smtp/**/*.test.ts',
  'test/attacks/ldap.test.ts',
  'test/attacks/radsec.test.ts',
  'test/flows/{email,password-mails,two-nodes-channels}.test.ts',
  'test/flows/{department-lists,directory-*,ldap,ldap-*,password-expiry}.test.ts',
  // Packages that are others for them, before anything is loaded.
  'test/attacks/forgotten-enumeration.test.ts',
  'test/attacks/journey-enumeration.test.ts',
  'test/attacks/whose-person.test.ts',
  'test/attacks/token-claims.test.ts',
  'test/flows/tracing.test.ts',
  // Nodes in processes of their own: a gateway is hardly loaded here.
  'test/flows/{clocks-apart,loaded,reload-nodes,workers,two-nodes*}.test.ts',
  // What their process takes is measured.
  'test/attacks/overload.test.ts',
  'test/attacks/saml-arrival.test.ts',
  'test/attacks/saml-cost.test.ts',
  'test/flows/reload.test.ts',
];
/** Gateways in the test's own process: what they are made of is loaded once for many files. */
const SHARED = ['attacks', 'browser', 'flows', 'interop', 'web'].map((folder) => `test/${folder}/**/*.test.ts`);
/** Servers, browsers and processes, which a file starts and ends. */
const WHOLE = ['test/*.test.ts', 'test/{contracts,deploy,faults,support}/**/*.test.ts'];

export default defineConfig(({ mode }) => ({
  test: {
    env: {
      // What `npm run test:long` adds to files that run each time.
      TESTS: mode === 'long' ? 'long' : 'usual',
      // A node or command that a test starts is loaded in half the time.
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)),
    },
    globalSetup: ['test/support/servers.ts'],
    setupFiles: ['test/support/patience.ts', 'test/support/properties.ts'],
    pool: 'forks',
    // One more than two processors: somebody always waits for a time-out, a server or a browser. With four a process is
    // kept from them for longer than a command to Redis may take.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // What follows by itself may take its time on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'apart',
          include: [...WHOLE, ...APART, ...(mode === 'long' ? ['test/long/**/*.test.ts'] : [])],
          exclude: EXCLUDED,
        },
      },
      // They leave nothing behind that outlives a file, and modules are loaded once for all of them.
      {
        extends: true,
        test: {
          name: 'shared',
          setupFiles: ['test/support/hashed-once.ts'],
          include: SHARED,
          exclude: [...EXCLUDED, ...APART],
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'units', include: ['src/**/*.test.ts'], exclude: [...EXCLUDED, ...APART], isolate: false },
      },
    ],
  },
}));
