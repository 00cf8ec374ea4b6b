import { randomBytes } from 'node:crypto';
import type { EphemeralStore } from '../../src/core/store.ts';
import { createBonds } from '../../src/web/bonds.ts';
import { createDeposits } from '../../src/web/deposits.ts';
import { cookieJar, uncounted } from './sign-in.ts';

export interface BondOptions {
  issuer?: string;
  now?: () => number;
}

/** Bonds and deposits as the web layer has them, for a part that is tested without it. */
export function bondPorts(
  ephemeral: Pick<EphemeralStore, 'get' | 'set' | 'take'>,
  { issuer = 'https://idp.example.org', now = Date.now }: BondOptions = {},
) {
  const random = (bytes: number) => randomBytes(bytes);
  const bonds = createBonds({ issuer, now, random });
  return {
    bonds,
    deposits: createDeposits({ ephemeral, bonds, random, strangers: uncounted, browser: () => cookieJar().request() }),
  };
}
