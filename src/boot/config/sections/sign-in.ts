import { z } from 'zod';
import { duration, kibibytes, localized } from '../fields.ts';
import { passwordPolicy } from './passwords.ts';

const lockout = z
  .strictObject({
    // NIST SP 800-63B-4 section 3.2.2: at most 100 consecutive failures.
    failures: z.int().min(1).max(100).default(8).describe('Failures after which an account is locked'),
    duration: duration('1m', '1d').prefault('30m').describe('How long it stays locked'),
    inARow: z.int().min(1).max(100).default(100).describe('Failures in a row after which only a release ends it'),
    perAddress: z
      .strictObject({
        failures: z.int().min(1).max(100_000).default(100).describe('Failures from one address, over all accounts'),
        window: duration('1m', '1d').prefault('10m').describe('How long an address waits after that'),
      })
      .prefault({}),
  })
  .prefault({})
  .describe('Brute force: budgets of failed attempts');

const strangers = z
  .strictObject({
    perAddress: kibibytes.default(4_096).describe('KiB that sign-ins begun from one address may take up at once'),
    total: kibibytes.default(65_536).describe('KiB for all addresses together'),
  })
  .prefault({})
  .describe('What people may have kept before they are known');

const overload = z
  .strictObject({
    requests: z.int().min(10).max(100_000).default(1_000).describe('Requests that are answered at once, at most'),
    lag: duration('20ms', '10s').prefault('1s').describe('No sign-in begins while the process is further behind'),
  })
  .prefault({})
  .describe('When there is more to do than can be done: who is told to come again');

const affixes = z.array(z.string().min(1).max(253)).max(20).default([]);

const signInWith = z
  .strictObject({
    names: z
      .array(z.enum(['username', 'email']))
      .min(1, { error: 'is empty: name username, email, or both' })
      .default(['username'])
      .describe('What people may type'),
    domains: affixes.describe('Windows domains that may stand before a user name: DOMAIN\\name'),
    realms: affixes.describe('Realms that may stand after a user name: name@realm'),
    label: localized.optional().describe('What the institution calls it'),
    hint: localized.optional().describe('A sentence below the label'),
  })
  .prefault({})
  .describe('By what people sign in');

/** How long what was proven lasts. */
export const sessions = {
  sessions: z
    .strictObject({
      lifetime: duration('5m', '30d').prefault('8h').describe('Absolute life of a single sign-on session'),
      idle: duration('1m', '30d').prefault('1h').describe('It ends after this long without use'),
    })
    .prefault({}),
  trustedDevices: z
    .strictObject({ lifetime: duration('1h', '365d').prefault('30d') })
    .prefault({})
    .describe('How long a remembered browser can stand in for a second factor, at most'),
};

/** How people prove who they are, and how often they may try. */
export const signIn = {
  signInWith,
  lockout,
  passwordPolicy,
  strangers,
  overload,
};
