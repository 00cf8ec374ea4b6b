import { timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import type { DoorPorts } from '../../../core/door.ts';
import { type BrowserCookie, browserCookie, hashOf, type Secret } from '../cookie.ts';
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

/** A sign-in may take half an hour, a redirect to our own GET a moment. Milliseconds. */
const LIFETIME = 1_800_000;
const HANDOVER = 60_000;

const keyOf = (id: string): string => `saml:pending:${hashOf(id)}`;

/**
 * Requests under way, each under a random id and bound by a cookie to the browser that brought it: with its address
 * alone nobody takes part in another's sign-in.
 */
export function createPending(ports: Pick<DoorPorts, 'issuer' | 'ephemeral' | 'random'>) {
  const { ephemeral, random } = ports;
  const newId = (): string => Buffer.from(random(32)).toString('base64url');
  /** All sign-ins of a browser share it: two tabs don't meet in it, for it names none of them. */
  const shared = browserCookie(ports, 'sallyport_saml', LIFETIME);
  /** From another site the shared cookie doesn't come along, and must not be replaced: each POST has one of its own. */
  const own = (id: string): BrowserCookie => browserCookie(ports, `sallyport_saml_${id.slice(0, 8)}`, HANDOVER);

  async function keep(pending: Pending, id: string, browser: Secret, lifetime: number): Promise<string> {
    await ephemeral.set(keyOf(id), JSON.stringify({ ...pending, browser: hashOf(browser) }), lifetime);
    return id;
  }

  async function take(id: string, browser: Secret | undefined): Promise<Pending | undefined> {
    const stored = await ephemeral.get(keyOf(id));
    if (stored === undefined || browser === undefined) return undefined;
    const { browser: bound, ...pending } = JSON.parse(stored) as Pending & { browser: string };
    if (!timingSafeEqual(Buffer.from(hashOf(browser)), Buffer.from(bound))) return undefined;
    return (await ephemeral.take(keyOf(id))) === undefined ? undefined : pending;
  }

  return {
    /** Keeps a request until its person has signed in; answers its id. */
    put: (req: Request, res: Response, pending: Pending): Promise<string> =>
      keep(pending, newId(), shared.keep(req, res), LIFETIME),

    /** Takes it, once, in the browser that brought it. */
    take: (req: Request, id: string): Promise<Pending | undefined> => take(id, shared.read(req)),

    /** Keeps a request that came by POST until our own GET follows; answers its id. */
    async handOver(res: Response, pending: Pending): Promise<string> {
      const id = newId();
      return keep(pending, id, own(id).renew(res), HANDOVER);
    },

    /** Takes it, once, in the same browser. */
    takeOver: (req: Request, id: string): Promise<Pending | undefined> => take(id, own(id).read(req)),

    /** Looks at it without taking it: what is told of it must be harmless to whoever knows the id. */
    async peek(id: string): Promise<Pending | undefined> {
      const stored = await ephemeral.get(keyOf(id));
      return stored === undefined ? undefined : (JSON.parse(stored) as Pending);
    },
  };
}

export type PendingRequests = ReturnType<typeof createPending>;
