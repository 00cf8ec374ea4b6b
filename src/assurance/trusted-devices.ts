import { isSecondFactor, type Proof } from '../core/assurance.ts';
import type { Browser } from '../core/browser.ts';
import { createDeviceCookies, type LookedAt, type Presented } from './device-cookies.ts';
import { createSeries, type Remembered, type Series } from './device-series.ts';
import type { AssuranceNeeds } from './needs.ts';

/** Browsers that remember one account before the oldest gives way. */
const MOST_BROWSERS = 20;

/** What is remembered on a browser; `used`: it stood in for a second factor. */
export interface Recalled {
  id: string;
  proofs: Proof[];
  used(): Promise<void>;
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

/**
 * Browsers on which earlier proofs are remembered. Each account has a cookie of its own there, `<series>.<secret>`,
 * both random and both kept hashed; the secret rotates at use, so that a copied cookie shows itself when either copy
 * is used.
 */
export function createTrustedDevices(
  deps: Pick<AssuranceNeeds, 'ephemeral' | 'random' | 'now' | 'audit' | 'trustedDevices'>,
) {
  const series = createSeries(deps);
  const cookies = createDeviceCookies(deps, series);

  async function list(account: string, browser?: Browser): Promise<TrustedDevice[]> {
    const current = browser ? cookies.idsOf(browser) : new Set<string>();
    const devices: TrustedDevice[] = [];
    for (const id of await series.idsOf(account)) {
      const found = await series.read(id);
      const record = found?.accounts[account];
      if (!found || !series.holds(record)) continue;
      const { at, expires, usedAt, ip } = record;
      const { userAgent } = found;
      const where = { ...(usedAt ? { usedAt } : {}), ...(ip === undefined ? {} : { ip }) };
      devices.push({ id, userAgent, createdAt: at, expires, current: current.has(id), ...where });
    }
    return devices.sort((a, b) => (b.usedAt ?? b.createdAt) - (a.usedAt ?? a.createdAt));
  }

  /** Forgets an account on one device, or on those that rest on a credential, or on all. Effective at once. */
  async function revoke(account: string, only: { device?: string; credential?: string } = {}): Promise<number> {
    let count = 0;
    const ids = await series.idsOf(account);
    for (const id of only.device === undefined ? ids : ids.filter((it) => it === only.device)) {
      let removed = false;
      await series.update(id, (before) => {
        const rests = before.accounts[account]?.proofs.some(({ credential }) => credential === only.credential);
        removed = before.accounts[account] !== undefined && (only.credential === undefined || rests === true);
        if (!removed) return undefined;
        const { [account]: _, ...others } = before.accounts;
        return { ...before, accounts: others };
      });
      if (!removed) continue;
      count += 1;
      await series.unindex(account, id);
    }
    return count;
  }

  /** The record stood in for a second factor: the secret rotates. The record itself isn't prolonged. */
  async function use(account: string, cookie: Presented, browser: Browser): Promise<void> {
    await cookies.rotate(cookie, browser, (kept) => {
      const record = kept.accounts[account];
      if (record === undefined) return kept;
      const used = { ...record, usedAt: deps.now(), ip: browser.ip };
      return { ...kept, accounts: { ...kept.accounts, [account]: used } };
    });
  }

  return {
    look: cookies.look,

    /**
     * What this browser remembers of an account, if its cookie is good; a stolen one ends the series. `looked`: what was
     * found for its cookies a moment ago.
     */
    async recall(account: string, browser: Browser, looked?: Promise<LookedAt[]>): Promise<Recalled | undefined> {
      const cookie = cookies.ofAccount(account, await cookies.presented(browser, looked));
      const record = cookie?.accounts[account];
      if (!cookie || !record) return undefined;
      return { id: cookie.id, proofs: record.proofs, used: () => use(account, cookie, browser) };
    },

    /**
     * Remembers second-factor proofs for one account on this browser. Bootstrap proofs never are. `announce` is told
     * before it is so, once nothing stands against it.
     */
    async remember(
      account: string,
      proofs: readonly Proof[],
      browser: Browser,
      announce?: () => Promise<void>,
    ): Promise<boolean> {
      const kept = proofs.filter((proof) => isSecondFactor(proof) && !proof.bootstrap);
      if (kept.length === 0 || browser.shared) return false;
      const at = deps.now();
      const expires = Math.min(...kept.map((proof) => proof.at)) + deps.trustedDevices.lifetime;
      if (expires <= at) return false;
      await announce?.();
      const record: Remembered = { proofs: kept.map(bare), at, expires, ip: browser.ip };
      const presented = await cookies.presented(browser);
      const cookie = cookies.ofAccount(account, presented);
      const change = (kept: Series) => ({ ...kept, accounts: { ...kept.accounts, [account]: record } });
      if (cookie && (await cookies.rotate(cookie, browser, change))) {
        await series.index(account, cookie.id, expires - at);
        return true;
      }
      await cookies.begin(account, record, browser, presented);
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
