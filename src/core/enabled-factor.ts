import type { Factor, FactorModule } from './factor.ts';

/** A factor that the configuration enables. */
export interface EnabledFactor {
  module: FactorModule;
  factor: Factor;
}

/** By id, in the configuration's order: the first that can begin a sign-in does. */
export type EnabledFactors = ReadonlyMap<string, EnabledFactor>;
