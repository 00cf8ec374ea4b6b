import { z } from 'zod';
import { createCredentials } from '../../src/accounts/credentials.ts';
import type { TrustedDevices } from '../../src/assurance/trusted-devices.ts';
import { type Mark, validityOf } from '../../src/assurance/validity.ts';
import type { CredentialKinds } from '../../src/core/credential-kind.ts';
import type { AuditPort } from '../../src/core/door.ts';
import { createSealer } from '../../src/core/seal.ts';
import { createMethods } from '../../src/methods/methods.ts';
import { openDurable } from './durable.ts';
import { person } from './people.ts';
import { openEphemeral, random, START, stoppedClock } from './sign-in.ts';

/** Of the one factor that is enabled. */
const kinds: CredentialKinds = new Map([['phone', { shape: z.unknown(), maximum: 10 }]]);

export interface MethodsGiven {
  audit: AuditPort;
  /** Forgets remembered devices. */
  revoke: TrustedDevices['revoke'];
  endGrants?(account: string, credential: string): Promise<void>;
  /** What was ended of the account; nothing was, unless it is given. */
  marked?(): Promise<Mark>;
}

/** Methods of a factor `phone`, an account `alice` without any, and a clock that stands still. */
export async function openMethods({ audit, revoke, endGrants, marked }: MethodsGiven) {
  const { durable } = await openDurable();
  const {
    revokedBefore: _revoked,
    generation: _generation,
    countedTo: _counted,
    version: _version,
    ...alice
  } = person('alice', { createdAt: START });
  await durable.accounts.link(alice);
  const clock = stoppedClock();
  const deps = { durable, random, now: clock.now, audit, kinds, sealer: createSealer(new Uint8Array(32)) };
  const credentials = createCredentials(deps);
  // Of remembered devices nothing else is asked.
  const devices = { revoke } as TrustedDevices;
  const ephemeral = await openEphemeral('embedded', clock.now);
  const validityNow = async () => ({ ...validityOf(undefined, 0), ...(marked && { mark: await marked() }) });
  const methods = createMethods(
    { ...deps, ephemeral, endGrants: endGrants ?? (async () => {}) },
    { credentials, devices, validityNow },
  );
  return { durable, clock, deps, credentials, devices, methods };
}
