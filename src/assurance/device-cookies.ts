import { createHash } from 'node:crypto';
import type { Browser, DeviceCookie } from '../core/browser.ts';
import { present, successorOf } from './device-secrets.ts';
import type { Remembered, Series, SeriesStore, StoredSeries } from './device-series.ts';
import type { AssuranceNeeds } from './needs.ts';

/** Accounts that one browser remembers before the oldest gives way. */
const MOST_ACCOUNTS = 5;

/** A cookie, with the id under which its series is stored. */
interface Cookie extends DeviceCookie {
  id: string;
}

/** One whose series is there, and whose secret is good. */
export interface Presented extends Cookie {
  accounts: Series['accounts'];
  stored: StoredSeries;
}

/** A cookie, and its series if that is there. Nothing has been made of it yet. */
export interface LookedAt {
  cookie: Cookie;
  found: StoredSeries | undefined;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** The cookies of one browser: which are good, when their secrets are replaced, and what a stolen one brings about. */
export function createDeviceCookies(
  { random, now, audit }: Pick<AssuranceNeeds, 'random' | 'now' | 'audit'>,
  series: SeriesStore,
) {
  const fresh = (bytes: number) => Buffer.from(random(bytes)).toString('base64url');

  /** A superseded secret came back: one of two copies isn't the owner's, and nobody can tell which. */
  async function theft(cookies: readonly Cookie[], browser: Browser): Promise<void> {
    const { ip, userAgent, reference } = browser;
    for (const { id, series: name } of cookies) {
      const accounts = Object.keys(await series.end(id));
      browser.setDevice(name, undefined, 0);
      for (const account of accounts) {
        await audit.commit({ event: 'device.theft', account, ip, userAgent, reference, device: id });
      }
    }
  }

  /** The series behind this browser's cookies, as they are. */
  async function look(browser: Browser): Promise<LookedAt[]> {
    if (browser.shared) return [];
    const cookies = browser.devices.map((cookie): Cookie => ({ ...cookie, id: hash(cookie.series) }));
    return Promise.all(cookies.map(async (cookie) => ({ cookie, found: await series.stored(cookie.id) })));
  }

  /** Those that are good; a stolen one ends all that came with it, for they were copied together. */
  async function presented(browser: Browser, looked: Promise<LookedAt[]> = look(browser)): Promise<Presented[]> {
    const there = (await looked).flatMap(({ cookie, found }) =>
      found ? [{ ...cookie, stored: found, accounts: found.series.accounts }] : [],
    );
    if (there.some(({ stored, secret }) => present(stored.series.secrets, hash(secret), now()) === 'stale')) {
      await theft(there, browser);
      return [];
    }
    return there;
  }

  /** Changes a record of the series, and sends the next secret if one is due; false if the series has ended. */
  async function rotate(cookie: Presented, browser: Browser, change: (series: Series) => Series): Promise<boolean> {
    const secret = fresh(32);
    let due = false;
    const successor = (before: Series): Series => {
      const secrets = successorOf(before.secrets, hash(cookie.secret), hash(secret), now());
      due = secrets !== undefined;
      return { ...change(before), ...(secrets ? { secrets } : {}) };
    };
    const after = await series.update(cookie.id, successor, cookie.stored);
    if (after && due) browser.setDevice(cookie.series, secret, series.lifeOf(after));
    return after !== undefined;
  }

  /** A series of its own. The copy of a cookie that is there already shows itself from now on: those rotate. */
  async function begin(account: string, record: Remembered, browser: Browser, others: readonly Presented[]) {
    const [name, secret] = [fresh(16), fresh(32)];
    const made: Series = {
      accounts: { [account]: record },
      secrets: { held: hash(secret), issued: [], retired: [] },
      userAgent: browser.userAgent.slice(0, 256),
    };
    browser.setDevice(name, secret, await series.add(hash(name), account, made));
    const ends = ({ accounts }: Presented) => Math.max(...Object.values(accounts).map(({ expires }) => expires), 0);
    for (const [at, other] of [...others].sort((a, b) => ends(b) - ends(a)).entries()) {
      if (at >= MOST_ACCOUNTS - 1) browser.setDevice(other.series, undefined, 0);
      else await rotate(other, browser, (unchanged) => unchanged);
    }
  }

  return {
    look,
    presented,
    rotate,
    begin,
    /** The cookie that remembers this account. */
    ofAccount: (account: string, cookies: readonly Presented[]): Presented | undefined =>
      cookies.find(({ accounts }) => series.holds(accounts[account])),
    /** Ids of the series that this browser's cookies name, good or not. */
    idsOf: (browser: Browser): Set<string> => new Set(browser.devices.map((cookie) => hash(cookie.series))),
  };
}
