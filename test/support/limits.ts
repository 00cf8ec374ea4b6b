import type { LimitPort } from '../../src/core/limit.ts';
import { createLimits } from '../../src/lockout/limits.ts';
import { recordingAudit, recordingLog } from './recording.ts';
import { openEphemeral } from './sign-in.ts';

/** Where nobody looks at what is told. */
const unheard = () => ({ audit: recordingAudit().audit, log: recordingLog().log });

/** Limits of a factor's own, on a store of the running test's. */
export async function openLimits(now: () => number): Promise<LimitPort> {
  return createLimits({ ephemeral: await openEphemeral('embedded', now), now, ...unheard() }, 'whistle');
}
