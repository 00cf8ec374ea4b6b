import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DoorPorts } from '../../core/door.ts';

/** 32 bytes in base64url: what names a browser. */
export type Secret = string;

export const hashOf = (secret: Secret): string => createHash('sha256').update(secret).digest('base64url');

/** A random value in a cookie: what is kept for a browser stands under its hash, and no address of ours holds it. */
export interface BrowserCookie {
  read(req: IncomingMessage): Secret | undefined;
  /** The browser's value, or else a new one; its time begins anew. */
  keep(req: IncomingMessage, res: ServerResponse): Secret;
  /** Another value, whatever the browser had. */
  renew(res: ServerResponse): Secret;
}

/** `plain`: its name without the prefix that it has under https. `lifetime`: milliseconds. */
export function browserCookie(
  { issuer, random }: Pick<DoorPorts, 'issuer' | 'random'>,
  plain: string,
  lifetime: number,
): BrowserCookie {
  const secure = issuer.startsWith('https:');
  const name = secure ? `__Host-${plain}` : plain;
  const attributes = `Max-Age=${Math.floor(lifetime / 1000)}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;

  function read(req: IncomingMessage): Secret | undefined {
    const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim());
    const value = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
    return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined;
  }

  // What an answer already carries is what the browser has next, whoever asks again meanwhile.
  const written = new WeakMap<ServerResponse, Secret>();

  function write(res: ServerResponse, value: Secret): Secret {
    written.set(res, value);
    res.appendHeader('set-cookie', `${name}=${value}; ${attributes}`);
    return value;
  }

  const renew = (res: ServerResponse): Secret => write(res, Buffer.from(random(32)).toString('base64url'));
  return {
    read,
    renew,
    keep(req, res) {
      const under = written.get(res);
      if (under !== undefined) return under;
      const known = read(req);
      return known === undefined ? renew(res) : write(res, known);
    },
  };
}
