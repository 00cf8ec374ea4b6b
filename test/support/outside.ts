import type { FactorPorts } from '../../src/core/factor.ts';

/** Ports of a factor that must not call anybody: a call fails the test. */
export const offline: Pick<FactorPorts, 'applications' | 'fetch' | 'log'> = {
  applications: [],
  fetch: () => Promise.reject(new Error('this factor calls nobody')),
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
};
