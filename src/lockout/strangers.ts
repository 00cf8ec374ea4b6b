import type { Browser } from '../core/browser.ts';
import type { AuditPort, LogPort } from '../core/door.ts';
import { TooManyError } from '../core/errors.ts';
import type { EphemeralStore } from '../core/store.ts';
import type { Asker, Strangers } from '../core/strangers.ts';
import { budgetKey } from '../policy/index.ts';

/** KiB. */
export interface StrangerSettings {
  perAddress: number;
  total: number;
  /** By name of a configured network: for each of its addresses, in the place of `perAddress`. */
  networks: ReadonlyMap<string, number>;
}

/** What became of something that a stranger would have kept, for the metrics. */
export type Fate = 'refused' | 'displaced' | 'crowded-out';

interface Deps {
  now(): number;
  ephemeral: Pick<EphemeralStore, 'reserve' | 'release' | 'add' | 'attempt' | 'refund'>;
  audit: Pick<AuditPort, 'note'>;
  log: Pick<LogPort, 'warn'>;
  strangers: StrangerSettings;
  count(fate: Fate, by: number): void;
}

const KIB = 1024;
/** Bytes that a store needs beside key and value. */
const BESIDE = 256;
/** A sign-in that has just begun isn't given up for the next one from its address, milliseconds. */
const PATIENCE = 60_000;
/** Questions to others that one address causes in a minute: half of what a metadata query server is asked at most. */
const QUESTIONS = 60;
const MINUTE = 60_000;
/** Wrong guesses of one address, and until it may guess again after the last of them, milliseconds. */
const GUESSES = 10;
const GUESSED_WITHIN = 600_000;
/** The same address is spoken of once in this time, milliseconds. */
const QUIET = 600_000;

/** Accounts of addresses in the ephemeral store: the same on all nodes. */
export function createStrangers({ now, ephemeral, audit, log, strangers, count }: Deps): Strangers {
  const total = strangers.total * KIB;

  /** Whoever speaks for many may have what there is. */
  function mostOf({ networks, speaker }: Pick<Browser, 'networks' | 'speaker'>): number {
    if (speaker !== undefined) return total;
    const own = networks.flatMap((name) => strangers.networks.get(name) ?? []);
    return Math.min(total, (own.length > 0 ? Math.max(...own) : strangers.perAddress) * KIB);
  }

  /** Audit and log hear of it once in a while: what a stranger does again and again must not fill them instead. */
  async function tell(what: 'refused' | 'crowded', owner: string, { browser }: Asker): Promise<void> {
    if (!(await ephemeral.add(`strangers-told:${what}:${owner}`, '1', QUIET))) return;
    const { ip, reference } = browser;
    const event = what === 'refused' ? 'strangers.refused' : 'strangers.crowded';
    audit.note({ event, ip, reference });
    log.warn({ ip, reference }, what === 'refused' ? 'an address has begun too much' : 'strangers crowd');
  }

  async function refuse(owner: string, by: Asker, retryAfter: number): Promise<never> {
    count('refused', 1);
    await tell('refused', owner, by);
    throw new TooManyError(`${owner} has begun too much`, retryAfter);
  }

  return {
    async admit({ key, value, ttl }, by) {
      const owner = ownerOf(by);
      const weight = Buffer.byteLength(value) + Buffer.byteLength(key) + BESIDE;
      const most = mostOf(by.browser);
      const reserved = await ephemeral.reserve({ key, owner, weight, ttl, most, total, patience: PATIENCE });
      if (!reserved.allowed) return refuse(owner, by, reserved.retryAfter);
      if (reserved.own > 0) count('displaced', reserved.own);
      if (reserved.others > 0) {
        count('crowded-out', reserved.others);
        await tell('crowded', 'all', by);
      }
    },
    async ask(by) {
      const at = now();
      const owner = ownerOf(by);
      // The minute is part of the key: what refills little by little would never refill while it is used.
      const key = `strangers-ask:${owner}:${Math.floor(at / MINUTE)}`;
      const { allowed } = await ephemeral.attempt(key, QUESTIONS, 2 * MINUTE);
      if (!allowed) await refuse(owner, by, MINUTE - (at % MINUTE));
    },
    async guess(what, by) {
      const owner = ownerOf(by);
      const key = `strangers-guess:${what}:${owner}`;
      const { allowed, retryAfter } = await ephemeral.attempt(key, GUESSES, GUESSED_WITHIN);
      if (!allowed) await refuse(owner, by, retryAfter);
      return { right: () => ephemeral.refund(key) };
    },
    release: (...keys) => ephemeral.release(...keys),
  };
}

function ownerOf({ account, browser: { ip, speaker } }: Asker): string {
  if (account !== undefined) return `account ${account}`;
  return speaker === undefined ? `address ${budgetKey(ip)}` : `speaker ${speaker}`;
}
