import { createHash } from 'node:crypto';
import type { CookieOptions, Request, Response } from 'express';
import type { DoorPorts } from '../../../core/door.ts';

/** 32 bytes in base64url: what names a browser, or an address that is used once. */
export type Secret = string;

export const hashOf = (secret: Secret): string => createHash('sha256').update(secret).digest('base64url');

/** A random value in a cookie: what is kept for a browser stands under its hash, and no address of ours holds it. */
export interface BrowserCookie {
  read(req: Request): Secret | undefined;
  /** The browser's value, or else a new one; its time begins anew. */
  keep(req: Request, res: Response): Secret;
  /** Another value, whatever the browser had. */
  renew(res: Response): Secret;
}

/** `plain`: its name without the prefix that it has under https. `lifetime`: milliseconds. */
export function browserCookie(
  { issuer, random }: Pick<DoorPorts, 'issuer' | 'random'>,
  plain: string,
  lifetime: number,
): BrowserCookie {
  const secure = issuer.startsWith('https:');
  const name = secure ? `__Host-${plain}` : plain;
  const options: CookieOptions = { httpOnly: true, sameSite: 'lax', secure, path: '/', maxAge: lifetime };

  function read(req: Request): Secret | undefined {
    const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim());
    const value = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
    return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined;
  }

  function write(res: Response, value: Secret): Secret {
    res.cookie(name, value, options);
    return value;
  }

  const renew = (res: Response): Secret => write(res, newSecret(random));
  return { read, renew, keep: (req, res) => write(res, read(req) ?? newSecret(random)) };
}

export function newSecret(random: DoorPorts['random']): Secret {
  return Buffer.from(random(32)).toString('base64url');
}
