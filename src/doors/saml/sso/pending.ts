import { createHash, timingSafeEqual } from 'node:crypto';
import type { CookieOptions, Request, Response } from 'express';
import type { DoorPorts } from '../../../core/door.ts';
import type { AuthnRequest } from '../model.ts';

/** A request that waits for its person, kept here because its address passes through the browser. */
export interface Pending {
  application: string;
  /** Absent where the identity provider itself began. */
  request?: AuthnRequest;
  relayState?: string;
  /** When it came, epoch milliseconds. */
  since: number;
}

/** A sign-in may take half an hour. Milliseconds. */
const LIFETIME = 1_800_000;

const hashOf = (value: string): string => createHash('sha256').update(value).digest('base64url');
const keyOf = (id: string): string => `saml:pending:${hashOf(id)}`;

/**
 * Requests under way, each under a random id and bound to the browser that brought it: with its address alone
 * nobody takes part in another's sign-in.
 */
export function createPending({ issuer, ephemeral, random }: Pick<DoorPorts, 'issuer' | 'ephemeral' | 'random'>) {
  const secure = issuer.startsWith('https:');
  const name = secure ? '__Host-sallyport_saml' : 'sallyport_saml';
  const options: CookieOptions = { httpOnly: true, sameSite: 'lax', secure, path: '/' };
  const fresh = (): string => Buffer.from(random(32)).toString('base64url');

  /** The cookie that all requests of this browser share: two tabs don't meet in it, for it names none of them. */
  function browserOf(req: Request): string | undefined {
    const found = (req.headers.cookie ?? '').split(';').find((part) => part.trim().startsWith(`${name}=`));
    const value = found?.slice(found.indexOf('=') + 1).trim();
    return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined;
  }

  return {
    /** Keeps a request; answers its id. */
    async put(req: Request, res: Response, pending: Pending): Promise<string> {
      const known = browserOf(req);
      const browser = known ?? fresh();
      if (known === undefined) res.cookie(name, browser, options);
      const id = fresh();
      await ephemeral.set(keyOf(id), JSON.stringify({ ...pending, browser: hashOf(browser) }), LIFETIME);
      return id;
    },

    /** Looks at it without taking it: what is told of it must be harmless to whoever knows the id. */
    async peek(id: string): Promise<Pending | undefined> {
      const stored = await ephemeral.get(keyOf(id));
      return stored === undefined ? undefined : (JSON.parse(stored) as Pending);
    },

    /** Takes it, once, in the browser that brought it. */
    async take(req: Request, id: string): Promise<Pending | undefined> {
      const stored = await ephemeral.get(keyOf(id));
      if (stored === undefined) return undefined;
      const { browser, ...pending } = JSON.parse(stored) as Pending & { browser: string };
      const presented = Buffer.from(hashOf(browserOf(req) ?? ''));
      if (!timingSafeEqual(presented, Buffer.from(browser))) return undefined;
      return (await ephemeral.take(keyOf(id))) === undefined ? undefined : pending;
    },
  };
}

export type PendingRequests = ReturnType<typeof createPending>;
