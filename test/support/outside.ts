import { createHash } from 'node:crypto';
import type { FactorPorts } from '../../src/core/factor-ports.ts';
import { createSealer } from '../../src/core/seal.ts';
import type { RecordStore } from '../../src/core/store.ts';
import { memoryState } from './factor-state.ts';

const never = () => Promise.reject(new Error('this factor keeps no records'));
const records: RecordStore = {
  get: never,
  byLookup: never,
  byKey: never,
  insert: never,
  update: never,
  remove: never,
  list: never,
};

const noExchange = () => Promise.reject(new Error('this factor exchanges nothing'));
const noCredential = () => Promise.reject(new Error('this factor looks for no credentials'));

/** What somebody has who must not call anybody: each call fails the test, and no log is read. */
export const offline = {
  password: { verify: () => Promise.reject(new Error('this factor asks for no password')) },
  records,
  send: () => Promise.reject(new Error('this factor sends nothing')),
  limit: {
    count: () => Promise.reject(new Error('this factor limits nothing')),
    read: () => Promise.reject(new Error('this factor limits nothing')),
    giveBack: () => Promise.reject(new Error('this factor limits nothing')),
  },
  exchange: { get: noExchange, add: noExchange, take: noExchange, swap: noExchange, changed: noExchange },
  credentials: { byLookup: noCredential, ofAccount: noCredential, update: noCredential },
  audit: () => Promise.reject(new Error('this factor has nothing for the audit')),
  fetch: () => Promise.reject(new Error('this factor calls nobody')),
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
} satisfies Partial<FactorPorts>;

/** The same bytes in every run: codes of random ones would collide once in a while. */
export function seeded(): FactorPorts['random'] {
  let drawn = 0;
  return (bytes) => createHash('shake256', { outputLength: bytes }).update(`draw ${drawn++}`).digest();
}

/** Ports of a factor that calls nobody and keeps nothing but credentials and small values; `given`: what it has besides. */
export function factorPorts(now: () => number, given: Partial<FactorPorts> = {}): FactorPorts {
  return {
    ...offline,
    now,
    random: seeded(),
    state: memoryState(),
    sealer: createSealer(new Uint8Array(32)),
    applications: [],
    serviceName: 'Example University',
    service: { name: 'Example University', locales: ['en'] },
    issuer: 'https://login.example.edu',
    isOurName: () => true,
    nameOf: (application) => application,
    locate: () => undefined,
    ...given,
  };
}
