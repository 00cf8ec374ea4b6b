import { registerHooks } from 'node:module';
import { REPLACED, REPLACEMENT } from './clock.ts';

/**
 * oidc-provider warns on any Node that isn't labelled LTS, and a newcomer would wonder. The version is pinned
 * in package.json and the whole test suite runs on it, so the label is given here, before the library loads.
 */
Object.defineProperty(process.release, 'lts', { configurable: true, value: process.release.lts ?? 'Pinned' });

// See `clock.ts`.
registerHooks({
  load: (url, context, next) =>
    REPLACED.test(url) ? { format: 'module', shortCircuit: true, source: REPLACEMENT } : next(url, context),
});
