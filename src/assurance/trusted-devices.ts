import { createHash } from 'node:crypto';
import { isSecondFactor, type Proof } from '../core/assurance.ts';
import type { Browser, DeviceCookie } from '../core/browser.ts';
import { present, type Secrets, successorOf } from './device-secrets.ts';
import type { AssuranceNeeds } from './needs.ts';

/** What one account proved on one browser. Times are epoch milliseconds. */
interface Remembered {
  proofs: Proof[];
  at: number;
  expires: number;
  usedAt?: number;
  /** Address that it was remembered from, or used from last. */
  ip?: string;
}

/** Accounts that one browser remembers, and browsers that remember one account, before the oldest gives way. */
const MOST_ACCOUNTS = 5;
const MOST_BROWSERS = 20;

/**
 * One account on one browser: its record, and the secrets of its cookie. A record never moves to another series, and
 * none is added to one: who holds a copy of its cookie would share it. Series made before may hold several accounts.
 */
interface Series {
  accounts: Record<string, Remembered>;
  secrets: Secrets;
  userAgent: string;
}

/** As shown to its owner. */
export interface TrustedDevice {
  id: string;
  userAgent: string;
  createdAt: number;
  usedAt?: number;
  expires: number;
  current: boolean;
  ip?: string;
}

/** A cookie, with the id under which its series is stored. */
interface Cookie extends DeviceCookie {
  id: string;
}

/** One whose series is there, and whose secret is good. */
interface Presented extends Cookie {
  accounts: Series['accounts'];
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
const seriesKey = (id: string): string => `device:${id}`;
const indexKey = (account: string): string => `devices-of:{${account}}`;

/**
 * Browsers on which earlier proofs are remembered. Each account has a cookie of its own there, `<series>.<secret>`,
 * both random and both kept hashed; the secret rotates at use, so that a copied cookie shows itself when either copy
 * is used.
 */
export function createTrustedDevices(
  deps: Pick<AssuranceNeeds, 'ephemeral' | 'random' | 'now' | 'audit' | 'trustedDevices'>,
) {
  const { ephemeral, audit } = deps;
  const fresh = (bytes: number) => Buffer.from(deps.random(bytes)).toString('base64url');

  async function read(id: string): Promise<{ text: string; series: Series } | undefined> {
    const text = await ephemeral.get(seriesKey(id));
    return text === undefined ? undefined : { text, series: JSON.parse(text) as Series };
  }

  const lifeOf = (series: Series): number =>
    Math.max(...Object.values(series.accounts).map(({ expires }) => expires), 0) - deps.now();

  /** Changes a series by compare-and-set; `change` answers undefined to leave it, and may run again. */
  async function update(id: string, change: (series: Series) => Series | undefined): Promise<Series | undefined> {
    for (;;) {
      const found = await read(id);
      if (found === undefined) return undefined;
      const next = change(structuredClone(found.series));
      if (next === undefined) return found.series;
      const left = lifeOf(next);
      if (left <= 0) {
        await ephemeral.delete(seriesKey(id));
        return undefined;
      }
      if (await ephemeral.swap(seriesKey(id), found.text, JSON.stringify(next), left)) return next;
    }
  }

  /** Ends a series; of any number of callers one gets the records of its accounts that hold still. */
  async function end(id: string): Promise<Record<string, Remembered>> {
    const text = await ephemeral.take(seriesKey(id));
    const accounts = text === undefined ? {} : (JSON.parse(text) as Series).accounts;
    for (const account of Object.keys(accounts)) await ephemeral.removeMember(indexKey(account), id);
    return Object.fromEntries(Object.entries(accounts).filter(([, { expires }]) => expires > deps.now()));
  }

  /** A superseded secret came back: one of two copies isn't the owner's, and nobody can tell which. */
  async function theft(cookies: readonly Cookie[], browser: Browser): Promise<void> {
    const { ip, userAgent, reference } = browser;
    for (const { id, series } of cookies) {
      const accounts = Object.keys(await end(id));
      browser.setDevice(series, undefined, 0);
      for (const account of accounts) {
        await audit.commit({ event: 'device.theft', account, ip, userAgent, reference, device: id });
      }
    }
  }

  /** The series behind this browser's cookies; a stolen one ends all that came with it, for they were copied together. */
  async function presented(browser: Browser): Promise<Presented[]> {
    if (browser.shared) return [];
    const cookies = browser.devices.map((cookie): Cookie => ({ ...cookie, id: hash(cookie.series) }));
    const found = await Promise.all(cookies.map(async (cookie) => ({ cookie, kept: await read(cookie.id) })));
    const there = found.flatMap(({ cookie, kept }) => (kept ? [{ ...cookie, ...kept.series }] : []));
    if (there.some(({ secrets, secret }) => present(secrets, hash(secret), deps.now()) === 'stale')) {
      await theft(there, browser);
      return [];
    }
    return there;
  }

  const holds = (record: Remembered | undefined): record is Remembered =>
    record !== undefined && record.expires > deps.now();

  /** Changes a record of the series, and sends the next secret if one is due; false if the series has ended. */
  async function rotate(cookie: Cookie, browser: Browser, change: (series: Series) => Series): Promise<boolean> {
    const secret = fresh(32);
    let due = false;
    const after = await update(cookie.id, (series) => {
      const secrets = successorOf(series.secrets, hash(cookie.secret), hash(secret), deps.now());
      due = secrets !== undefined;
      return { ...change(series), ...(secrets ? { secrets } : {}) };
    });
    if (after && due) browser.setDevice(cookie.series, secret, lifeOf(after));
    return after !== undefined;
  }

  /** The cookie that remembers this account. */
  const ofAccount = (account: string, cookies: readonly Presented[]): Presented | undefined =>
    cookies.find(({ accounts }) => holds(accounts[account]));

  /** A series of its own. The copy of a cookie that is there already shows itself from now on: those rotate. */
  async function begin(account: string, record: Remembered, browser: Browser, others: readonly Presented[]) {
    const [series, secret] = [fresh(16), fresh(32)];
    const made: Series = {
      accounts: { [account]: record },
      secrets: { held: hash(secret), issued: [], retired: [] },
      userAgent: browser.userAgent.slice(0, 256),
    };
    const id = hash(series);
    const life = lifeOf(made);
    await ephemeral.set(seriesKey(id), JSON.stringify(made), life);
    await ephemeral.addMember(indexKey(account), id, life);
    browser.setDevice(series, secret, life);
    const ends = ({ accounts }: Presented) => Math.max(...Object.values(accounts).map(({ expires }) => expires), 0);
    for (const [at, other] of [...others].sort((a, b) => ends(b) - ends(a)).entries()) {
      if (at >= MOST_ACCOUNTS - 1) browser.setDevice(other.series, undefined, 0);
      else await rotate(other, browser, (unchanged) => unchanged);
    }
  }

  async function list(account: string, browser?: Browser): Promise<TrustedDevice[]> {
    const current = new Set(browser?.devices.map(({ series }) => hash(series)));
    const devices: TrustedDevice[] = [];
    for (const id of await ephemeral.members(indexKey(account))) {
      const found = await read(id);
      const record = found?.series.accounts[account];
      if (!found || !holds(record)) continue;
      const { at, expires, usedAt, ip } = record;
      const { userAgent } = found.series;
      const where = { ...(usedAt ? { usedAt } : {}), ...(ip === undefined ? {} : { ip }) };
      devices.push({ id, userAgent, createdAt: at, expires, current: current.has(id), ...where });
    }
    return devices.sort((a, b) => (b.usedAt ?? b.createdAt) - (a.usedAt ?? a.createdAt));
  }

  /** Forgets an account on one device, or on those that rest on a credential, or on all. Effective at once. */
  async function revoke(account: string, only: { device?: string; credential?: string } = {}): Promise<number> {
    let count = 0;
    const ids = await ephemeral.members(indexKey(account));
    for (const id of only.device === undefined ? ids : ids.filter((it) => it === only.device)) {
      let removed = false;
      await update(id, (series) => {
        const rests = series.accounts[account]?.proofs.some(({ credential }) => credential === only.credential);
        removed = series.accounts[account] !== undefined && (only.credential === undefined || rests === true);
        if (!removed) return undefined;
        const { [account]: _, ...others } = series.accounts;
        return { ...series, accounts: others };
      });
      if (!removed) continue;
      count += 1;
      await ephemeral.removeMember(indexKey(account), id);
    }
    return count;
  }

  return {
    /** What this browser remembers of an account, if its cookie is good; a stolen one ends the series. */
    async recall(account: string, browser: Browser): Promise<{ id: string; proofs: Proof[] } | undefined> {
      const cookie = ofAccount(account, await presented(browser));
      const record = cookie?.accounts[account];
      return cookie && record ? { id: cookie.id, proofs: record.proofs } : undefined;
    },

    /** The record stood in for a second factor: the secret rotates. The record itself isn't prolonged. */
    async used(account: string, browser: Browser): Promise<void> {
      const cookie = ofAccount(account, await presented(browser));
      if (cookie === undefined) return;
      await rotate(cookie, browser, (series) => {
        const record = series.accounts[account];
        if (record) Object.assign(record, { usedAt: deps.now(), ip: browser.ip });
        return series;
      });
    },

    /** Remembers second-factor proofs for one account on this browser. Bootstrap proofs never are. */
    async remember(account: string, proofs: readonly Proof[], browser: Browser): Promise<boolean> {
      const kept = proofs.filter((proof) => isSecondFactor(proof) && !proof.bootstrap);
      if (kept.length === 0 || browser.shared) return false;
      const at = deps.now();
      const expires = Math.min(...kept.map((proof) => proof.at)) + deps.trustedDevices.lifetime;
      if (expires <= at) return false;
      const record: Remembered = { proofs: kept.map(bare), at, expires, ip: browser.ip };
      const cookies = await presented(browser);
      const cookie = ofAccount(account, cookies);
      const change = (series: Series) => ({ ...series, accounts: { ...series.accounts, [account]: record } });
      if (cookie && (await rotate(cookie, browser, change))) {
        await ephemeral.addMember(indexKey(account), cookie.id, expires - at);
        return true;
      }
      await begin(account, record, browser, cookies);
      const all = await list(account);
      for (const { id } of all.slice(MOST_BROWSERS)) await revoke(account, { device: id });
      return true;
    },

    list,
    revoke,
  };
}

/** Without the authorization request that a proof was given in: it isn't evidence any more. */
function bare(proof: Proof): Proof {
  const { request: _, ...rest } = proof as Proof & { request?: string };
  return rest;
}

export type TrustedDevices = ReturnType<typeof createTrustedDevices>;
