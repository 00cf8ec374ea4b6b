import { fileURLToPath } from 'node:url';
import type { Environment } from './environment.ts';

/** The configuration to use when none is named: `SALLYPORT_CONFIG`, or else the demo's. */
export function defaultConfigFile(env: Environment): string {
  return env.SALLYPORT_CONFIG || fileURLToPath(new URL('../../../config/demo.yaml', import.meta.url));
}
