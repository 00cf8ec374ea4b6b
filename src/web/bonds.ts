import { createHash, timingSafeEqual } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Bonds } from '../core/bonds.ts';
import { cookiesOf } from './browser.ts';
import type { WebDeps } from './context.ts';

/**
 * Bonds of one browser at once, all kinds together. Eight tabs that come by another door hold sixteen; each has some
 * 90 bytes in every request, of the 8 KiB that servers in front of ours take in a header.
 */
const MOST = 24;

/** Letters of the moment at which a bond was made, in front of its 256 random bits: the browser keeps the order. */
const MOMENT = 9;
const SECRET = new RegExp(`^[0-9a-z]{${MOMENT}}[\\w-]{43}$`);
/** Of the hash of what is bound, in the cookie's name: 66 bits. */
const NAMED = 11;

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Bonds as cookies: with the `__Host-` prefix, but for http on this machine, where browsers refuse it. */
export function createBonds({ issuer, now, random }: Pick<WebDeps, 'issuer' | 'now' | 'random'>): Bonds {
  const secure = issuer.startsWith('https:');
  const prefix = `${secure ? '__Host-' : ''}sallyport.`;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  const nameOf = (kind: string, id: string): string => `${prefix}${kind}.${hashOf(id).slice(0, NAMED)}`;

  /** Bonds that a request brings, the newest first. */
  function bondsOf(header: string | undefined, kind = ''): [name: string, secret: string][] {
    const all = [...cookiesOf(header)].reverse();
    const bonds = all.filter(([name, value]) => name.startsWith(prefix + kind) && SECRET.test(value));
    return bonds.sort(([, a], [, b]) => -compare(a.slice(0, MOMENT), b.slice(0, MOMENT)));
  }

  function write(res: ServerResponse, name: string, value: string, seconds: number): void {
    res.appendHeader('set-cookie', `${name}=${value}; Max-Age=${seconds}; ${attributes}`);
  }

  return {
    async make({ req, res }, kind, id, lifetime, keep) {
      const moment = now().toString(36).padStart(MOMENT, '0');
      const secret = moment + Buffer.from(random(32)).toString('base64url');
      const kept = await keep(hashOf(secret));
      for (const [name] of bondsOf(req.headers.cookie).slice(MOST - 1)) write(res, name, '', 0);
      write(res, nameOf(kind, id), secret, Math.floor(lifetime / 1000));
      return kept;
    },

    hold(req, kind, id, kept) {
      const secret = cookiesOf(req.headers.cookie).get(nameOf(kind, id));
      if (secret === undefined || kept === undefined || !SECRET.test(secret)) return false;
      const [given, expected] = [Buffer.from(hashOf(secret)), Buffer.from(kept)];
      return given.length === expected.length && timingSafeEqual(given, expected);
    },

    held: (req, kind) => bondsOf(req.headers.cookie, `${kind}.`).map(([, secret]) => hashOf(secret)),

    end({ res }, kind, id) {
      write(res, nameOf(kind, id), '', 0);
    },
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
