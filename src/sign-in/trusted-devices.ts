import { createHash } from 'node:crypto';
import { isSecondFactor, type Proof } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import type { SignInDeps } from './deps.ts';
import { present, type Secrets, successorOf } from './device-secrets.ts';

/** What one account proved on one browser. Times are epoch milliseconds. */
interface Remembered {
  proofs: Proof[];
  at: number;
  expires: number;
  usedAt?: number;
  /** Address that it was remembered from, or used from last. */
  ip?: string;
}

/** One browser: its cookie's secrets, and a record for each account that is remembered on it. */
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

/** What the cookie says: the series, its id as stored, and the secret. */
interface Cookie {
  id: string;
  series: string;
  secret: string;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
const seriesKey = (id: string): string => `device:${id}`;
const indexKey = (account: string): string => `devices-of:{${account}}`;

/**
 * Browsers on which earlier proofs are remembered. The cookie is `<series>.<secret>`, both random and
 * both kept hashed; the secret rotates at use, so that a copied cookie shows itself when either copy is used.
 */
export function createTrustedDevices(
  deps: Pick<SignInDeps, 'ephemeral' | 'random' | 'now' | 'audit' | 'trustedDevices'>,
) {
  const { ephemeral, audit } = deps;
  const fresh = (bytes: number) => Buffer.from(deps.random(bytes)).toString('base64url');

  const split = (cookie: string | undefined): Cookie | undefined => {
    const match = /^([\w-]{22})\.([\w-]{43})$/.exec(cookie ?? '');
    return match?.[1] && match[2] ? { id: hash(match[1]), series: match[1], secret: match[2] } : undefined;
  };

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
  async function theft(id: string, browser: Browser): Promise<void> {
    const accounts = Object.keys(await end(id));
    browser.setDevice(undefined, 0);
    for (const account of accounts) {
      const { ip, userAgent, reference } = browser;
      await audit.commit({ event: 'device.theft', account, ip, userAgent, reference, device: id });
    }
  }

  /** The series behind this browser's cookie, if that is good; a stolen one ends the series. */
  async function presented(browser: Browser): Promise<(Cookie & { accounts: Series['accounts'] }) | undefined> {
    const cookie = split(browser.device);
    if (cookie === undefined || browser.shared) return undefined;
    const found = await read(cookie.id);
    if (found === undefined) return undefined;
    if (present(found.series.secrets, hash(cookie.secret), deps.now()) === 'stale') {
      await theft(cookie.id, browser);
      return undefined;
    }
    return { ...cookie, accounts: found.series.accounts };
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
    if (after && due) browser.setDevice(`${cookie.series}.${secret}`, lifeOf(after));
    return after !== undefined;
  }

  return {
    /** What this browser remembers of an account, if its cookie is good; a stolen one ends the series. */
    async recall(account: string, browser: Browser): Promise<{ id: string; proofs: Proof[] } | undefined> {
      const cookie = await presented(browser);
      const record = cookie?.accounts[account];
      return cookie && holds(record) ? { id: cookie.id, proofs: record.proofs } : undefined;
    },

    /** The record stood in for a second factor: the secret rotates. The record itself isn't prolonged. */
    async used(account: string, browser: Browser): Promise<void> {
      const cookie = split(browser.device);
      if (cookie === undefined) return;
      await rotate(cookie, browser, (series) => {
        const record = series.accounts[account];
        if (record) Object.assign(record, { usedAt: deps.now(), ip: browser.ip });
        return series;
      });
    },

    /**
     * Remembers second-factor proofs for one account on this browser. Bootstrap proofs never are.
     * An account that is new to the browser begins a new series, into which the others move: who planted the
     * cookie, or copied it before, would share the record otherwise.
     */
    async remember(account: string, proofs: readonly Proof[], browser: Browser): Promise<boolean> {
      const kept = proofs.filter((proof) => isSecondFactor(proof) && !proof.bootstrap);
      if (kept.length === 0 || browser.shared) return false;
      const at = deps.now();
      const expires = Math.min(...kept.map((proof) => proof.at)) + deps.trustedDevices.lifetime;
      if (expires <= at) return false;
      const record: Remembered = { proofs: kept.map(bare), at, expires, ip: browser.ip };
      const cookie = await presented(browser);
      if (cookie && holds(cookie.accounts[account])) {
        const change = (series: Series) => ({ ...series, accounts: { ...series.accounts, [account]: record } });
        if (await rotate(cookie, browser, change)) {
          await ephemeral.addMember(indexKey(account), cookie.id, expires - at);
          return true;
        }
      }
      const id = fresh(16);
      const secret = fresh(32);
      const series: Series = {
        accounts: { ...(cookie ? await end(cookie.id) : {}), [account]: record },
        secrets: { held: hash(secret), issued: [], retired: [] },
        userAgent: browser.userAgent.slice(0, 256),
      };
      await ephemeral.set(seriesKey(hash(id)), JSON.stringify(series), lifeOf(series));
      for (const [who, { expires: until }] of Object.entries(series.accounts)) {
        await ephemeral.addMember(indexKey(who), hash(id), until - at);
      }
      browser.setDevice(`${id}.${secret}`, lifeOf(series));
      return true;
    },

    async list(account: string, browser?: Browser): Promise<TrustedDevice[]> {
      const current = split(browser?.device)?.id;
      const devices: TrustedDevice[] = [];
      for (const id of await ephemeral.members(indexKey(account))) {
        const found = await read(id);
        const record = found?.series.accounts[account];
        if (!found || !holds(record)) continue;
        const { at, expires, usedAt, ip } = record;
        const { userAgent } = found.series;
        const where = { ...(usedAt ? { usedAt } : {}), ...(ip === undefined ? {} : { ip }) };
        devices.push({ id, userAgent, createdAt: at, expires, current: id === current, ...where });
      }
      return devices.sort((a, b) => (b.usedAt ?? b.createdAt) - (a.usedAt ?? a.createdAt));
    },

    /** Forgets an account on one device, or on those that rest on a credential, or on all. Effective at once. */
    async revoke(account: string, only: { device?: string; credential?: string } = {}): Promise<number> {
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
    },
  };
}

/** Without the authorization request that a proof was given in: it isn't evidence any more. */
function bare(proof: Proof): Proof {
  const { request: _, ...rest } = proof as Proof & { request?: string };
  return rest;
}

export type TrustedDevices = ReturnType<typeof createTrustedDevices>;
