import { z } from 'zod';
import { createCredentials } from '../../src/accounts/credentials.ts';
import type { TrustedDevices } from '../../src/assurance/trusted-devices.ts';
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
  /** From when on what was proven is void. */
  voidBefore?(): Promise<number>;
}

/** Methods of a factor `phone`, an account `alice` without any, and a clock that stands still. */
export async function openMethods({ audit, revoke, endGrants, voidBefore }: MethodsGiven) {
  const { durable } = await openDurable();
  const { revokedBefore: _revoked, version: _version, ...alice } = person('alice', { createdAt: START });
  await durable.accounts.link(alice);
  const clock = stoppedClock();
  const deps = { durable, random, now: clock.now, audit, kinds, sealer: createSealer(new Uint8Array(32)) };
  const credentials = createCredentials(deps);
  // Of remembered devices nothing else is asked.
  const devices = { revoke } as TrustedDevices;
  const ephemeral = await openEphemeral('embedded', clock.now);
  const methods = createMethods(
    { ...deps, ephemeral, endGrants: endGrants ?? (async () => {}) },
    { credentials, devices, voidBefore: voidBefore ?? (async () => 0) },
  );
  return { durable, clock, deps, credentials, devices, methods };
}
