import { createHash } from 'node:crypto';
import type { Browser } from '../core/browser.ts';
import type { LockoutNeeds } from './needs.ts';

/** How long a browser stays known to an account's budget. */
const KNOWN_FOR = 180 * 86_400_000;

const hash = (value: string): string => createHash('sha256').update(value).digest('base64url');
/** By what a door recognises callers no browser can be recognised, whatever cookie it sends. */
const nameOf = (value: string, { cookieless }: Browser) => `${cookieless ? 'caller-' : ''}${hash(value)}`;
const knownKey = (value: string, browser: Browser) => `known-browser:${nameOf(value, browser)}`;
const eraKey = (subject: string) => `known-era:{${subject}}`;

/** Browsers on which an account has signed in before: being known grants a budget of one's own, and nothing else. */
export function createKnownBrowsers({ ephemeral, random }: Pick<LockoutNeeds, 'ephemeral' | 'random'>) {
  return {
    /** The account as browsers know it, until its password is another one. */
    async eraOf(subject: string): Promise<string> {
      const era = await ephemeral.get(eraKey(subject));
      return era === undefined ? subject : `${subject} ${era}`;
    },

    /** The name that a known browser's budget goes by. */
    async known(era: string, browser: Browser): Promise<string | undefined> {
      if (browser.known === undefined) return undefined;
      const { known } = browser;
      return (await ephemeral.members(knownKey(known, browser))).includes(era) ? nameOf(known, browser) : undefined;
    },

    async recognise(subject: string, era: string, browser: Browser): Promise<void> {
      if (browser.cookieless && browser.known === undefined) return;
      const value = browser.known ?? Buffer.from(random(32)).toString('base64url');
      await Promise.all([
        ephemeral.addMember(knownKey(value, browser), era, KNOWN_FOR),
        // There is no time to prolong before the first change of password; whatever that sets meanwhile has all of it.
        ...(era === subject ? [] : [ephemeral.expire(eraKey(subject), KNOWN_FOR)]),
      ]);
      if (browser.known === undefined) browser.setKnown(value, KNOWN_FOR);
    },

    /** From now on all are strangers again. */
    async forget(subject: string): Promise<void> {
      await ephemeral.set(eraKey(subject), Buffer.from(random(9)).toString('base64url'), KNOWN_FOR);
    },
  };
}
