import type { FactorPorts } from '../../src/core/factor.ts';
import { createSealer } from '../../src/core/seal.ts';
import type { RecordStore } from '../../src/core/store.ts';

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

/** Ports of a factor that must not call anybody and keeps nothing but credentials: a call fails the test. */
export const offline: Pick<
  FactorPorts,
  | 'applications'
  | 'fetch'
  | 'log'
  | 'records'
  | 'sealer'
  | 'send'
  | 'limit'
  | 'audit'
  | 'report'
  | 'exchange'
  | 'credentials'
  | 'service'
  | 'nameOf'
  | 'locate'
> = {
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
  report: () => Promise.reject(new Error('this factor reports nothing')),
  sealer: createSealer(new Uint8Array(32)),
  applications: [],
  service: { name: 'Example University', locales: ['en'] },
  nameOf: (application) => application,
  locate: () => undefined,
  fetch: () => Promise.reject(new Error('this factor calls nobody')),
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
};
